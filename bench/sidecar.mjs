// What does the sidecar cost? Requests to two app servers on loopback, through nginx with the configuration that the roles
// make, in turn: nginx asks the app servers itself, or through the sidecar.
// usage: npm run build && node bench/sidecar.mjs [ROUNDS [SECONDS]]
// Needs haproxy, nginx and gunicorn on this machine.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { resourcesOf } from "../dist/testing.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 4);
const folder = mkdtempSync(join(tmpdir(), "provision-bench-"));
const started = [];

try {
  const ports = await freePorts();
  const { nginx, sidecar, gunicorn } = configs(ports);
  for (const [index, config] of gunicorn.entries())
    start("gunicorn", ["--config", config, "--bind", `127.0.0.1:${ports.app[index]}`, "application:app"], {
      cwd: join(root, "test/roles/sidecar/app"),
      env: {
        ...process.env,
        PYTHONDONTWRITEBYTECODE: "1",
        LEDGER: join(folder, "ledger"),
        ILL: join(folder, "ill"),
        NAME: "app",
      },
    });
  await sleep(1500);
  const proxy = start("haproxy", ["-db", "-f", sidecar]);
  const fronts = [
    { name: "direct", port: ports.direct, cpu: cpuOf(start("nginx", ["-c", nginx.direct])) },
    { name: "sidecar", port: ports.sidecar, cpu: cpuOf(start("nginx", ["-c", nginx.sidecar]), proxy) },
  ];
  await sleep(1500);
  const seen = new Map(fronts.map(({ name }) => [name, { one: [], many: [], cpu: [] }]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, port, cpu } of fronts) {
      const all = seen.get(name);
      all.one.push(await load(port, 1));
      const before = cpu();
      const many = await load(port, 8);
      all.many.push(many);
      all.cpu.push((cpu() - before) / many.count);
    }
    process.stdout.write(`round ${round + 1} of ${rounds} done\n`);
  }
  print(seen);
} finally {
  for (const child of started) child.kill("SIGTERM");
  await sleep(500);
  rmSync(folder, { recursive: true, force: true });
}

/** Requests from so many clients for some seconds: milliseconds of half and of 99 % of them, and how many a second. */
async function load(port, width) {
  const agent = new Agent({ keepAlive: true, maxSockets: width });
  const end = performance.now() + seconds * 1000;
  const times = [];
  const client = async () => {
    while (performance.now() < end) {
      const begun = performance.now();
      await get(agent, port);
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: width }, client));
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.floor(times.length * share)];
  return { p50: at(0.5), p99: at(0.99), count: times.length, rate: times.length / seconds };
}

function get(agent, port) {
  return new Promise((done, failed) => {
    const sent = request({ host: "127.0.0.1", port, path: "/", agent }, (answer) => {
      answer.resume();
      answer.on("end", () =>
        answer.statusCode === 200 ? done() : failed(new Error(`answered ${answer.statusCode}`)),
      );
    });
    sent.on("error", failed);
    sent.end();
  });
}

/** Milliseconds of CPU that these programs and their workers have used. */
function cpuOf(...children) {
  return () =>
    children
      .flatMap(({ pid }) => [pid, ...workersOf(pid)])
      .map((pid) =>
        readFileSync(`/proc/${pid}/stat`, "utf8")
          .replace(/^.*\) /, "")
          .split(" "),
      )
      // Fields 14 and 15, in hundredths of a second.
      .reduce((sum, fields) => sum + (Number(fields[11]) + Number(fields[12])) * 10, 0);
}

function workersOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
}

function print(seen) {
  const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const rows = {
    "one client, p50 ms": ({ one }) => median(one.map(({ p50 }) => p50)),
    "one client, p99 ms": ({ one }) => median(one.map(({ p99 }) => p99)),
    "8 clients, p50 ms": ({ many }) => median(many.map(({ p50 }) => p50)),
    "8 clients, p99 ms": ({ many }) => median(many.map(({ p99 }) => p99)),
    "8 clients, requests a second": ({ many }) => median(many.map(({ rate }) => rate)),
    "CPU of nginx and sidecar, ms a request": ({ cpu }) => median(cpu),
  };
  const [direct, sidecar] = [seen.get("direct"), seen.get("sidecar")];
  process.stdout.write(`medians of ${rounds} rounds                        direct  sidecar   ratio\n`);
  for (const [name, value] of Object.entries(rows)) {
    const [a, b] = [value(direct), value(sidecar)];
    const cells = [a.toFixed(3), b.toFixed(3), (b / a).toFixed(2)].map((cell) => cell.padStart(9));
    process.stdout.write(`${name.padEnd(40)}${cells.join("")}\n`);
  }
}

/** The files of the roles, where this user can run them. */
function configs(ports) {
  const inventory = join(folder, "hosts.yml");
  const app = (index) =>
    `{ ansible_host: 127.0.0.1, roles: [gunicorn], gunicorn: { port: ${ports.app[index]}, alivePort: ${ports.alive[index]}, workers: 4 } }`;
  const text = `all:
  hosts:
    web1:
      ansible_host: 127.0.0.1
      roles: [sidecar, nginx]
      nginx: { port: ${ports.sidecar} }
      sidecar: { statusPort: ${ports.status}, ports: { wsgi-local: ${ports.way} } }
    app1: ${app(0)}
    app2: ${app(1)}
`;
  writeFileSync(inventory, text);
  for (const name of ["run", "var/log/nginx", "etc/nginx"])
    mkdirSync(join(folder, name), { recursive: true });
  const direct = ports.app.map((port) => `server 127.0.0.1:${port} max_fails=1 fail_timeout=5s;`).join(" ");
  const sidecar = put("sidecar.cfg", proxyConfig(fileOf("web1", "/etc/haproxy/sidecar.cfg", inventory)));
  writeFileSync(join(folder, "server-state"), "1\n");
  const nginx = nginxConfig(fileOf("web1", "/etc/nginx/nginx.conf", inventory));
  return {
    sidecar,
    nginx: {
      sidecar: put("sidecar.conf", nginx),
      direct: put(
        "direct.conf",
        nginx
          // nginx's own upstreams, as the role had them before.
          .replace(/upstream app \{[^}]*\}/, `upstream app { ${direct} keepalive 32; }`)
          .replaceAll(`:${ports.sidecar} default_server`, `:${ports.direct} default_server`)
          .replaceAll(`listen ${ports.sidecar} `, `listen ${ports.direct} `)
          .replace("nginx.pid", "direct.pid")
          .replace("proxy_next_upstream error;", "proxy_next_upstream error timeout http_502 http_503;"),
      ),
    },
    gunicorn: ["app1", "app2"].map((name) =>
      put(
        `${name}.conf.py`,
        fileOf(name, "/etc/gunicorn-notes/gunicorn.conf.py", inventory).replaceAll(
          "/etc/gunicorn-notes/alive.py",
          join(root, "roles/gunicorn/files/alive/alive.py"),
        ),
      ),
    ),
  };
}

function fileOf(host, path, inventory) {
  const found = resourcesOf(host, { inventory }).find(({ kind, key }) => kind === "file" && key === path);
  return new TextDecoder().decode(found.payload.content.bytes);
}

function proxyConfig(text) {
  return text
    .replaceAll(/^ {4}(chroot|user haproxy|group haproxy).*\n/gm, "")
    .replaceAll(" user root group haproxy", "")
    .replaceAll("log /dev/log ", "log 127.0.0.1:9 ")
    .replaceAll("/run/sidecar/", `${folder}/`)
    .replaceAll("/etc/haproxy/", join(root, "roles/haproxy/files/"));
}

function nginxConfig(text) {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const lines = temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  return ["/run/nginx.pid", "/var/log/nginx/", "/etc/nginx/maintenance"]
    .reduce((config, path) => config.replaceAll(path, `${folder}${path}`), text)
    .replace("user www-data;", "daemon off;")
    .replace("http {", `http {\n${lines}`);
}

function put(name, text) {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function start(command, args, options = {}) {
  const env = { ...(options.env ?? process.env), PATH: `${process.env.PATH}:/usr/sbin` };
  const child = spawn(command, args, { ...options, env, stdio: ["ignore", "ignore", "ignore"] });
  started.push(child);
  return child;
}

async function freePorts() {
  const one = () =>
    new Promise((done) => {
      const server = createServer().listen(0, "127.0.0.1", () => {
        const { port } = server.address();
        server.close(() => done(port));
      });
    });
  const [direct, sidecar, way, status, ...rest] = await Promise.all(Array.from({ length: 8 }, one));
  return { direct, sidecar, way, status, app: rest.slice(0, 2), alive: rest.slice(2) };
}
