import { err, ok, type Result } from "../../base/result.ts";
import type { Power } from "../../drill/inject/power.ts";
import type { DrillSettings } from "../../drill/settings.ts";
import type { LabFailure } from "../../lab/driver.ts";
import { openLab } from "../../lab/open-lab.ts";
import { mustRun, startDetached } from "../../lab/programs.ts";
import { quote } from "../../script/script.ts";
import { ownProgram, vagrantFolder } from "../package.ts";
import type { Project } from "../project/project.ts";

/** Who cuts the power of the hosts: the commands of the inventory, else the lab that runs these hosts; undefined: nobody. */
export async function powerOf(
  { topology, connections }: Pick<Project, "topology" | "connections">,
  settings: DrillSettings,
): Promise<Power | undefined> {
  const { power_off: off, power_on: on } = settings;
  if (off !== undefined && on !== undefined) return byCommands(off, on);
  const lab = openLab({ vagrantfile: vagrantFolder });
  const status = lab.ok ? await lab.value.status() : lab;
  if (!lab.ok || !status.ok) return undefined;
  const addresses = new Map(status.value.map(({ name, address }) => [name, address]));
  const isOfLab = topology.hosts.every(
    ({ host: { name } }) => addresses.get(name) === connections.get(name)?.target.host,
  );
  if (!isOfLab) return undefined;
  return {
    off: async (host) => worded(await lab.value.powerOff(host)),
    on: async (host) => worded(await lab.value.powerOn(host)),
    onAfter: (host, seconds) => after(seconds, [process.execPath, ownProgram(), "lab", "on", host]),
  };
}

const worded = (done: Result<void, LabFailure>): Result<void, string> =>
  done.ok ? done : err([done.error.message, done.error.detail].filter(Boolean).join(": "));

function byCommands(off: string, on: string): Power {
  const run = async (command: string, host: string): Promise<Result<void, string>> => {
    const done = await mustRun("sh", ["-c", forHost(command, host)], { seconds: 120 });
    return done.ok ? ok(undefined) : worded(done);
  };
  return {
    off: (host) => run(off, host),
    on: (host) => run(on, host),
    onAfter: (host, seconds) => after(seconds, ["sh", "-c", forHost(on, host)]),
  };
}

const forHost = (command: string, host: string): string => command.replaceAll("{host}", quote(host));

/** Starts a program of its own that waits, then runs a command. Returns how to end it before. */
function after(seconds: number, command: readonly string[]): () => void {
  const { pid } = startDetached("sh", ["-c", `sleep ${seconds}; exec "$@"`, "sh", ...command], {});
  return () => {
    try {
      if (pid !== undefined) process.kill(-pid, "SIGKILL");
    } catch {
      // It has already ended.
    }
  };
}
