import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadProject } from "../../src/cli/project/project.ts";
import type { HostState } from "../../src/model/picture.ts";
import { renderHtml } from "../../src/report/diagram/html.ts";
import { pictureOf } from "../../src/topology/picture.ts";
import { redundancyReport } from "../../src/topology/single-points.ts";
import { pages } from "./inventories.ts";

const root = resolve(import.meta.dirname, "../..");

const drifted: HostState = {
  word: "drifted",
  notes: ["follows db1, 0 s behind", "update file:/etc/mysql/provision/key.pem and 1 more"],
  changes: [
    { name: "update file:/etc/mysql/provision/key.pem", notes: ["[content]", "drift: changed on the host"] },
    { name: "restart unit:mariadb", notes: ["(watches file:/etc/mysql/provision/key.pem)"] },
  ],
  resources: [{ kind: "file", names: ["/etc/hosts", "/etc/systemd/system/provision-keeper.service"] }],
};
const states = new Map<string, HostState>([
  ["db1", { word: "converged", notes: ["leader"] }],
  ["db2", drifted],
  ["lb1", { word: "converged", notes: ["holds 10.77.0.10"] }],
  ["web2", { word: "unreachable", notes: [], failure: "no answer within 20 s (unreachable)" }],
  ["mon1", { word: "failed", notes: [], failure: "the login is not root (not-root)" }],
]);

/** The lab's page as it is when some hosts are not as they shall be; where it stands. */
export async function livePage(): Promise<string> {
  const project = loadProject({ inventory: [join(root, "inventories/lab.yml")], extraVars: [] }, root);
  if (!project.ok) throw new Error(project.error.map(({ message }) => message).join("\n"));
  const { topology } = project.value;
  const report = redundancyReport(topology);
  const all = topology.hosts.map(({ host: { name } }): [string, HostState] => [
    name,
    states.get(name) ?? { word: "converged", notes: [] },
  ]);
  const picture = pictureOf({ topology, report, states: new Map(all), seen: "2026-01-02 03:04 UTC" });
  const path = join(pages, "live.html");
  writeFileSync(path, await renderHtml(picture));
  return path;
}
