import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificateCheck } from "../../../roles/haproxy/certificates.ts";
import { backendsCheck, certificatesCheck } from "../../../roles/haproxy/checks.ts";
import { haproxy } from "../../../roles/haproxy/role.ts";
import type { Json } from "../../../src/model/json.ts";
import type { Endpoint } from "../../../src/model/topology.ts";
import { Daemons, freePort, needProgram } from "../daemon.ts";
import { desiredOn, type HostSpec, textAt } from "../scenario.ts";
import {
  ask,
  certificateFor,
  eventually,
  FakeWeb,
  movedConfig,
  movedShell,
  shellcheck,
  startHaproxy,
} from "./balancer.ts";

const daemons = new Daemons();
const { folder } = daemons;
beforeAll(() => needProgram("haproxy", "haproxy"));
afterAll(() => daemons.end());

const path = "/etc/haproxy/haproxy.cfg";

function stack(vars: Json, ports: readonly number[] = [80, 80]): Readonly<Record<string, HostSpec>> {
  const webs = ports.map((port, index): [string, HostSpec] => [
    `web${index + 1}`,
    { address: "127.0.0.1", roles: { sidecar: {}, nginx: { port } } },
  ]);
  return {
    lb1: { address: "127.0.0.1", roles: { haproxy: vars } },
    lb2: { address: "127.0.0.2", roles: { haproxy: vars } },
    ...Object.fromEntries(webs),
    app1: { address: "127.0.0.1", roles: { gunicorn: {} } },
  };
}

const configOf = (vars: Json, ports?: readonly number[]): string =>
  textAt(path, desiredOn("lb1", stack(vars, ports)));

const sh = (text: string) => spawnSync("sh", ["-c", movedShell(folder, text)], { encoding: "utf8" });

const everything = {
  port: 8443,
  redirectPort: 8080,
  serverNames: ["www.example.org"],
  hsts: 31_536_000,
  trustedProxies: ["10.9.0.0/16"],
  balance: "roundrobin",
  backends: {
    api: { service: "wsgi" },
    old: {
      servers: { one: "10.0.0.9:81", two: "[fd00::9]:81" },
      check: { path: "/up", status: 204, port: 82 },
    },
  },
  routes: [
    { hosts: ["api.example.org", "*.api.example.org"], path: "/v2", backend: "api" },
    { path: "/old", backend: "old" },
  ],
  tcp: { ldap: { port: 1389, networks: ["10.0.0.0/8"], servers: { one: "10.0.0.9:389" } } },
  status: { port: 8405, networks: ["10.0.0.0/8"], user: "ops", password: "a-long.password" },
  slowStart: 0,
  config: {
    global: "    nbthread 1",
    defaults: "    timeout http-keep-alive 5s",
    frontend: "    http-response set-header X-A b",
    backend: "    http-response set-header X-B b",
    sections: "resolvers own\n    parse-resolv-conf",
  },
};

describe("the rendered haproxy.cfg", () => {
  it.each<[string, Json]>([
    ["without variables", {}],
    ["with every variable", everything],
    ["without a redirect", { redirectPort: 0 }],
  ])("%s is good in the eyes of haproxy", (_name, vars) => {
    const config = movedConfig(folder, "judged.cfg", configOf(vars));
    const { status, stderr } = spawnSync("haproxy", ["-c", "-f", config], { encoding: "utf8" });
    expect([status, stderr.match(/\[(ALERT|WARNING)\].*/g)]).toEqual([0, null]);
  });

  it("has every web server, with its own port, and asks it as its service says", () => {
    const text = configOf({}, [80, 8081]);
    expect(text).toContain("    server web1 127.0.0.1:80\n    server web2 127.0.0.1:8081\n");
    expect(text).toContain("http-check send meth GET uri /healthz ");
    expect(text).toContain("http-check expect status 200\n");
  });

  it("reads none but the loopback's questions about itself, unless networks are named", () => {
    expect(configOf({})).toContain("    bind 127.0.0.1:8404\n");
    const open = configOf({ status: { networks: ["10.0.0.0/8"] } });
    expect(open).toContain("    bind :8404\n");
    expect(open).toContain(
      "    acl provision_viewer src 127.0.0.0/8 ::1 10.0.0.0/8\n    http-request deny unless provision_viewer\n",
    );
  });

  it("with a password in it is for root only, and secret", () => {
    const file = (vars: Json) => desiredOn("lb1", stack(vars)).find(({ key }) => key === path);
    expect(file({})?.desired?.mode).toBe("0644");
    const guarded = file({ status: { user: "ops", password: "a-long.password" } });
    expect([guarded?.desired?.mode, guarded?.payload?.content?.secret]).toEqual(["0600", true]);
  });
});

describe("what the host asks itself", () => {
  const own = (address: string, has: readonly string[]) => {
    const addresses = has.map((one) => ({ interface: "eth0", address: one, prefix: 24 }));
    const vip = { keepalived: { addresses: ["10.0.0.10/24"], interface: "eth0" } };
    const specs = { ...stack({}), lb1: { address, roles: { haproxy: {}, ...vip }, facts: { addresses } } };
    const [, found = ""] =
      /acl own_host src 127\.0\.0\.0\/8 ::1 ?(.*)/.exec(textAt(path, desiredOn("lb1", specs))) ?? [];
    return found;
  };

  it("comes from its own address, whichever addresses it holds for the moment", () => {
    expect(own("10.0.0.11", ["10.0.0.11", "10.0.0.10"])).toBe("10.0.0.11");
    // Reached from outside by another address than it has.
    expect(own("203.0.113.5", ["127.0.0.1", "10.0.0.11", "10.0.0.10", "fe80::1"])).toBe(
      "203.0.113.5 10.0.0.11",
    );
  });
});

describe("certificates", () => {
  const pair = certificateFor("example.org");

  it("are the same on both balancers, for root only, and make HAProxy reload", () => {
    const of = (host: string) =>
      desiredOn(host, stack({})).find(({ key }) => key === "/etc/haproxy/certs/default.pem");
    expect(of("lb1")?.desired).toEqual(of("lb2")?.desired);
    expect(of("lb1")?.desired).toMatchObject({ mode: "0600", owner: "root" });
    expect(of("lb1")?.payload?.content?.secret).toBe(true);
    const unit = desiredOn("lb1", stack({})).find(({ kind }) => kind === "unit");
    expect(unit?.reloadOn).toContain("file:/etc/haproxy/certs/default.pem");
    expect(unit?.restartOn).toBeUndefined();
  });

  it("are taken from the inventory, the first one for clients that name no host", () => {
    const other = certificateFor("b.example.org");
    const vars = {
      certificates: {
        main: { certificate: pair.certificate, key: pair.key },
        second: { certificate: other.certificate, key: other.key },
      },
    };
    expect(configOf(vars)).toContain("crt /etc/haproxy/certs/main.pem crt /etc/haproxy/certs/second.pem");
    expect(textAt("/etc/haproxy/certs/main.pem", desiredOn("lb1", stack(vars)))).toBe(
      pair.certificate + pair.key,
    );
  });

  it("with a key that is another's are refused by HAProxy before they are in place", () => {
    const other = certificateFor("example.org");
    const judge = (text: string): number | null => {
      const file = join(folder, ".judged.pem.provision~");
      writeFileSync(file, text);
      return spawnSync("sh", ["-c", certificateCheck.replaceAll("%s", file)]).status;
    };
    expect(judge(pair.certificate + pair.key)).toBe(0);
    expect(judge(pair.certificate + other.key)).toBe(1);
    expect(judge("")).toBe(1);
  });
});

describe("a running balancer", () => {
  const webs = [new FakeWeb("web1"), new FakeWeb("web2")];
  const [first, second] = webs;
  let port = 0;
  let redirectPort = 0;
  let statusPort = 0;
  let running: Awaited<ReturnType<typeof startHaproxy>> | undefined;
  const get = (url: string, headers = {}) => ask(`https://127.0.0.1:${port}${url}`, { headers });
  const endpoint = (at: number): Endpoint => ({
    service: "http",
    role: "nginx",
    host: "web1",
    address: "127.0.0.1",
    port: at,
    health: { type: "tcp" },
    redundancy: "balanced",
  });
  let drained: Endpoint = endpoint(0);
  const draining = haproxy.draining?.http;
  if (draining === undefined || first === undefined || second === undefined) throw new Error("not there");

  beforeAll(async () => {
    const ports = [await first.listen(), await second.listen()];
    drained = endpoint(ports[0] ?? 0);
    [port, redirectPort, statusPort] = [await freePort(), await freePort(), await freePort()];
    const vars = { port, redirectPort, status: { port: statusPort }, slowStart: 0, balance: "roundrobin" };
    const config = movedConfig(folder, "live.cfg", configOf(vars, ports));
    running = await startHaproxy(daemons, config);
  });
  afterAll(() => {
    for (const web of webs) web.close();
  });

  it("sends a GET that a web server drops to the other one, and a POST nowhere else", async () => {
    first.drops = true;
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => get(`/get${n}`)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(["200 web2"]));
    expect(first.requests.filter(({ method }) => method === "GET").length).toBeGreaterThan(0);

    const posts = Array.from({ length: 20 }, (_, n) => `/post${n}`);
    const statuses = await Promise.all(
      posts.map(async (url) => (await ask(`https://127.0.0.1:${port}${url}`, { method: "POST" })).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200, 502]));
    const seen = webs.flatMap(({ requests }) => requests).filter(({ method }) => method === "POST");
    expect(seen.map(({ url }) => url).sort()).toEqual([...posts].sort());
    first.drops = false;
  });

  it("says who the client is, whatever the client says", async () => {
    await get("/who", { "X-Forwarded-For": "6.6.6.6" });
    const [seen] = webs.flatMap(({ requests }) => requests).filter(({ url }) => url === "/who");
    expect(seen?.forwarded).toBe("127.0.0.1");
  });

  it("answers for itself, sends http on to https, and counts", async () => {
    expect((await get("/haproxy-alive")).body).toBe("alive\n");
    const six = await ask(`http://127.0.0.1:${redirectPort}/`, { headers: { Host: "[fd00::10]:8080" } });
    expect(six.headers.location).toBe(`https://[fd00::10]:${port}/`);
    const sent = await ask(`http://127.0.0.1:${redirectPort}/a?b=c`, { headers: { Host: "x.example.org" } });
    expect([sent.status, sent.headers.location]).toEqual([301, `https://x.example.org:${port}/a?b=c`]);
    const metrics = await ask(`http://127.0.0.1:${statusPort}/metrics`);
    expect(metrics.body).toMatch(/haproxy_server_status\{proxy="http",server="web1",state="UP"\} 1/);
    expect((await ask(`http://127.0.0.1:${statusPort}/`)).body).toContain("Statistics Report");
  });

  it("tells monitoring of servers that are gone and of its certificate", () => {
    const socket = "/run/haproxy/admin.sock";
    expect(sh(backendsCheck(socket).command)).toMatchObject({
      status: 0,
      stdout: "all 2 servers of 1 backends are up\n",
    });
    const certificate = join(folder, "default.pem");
    expect(sh(certificatesCheck(socket, [certificate]).command)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^valid for: default\.pem \d{3,} days\n$/),
    });
    expect(sh(certificatesCheck(socket, ["/none.pem"]).command)).toMatchObject({ status: 2 });
  });

  it("lets go of a server, also over reloads, and takes it back", async () => {
    const served = async () =>
      new Set(await Promise.all(Array.from({ length: 12 }, async () => (await get("/")).body)));
    expect(await served()).toEqual(new Set(["web1", "web2"]));
    expect(sh(draining.drain(drained, 5))).toMatchObject({ status: 0, stderr: "" });
    expect(await served()).toEqual(new Set(["web2"]));
    expect(sh(backendsCheck("/run/haproxy/admin.sock").command)).toMatchObject({ status: 1 });

    for (let n = 0; n < 2; n += 1) await reload();
    expect(await served()).toEqual(new Set(["web2"]));
    // The web servers live in this process, so it must not stand still while HAProxy looks at them.
    const restored = spawn("sh", ["-c", movedShell(folder, draining.restore(drained, 10))]);
    expect(await once(restored, "exit")).toEqual([0, null]);
    expect(await served()).toEqual(new Set(["web1", "web2"]));
  });

  /** What the drop-in says of a reload; ends when the new worker answers on the socket. */
  async function reload(): Promise<void> {
    const dropIn = textAt(
      "/etc/systemd/system/haproxy.service.d/provision.conf",
      desiredOn("lb1", stack({})),
    );
    const [save = ""] = /(?<=^ExecReload=-).*haproxy-ask.*$/m.exec(dropIn) ?? [];
    expect(sh(save)).toMatchObject({ status: 0, stderr: "" });
    const worker = () =>
      /Pid: (\d+)/.exec(sh("/usr/local/sbin/haproxy-ask /run/haproxy/admin.sock 'show info'").stdout)?.[1];
    const before = worker();
    if (running?.pid === undefined) throw new Error("not running");
    process.kill(running.pid, "SIGUSR2");
    await eventually(worker, (now) => now !== undefined && now !== before);
  }

  it("is asked in shell that shellcheck finds nothing wrong with", () => {
    const socket = "/run/haproxy/admin.sock";
    const checks = [backendsCheck(socket), certificatesCheck(socket, ["/a.pem", "/b.pem"])];
    const texts = [
      draining.drain(drained, 5),
      draining.restore(drained, 5),
      ...checks.map(({ command }) => command),
    ];
    for (const text of texts) expect(shellcheck(text)).toBe("");
  });

  it("has nothing to let go of where it does not know the server, or does not run", () => {
    expect(sh(draining.drain({ ...drained, host: "web9" }, 1))).toMatchObject({ status: 0, stdout: "" });
    const elsewhere = (text: string) => sh(text.replaceAll("admin.sock", "no.sock"));
    expect(elsewhere(draining.drain(drained, 1))).toMatchObject({ status: 0 });
    expect(elsewhere(draining.restore(drained, 1))).toMatchObject({ status: 0 });
  });

  it("does not take back into use what is not well, and says so", async () => {
    expect(sh(draining.drain(drained, 5)).status).toBe(0);
    first.close();
    await eventually(
      () => sh("/usr/local/sbin/haproxy-ask /run/haproxy/admin.sock 'show servers state'").stdout,
      (state) => / web1 127\.0\.0\.1 0 /.test(state),
    );
    const { status, stdout } = sh(draining.restore(drained, 1));
    expect([status, stdout.trim()]).toEqual([1, "HAProxy does not report these servers as up: http/web1"]);
  });
});
