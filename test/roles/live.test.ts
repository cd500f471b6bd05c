import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gunicornConfig, nginxConfig, writeConfig } from "./configs.ts";
import { Daemons, freePort, needProgram } from "./daemon.ts";
import { movedConfig, startHaproxy } from "./haproxy/balancer.ts";
import { desiredOn, type HostSpec, textAt } from "./scenario.ts";

const sample = resolve(import.meta.dirname, "../../roles/gunicorn/files/notes");
const daemons = new Daemons();

beforeAll(() => {
  needProgram("nginx", "nginx-light");
  needProgram("gunicorn", "gunicorn");
  needProgram("flask", "python3-flask");
  needProgram("haproxy", "haproxy");
});
afterAll(() => daemons.end());

describe("the sample application under Gunicorn, behind a sidecar and nginx", () => {
  const ports = { web: 0, app1: 0, app2: 0 };
  const started = new Map<string, Awaited<ReturnType<Daemons["start"]>>>();
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${ports.web}${path}`, { headers });

  async function startApp(
    name: "app1" | "app2",
    specs: Readonly<Record<string, HostSpec>>,
    env: Record<string, string> = {},
  ) {
    const config = writeConfig(daemons.folder, `${name}.conf.py`, gunicornConfig(name, specs));
    const args = ["--config", config, "--bind", `127.0.0.1:${ports[name]}`, "app:app"];
    expect(
      spawnSync("gunicorn", ["--check-config", ...args], {
        cwd: sample,
        env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
      }).status,
    ).toBe(0);
    const ready = /Booting worker[\s\S]*Booting worker/;
    started.set(
      name,
      await daemons.start("gunicorn", args, {
        cwd: sample,
        env: { PYTHONDONTWRITEBYTECODE: "1", ...env },
        ready,
      }),
    );
  }

  beforeAll(async () => {
    for (const name of ["web", "app1", "app2"] as const) ports[name] = await freePort();
    const nginx = {
      port: ports.web,
      static: { "/static/": "test/roles/public" },
      trustedProxies: ["127.0.0.1"],
      workers: 1,
    };
    const notes = async (port: number): Promise<HostSpec> => ({
      address: "127.0.0.1",
      roles: { gunicorn: { port, alivePort: await freePort(), workers: 2 } },
    });
    const sidecar = { ports: { "wsgi-local": await freePort() }, statusPort: await freePort() };
    const specs = {
      web1: { address: "127.0.0.1", roles: { sidecar, nginx } },
      app1: await notes(ports.app1),
      app2: await notes(ports.app2),
    };
    await startApp("app1", specs);
    await startApp("app2", specs, { REQUIRES: `127.0.0.1:${await freePort()}` });
    const proxy = textAt("/etc/haproxy/sidecar.cfg", desiredOn("web1", specs));
    await startHaproxy(daemons, movedConfig(daemons.folder, "sidecar.cfg", proxy));
    const config = writeConfig(daemons.folder, "live.conf", nginxConfig(daemons.folder, specs));
    writeFileSync(join(daemons.folder, "srv/www/static/style.css"), "body {}\n");
    await daemons.start("nginx", ["-c", config, "-g", "daemon off; error_log stderr notice;"], {
      ready: /start worker process \d/,
    });
  });

  it("shows a page that names web server and app server", async () => {
    const response = await get("/");
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get("x-served-by")).toBe("web1");
    expect(response.headers.get("server")).toBe("nginx");
    expect(page).toContain("<b>web1</b>");
    expect(page).toContain(`<b>${response.headers.get("x-app-host")}</b>`);
    expect(page).toContain("<dd>notes</dd>");
  });

  it("tells the application who the client is, as the load balancer says", async () => {
    const served: unknown = await (await get("/whoami", { "X-Forwarded-For": "192.0.2.7" })).json();
    expect(served).toMatchObject({ web: "web1", client: "192.0.2.7", release: "notes" });
  });

  it("serves static files itself", async () => {
    const response = await get("/static/style.css");
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      200,
      "text/css",
      "body {}\n",
    ]);
  });

  it("answers for the node alone at /healthz, and 503 in maintenance", async () => {
    expect((await get("/healthz")).status).toBe(200);
    const mark = writeConfig(daemons.folder, "etc/nginx/maintenance", "");
    expect((await get("/healthz")).status).toBe(503);
    execFileSync("rm", [mark]);
    expect((await get("/healthz")).status).toBe(200);
  });

  it("is healthy without what it depends on, but not ready", async () => {
    const at = (port: number, path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    expect((await at(ports.app1, "/readyz")).status).toBe(200);
    expect((await at(ports.app2, "/healthz")).status).toBe(200);
    const response = await at(ports.app2, "/readyz");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      ready: false,
      unreachable: [expect.stringMatching(/^127\.0\.0\.1:/)],
    });
  });

  it("loses no request when one app server is killed and another stops", async () => {
    const [app1, app2] = [started.get("app1"), started.get("app2")];
    if (app1 === undefined || app2 === undefined) throw new Error("not started");
    const codes = async (count: number) => {
      const all = Array.from({ length: count }, async () => (await get("/whoami")).status);
      return new Set(await Promise.all(all));
    };
    expect(await codes(20)).toEqual(new Set([200]));
    await daemons.stop(app1, "SIGKILL");
    expect(await codes(40)).toEqual(new Set([200]));
    await daemons.stop(app2);
    expect((await get("/")).status).toBe(503);
    expect((await get("/healthz")).status).toBe(200);
  });
});
