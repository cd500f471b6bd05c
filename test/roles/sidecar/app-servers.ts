import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Json } from "../../../src/model/json.ts";
import { gunicornConfig, writeConfig } from "../configs.ts";
import { type Daemons, freePort } from "../daemon.ts";
import { ask, movedConfig, startHaproxy } from "../haproxy/balancer.ts";
import { desiredOn, type HostSpec, textAt } from "../scenario.ts";

/** Two app servers as the role makes them, and the sidecar of a web server in front of them: all on loopback. */
export interface AppServers {
  readonly specs: Readonly<Record<string, HostSpec>>;
  /** Of the sidecar. */
  readonly port: number;
  readonly ports: readonly { readonly app: number; readonly alive: number }[];
  readonly processes: readonly ChildProcess[];
  readonly ledger: string;
  /** While this file exists, the application says that it is not healthy. */
  readonly ill: string;
}

/** Starts them. `workers`: of each app server. */
export async function startAppServers(daemons: Daemons, workers: number): Promise<AppServers> {
  const port = await freePort();
  const ports = [
    { app: await freePort(), alive: await freePort() },
    { app: await freePort(), alive: await freePort() },
  ];
  const vars: Json = { ports: { "wsgi-local": port }, statusPort: await freePort() };
  const server = (index: number): HostSpec => ({
    address: "127.0.0.1",
    roles: {
      gunicorn: {
        port: ports[index]?.app ?? 0,
        alivePort: ports[index]?.alive ?? 0,
        workers,
        // Workers are replaced all the time.
        maxRequests: 100,
        app: { callable: "application:app" },
      },
    },
  });
  const specs = {
    web1: { address: "127.0.0.1", roles: { sidecar: vars, nginx: {} } },
    app1: server(0),
    app2: server(1),
  };
  const [ledger, ill] = [writeConfig(daemons.folder, "ledger", ""), join(daemons.folder, "ill")];
  const processes = [];
  for (const [index, name] of ["app1", "app2"].entries()) {
    const config = writeConfig(daemons.folder, `${name}.conf.py`, gunicornConfig(name, specs));
    const args = ["--config", config, "--bind", `127.0.0.1:${ports[index]?.app}`, "application:app"];
    const env = { PYTHONDONTWRITEBYTECODE: "1", LEDGER: ledger, ILL: `${ill}-${name}`, NAME: name };
    const ready = new RegExp(Array.from({ length: workers }, () => "Booting worker").join("[^]*"));
    processes.push(
      await daemons.start("gunicorn", args, { cwd: join(import.meta.dirname, "app"), env, ready }),
    );
  }
  const text = textAt("/etc/haproxy/sidecar.cfg", desiredOn("web1", specs));
  await startHaproxy(daemons, movedConfig(daemons.folder, "sidecar.cfg", text));
  return { specs, port, ports, processes, ledger, ill };
}

/** What a load has met. */
export interface Met {
  readonly statuses: Readonly<Record<string, number>>;
  /** Milliseconds. */
  readonly slowest: number;
}

/** Sends requests one after another in each of `width` clients, until `going` says no. */
export async function load(port: number, { method, path, width, going }: Load): Promise<Met> {
  const statuses: Record<string, number> = {};
  let slowest = 0;
  const client = async (): Promise<void> => {
    while (going()) {
      const begun = performance.now();
      const told = await ask(`http://127.0.0.1:${port}${path()}`, { method })
        .then(({ status }) => String(status))
        .catch((error: unknown) => String(error));
      slowest = Math.max(slowest, performance.now() - begun);
      statuses[told] = (statuses[told] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: width }, client));
  return { statuses, slowest };
}

interface Load {
  readonly method: string;
  readonly path: () => string;
  readonly width: number;
  readonly going: () => boolean;
}
