import { resolve } from "node:path";
import { expect, it } from "vitest";
import { loadProject } from "../../src/cli/project/project.ts";
import type { Resource } from "../../src/model/resource.ts";
import { formatDiagnostic } from "../../src/report/diagnostic.ts";
import { desiredOf } from "../../src/run/observe/desired.ts";
import { keepSecret } from "../../src/run/observe/secrecy.ts";
import { openSecrets } from "../../src/secrets/open-secrets.ts";
import { facts } from "../roles/scenario.ts";
import { inFolder } from "./stack.ts";

const root = resolve(import.meta.dirname, "../..");

/** The parts of a resource that are not secret. */
function placesOf({ key, desired, payload }: Resource): readonly string[] {
  const { sha256: _, ...state } = desired ?? {};
  const { own, confirm } = payload ?? {};
  return [key, JSON.stringify(state), JSON.stringify(own), confirm?.save, confirm?.undo].filter(
    (place) => place !== undefined,
  );
}

it("no role of the lab shows a secret", async () => {
  const loaded = loadProject({ inventory: ["inventories/lab.yml"], extraVars: [] }, root);
  if (!loaded.ok) throw new Error(loaded.error.map(formatDiagnostic).join("\n"));
  const { topology, roles, render, assets } = loaded.value;
  await inFolder(async ({ cwd, env }) => {
    const options = { inventory: ["lab.yml"], cwd, env, topology, roles, unlocked: [], now: new Date() };
    const opened = await openSecrets(options);
    if (!opened.ok) throw new Error(opened.error.map(formatDiagnostic).join("\n"));
    const { secrets } = opened.value;
    expect(secrets.values.length).toBeGreaterThan(20);
    const known = new Map(
      topology.hosts.map(({ host, address }) => [
        host.name,
        { ...facts, addresses: [{ interface: "eth0", address, prefix: 24 }] },
      ]),
    );
    // Without values, the engine does not mark resources as secret; the roles must do it.
    const inputs = { topology, roles, render, assets, secrets: { ...secrets, values: [] } };
    const resources = topology.hosts.flatMap((host) => {
      const desired = desiredOf(host, known, inputs);
      if (!desired.ok) throw new Error(desired.error.message);
      expect(keepSecret(host.host.name, desired.value, secrets)).toEqual(desired);
      return desired.value.map(({ resource }) => resource);
    });
    const shown = resources.flatMap(placesOf);
    const held = resources
      .map(({ payload }) => payload?.content)
      .filter((content) => content !== undefined)
      .map(({ bytes, secret }) => ({ text: new TextDecoder().decode(bytes), secret: secret === true }));
    for (const value of secrets.values) {
      expect(shown.filter((place) => place.includes(value.trim()))).toEqual([]);
      const holding = held.filter(({ text }) => text.includes(value.trim()));
      expect(holding.filter(({ secret }) => !secret)).toEqual([]);
    }
  });
});
