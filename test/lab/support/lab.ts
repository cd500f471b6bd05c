import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Result } from "../../../src/base/result.ts";
import type { LabHost } from "../../../src/lab/driver.ts";
import type { Target } from "../../../src/transport/transport.ts";
import { type BreakableLab, breakableLab } from "./breakable.ts";

/** The bridges of labs that tests bring up: a test file's own, the hosts of lab.test.ts and its second lab, hosts that lose power. */
export const bridges = { file: "pvtests", drive: "pvdrive", second: "pvdrive2", power: "pvpower" } as const;

/** A lab of its own for one test file, with a folder that goes with it. */
export interface TestLab {
  readonly lab: BreakableLab;
  readonly folder: string;
  /** Runs a command on a host, not over ssh: independent eyes. The exit code must be 0. */
  on(host: string, command: string): Promise<string>;
  target(name: string, more?: Partial<Target>): Target;
  down(): Promise<void>;
}

export function must<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error, null, 1));
  return result.value;
}

/** Brings hosts up from scratch, on a bridge and a /24 that no other lab of this project uses. */
export async function testLab(hosts: readonly LabHost[]): Promise<TestLab> {
  const folder = mkdtempSync(join(tmpdir(), "provision-test-lab-"));
  const dir = join(folder, "lab");
  const lab = breakableLab({ dir, bridge: bridges.file });
  const up = await lab.up(hosts);
  if (!up.ok) await lab.down();
  must(up);
  const addresses = new Map(hosts.map(({ name, address }) => [name, address]));
  return {
    lab,
    folder,
    on: async (host, command) => {
      const { code, stdout, stderr } = must(await lab.exec(host, command, 120));
      if (code !== 0) throw new Error(`${host}: \`${command}\` ended with ${code}: ${stdout}${stderr}`);
      return stdout;
    },
    target: (name, more = {}) => ({
      name,
      host: addresses.get(name) ?? name,
      user: "root",
      sudo: false,
      keyFile: join(dir, "id_ed25519"),
      sshArgs: ["-o", `UserKnownHostsFile=${join(dir, "known_hosts")}`],
      ...more,
    }),
    down: async () => {
      must(await lab.down());
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
