import { mkdirSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nginxConfig, writeConfig } from "../configs.ts";
import { Daemons, freePort, needProgram } from "../daemon.ts";
import { ask } from "../haproxy/balancer.ts";
import type { HostSpec } from "../scenario.ts";

const daemons = new Daemons();
const ports = { plain: 0, trusting: 0, app: 0 };
let app: Server;
let seen: IncomingHttpHeaders = {};

beforeAll(async () => {
  needProgram("nginx", "nginx-light");
  for (const name of ["plain", "trusting", "app"] as const) ports[name] = await freePort();
  app = createServer((request, response) => {
    seen = request.headers;
    response.end("seen");
  }).listen(ports.app, "127.0.0.1");
  for (const name of ["plain", "trusting"] as const) {
    const nginx = {
      port: ports[name],
      workers: 1,
      trustedProxies: name === "trusting" ? ["127.0.0.1"] : [],
      static: { "/static/": "test/roles/public" },
    };
    const specs: Readonly<Record<string, HostSpec>> = {
      // The application, in the place of the sidecar.
      web1: { address: "127.0.0.1", roles: { sidecar: { ports: { "wsgi-local": ports.app } }, nginx } },
      app1: { address: "127.0.0.1", roles: { gunicorn: {} } },
    };
    const text = nginxConfig(daemons.folder, specs).replace("/run/nginx.pid", `/run/${name}.pid`);
    const config = writeConfig(daemons.folder, `${name}.conf`, text);
    mkdirSync(join(daemons.folder, "srv/www/static/folder"), { recursive: true });
    await daemons.start("nginx", ["-c", config, "-g", "daemon off; error_log stderr notice;"], {
      ready: /start worker process \d/,
    });
  }
});
afterAll(async () => {
  app.close();
  await daemons.end();
});

/** What the application is told of where the client believes to be. */
async function told(front: "plain" | "trusting", headers: Readonly<Record<string, string>>) {
  await ask(`http://127.0.0.1:${ports[front]}/`, { headers });
  const { host, "x-forwarded-host": name, "x-forwarded-port": port, "x-forwarded-proto": scheme } = seen;
  return { host, name, port, scheme };
}

describe("the application behind nginx is told the host and port that the client wrote", () => {
  it.each([
    ["shop.example.net:8443", "8443"],
    ["shop.example.net", "443"],
    ["[fd00::10]:8443", "8443"],
    ["[fd00::10]", "443"],
    ["192.0.2.10:444", "444"],
  ])("%s, behind a balancer", async (host, port) => {
    expect(await told("trusting", { Host: host, "X-Forwarded-Proto": "https" })).toEqual({
      host,
      name: host,
      port,
      scheme: "https",
    });
  });

  it("as a proxy says that is believed, and one in front of it", async () => {
    const headers = {
      Host: "web1:8080",
      "X-Forwarded-Host": "a.example:9443, b",
      "X-Forwarded-Proto": "https",
    };
    expect(await told("trusting", headers)).toEqual({
      host: "web1:8080",
      name: "a.example:9443",
      port: "9443",
      scheme: "https",
    });
    expect((await told("trusting", { ...headers, "X-Forwarded-Port": "444" })).port).toBe("444");
  });

  it("not as somebody says who is not believed", async () => {
    const headers = { Host: "web1:8080", "X-Forwarded-Host": "evil.example", "X-Forwarded-Port": "1" };
    expect(await told("plain", headers)).toEqual({
      host: "web1:8080",
      name: "web1:8080",
      port: "8080",
      scheme: "http",
    });
    expect((await told("plain", { Host: "web1" })).port).toBe("80");
  });

  it("and is not led to nginx's own scheme and port by a redirect to a folder", async () => {
    const { status, headers } = await ask(`http://127.0.0.1:${ports.trusting}/static/folder`, {
      headers: { Host: "shop.example.net:8443", "X-Forwarded-Proto": "https" },
    });
    expect([status, headers.location]).toEqual([301, "/static/folder/"]);
  });
});
