import { execFileSync, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nginxConfig, writeConfig } from "./configs.ts";
import { Daemons, needProgram } from "./daemon.ts";
import { desiredOn, type HostSpec, textAt } from "./scenario.ts";

const daemons = new Daemons();

beforeAll(() => {
  needProgram("nginx", "nginx-light");
  needProgram("systemd-analyze", "systemd");
});
afterAll(() => daemons.end());

/** What `nginx -t` says of a file: the check that the role puts before the rename. */
function judge(path: string): { readonly code: number | null; readonly words: string } {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
  const { status, stderr } = spawnSync("nginx", ["-t", "-q", "-c", path], { encoding: "utf8", env });
  return { code: status, words: stderr };
}

const app = (address: string, vars: Readonly<Record<string, number>> = {}): HostSpec => ({
  address,
  roles: { gunicorn: vars },
});

describe("the rendered nginx.conf", () => {
  it.each<[string, HostSpec["roles"]]>([
    ["without variables", { sidecar: {}, nginx: { port: 8080 } }],
    [
      "with every variable",
      {
        sidecar: {},
        nginx: {
          port: 8080,
          serverNames: ["www.example.org", "*.example.org"],
          trustedProxies: ["10.0.0.0/24", "fd00::/64", "10.1.1.1"],
          static: { "/static/": "test/roles/public", "/a/b/": "test/roles/public" },
          workers: 3,
          connections: 200,
          maxBody: "5m",
          serverConfig: "location = /x { return 204; }\n",
        },
      },
    ],
  ])("%s is good in the eyes of nginx", (_name, roles) => {
    const specs = {
      web1: { address: "127.0.0.1", roles },
      app1: app("127.0.0.1"),
      app2: app("::1", { port: 9000 }),
    };
    const path = writeConfig(daemons.folder, "good.conf", nginxConfig(daemons.folder, specs));
    expect(judge(path)).toEqual({ code: 0, words: "" });
  });

  it("is refused where a line of the user's own is wrong, in words that name the line", () => {
    const nginx = { port: 8080, serverConfig: "location /x {\n    retrun 204;\n}" };
    const specs = { web1: { address: "127.0.0.1", roles: { sidecar: {}, nginx } }, app1: app("127.0.0.1") };
    const config = desiredOn("web1", specs).find(({ key }) => key === "/etc/nginx/nginx.conf")?.payload
      ?.content;
    const text = nginxConfig(daemons.folder, specs);
    const { code, words } = judge(writeConfig(daemons.folder, "bad.conf", text));
    expect(code).toBe(1);
    // One line was put in for the test, above.
    const line = Number(/unknown directive "retrun" in .*bad\.conf:(\d+)/.exec(words)?.[1]) - 1;
    expect(textAt("/etc/nginx/nginx.conf", desiredOn("web1", specs)).split("\n")[line - 1]).toBe(
      "    retrun 204;",
    );
    const source = execFileSync(
      "sed",
      ["-n", `${config?.template?.lines[line - 1]}p`, config?.template?.file ?? ""],
      { encoding: "utf8" },
    );
    expect(source).toBe("{{serverConfig}}\n");
  });
});

describe("the systemd units", () => {
  it("are good in the eyes of systemd", () => {
    const wanted = desiredOn("app1", { app1: app("10.0.0.21") });
    const units = ["gunicorn-notes.socket", "gunicorn-notes.service"].map((name) =>
      writeConfig(daemons.folder, name, textAt(`/etc/systemd/system/${name}`, wanted)),
    );
    // Whether the folders it names exist is not asked of the machine the test runs on.
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...units], {
      encoding: "utf8",
    });
    expect([status, stderr.split("\n").filter((line) => line.includes("gunicorn-notes"))]).toEqual([0, []]);
  });
});

describe("the environment file", () => {
  it("means the same to a shell as what was written in the inventory", () => {
    const environment = {
      PLAIN: "a b",
      QUOTES: `'"\\"`,
      DOLLAR: "$HOME `id` $(id)",
      LINES: "1\n2",
      EMPTY: "",
      BACK: "\\n\\\\",
    };
    const specs = { app1: { address: "10.0.0.21", roles: { gunicorn: { environment } } } };
    const path = writeConfig(
      daemons.folder,
      "environment",
      textAt("/etc/gunicorn-notes/environment", desiredOn("app1", specs)),
    );
    const print = Object.keys(environment)
      .map((name) => `printf '%s\\0' "$${name}"`)
      .join("; ");
    expect(
      execFileSync("sh", ["-c", `. ${path}; ${print}`], { encoding: "utf8" })
        .split("\0")
        .slice(0, -1),
    ).toEqual(Object.values(environment));
  });
});

describe("a port that is taken", () => {
  it("does not make a good file look bad: the running nginx holds it", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((done) => server.once("listening", done));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const specs = {
      web1: { address: "127.0.0.1", roles: { sidecar: {}, nginx: { port: address.port } } },
      app1: app("127.0.0.1"),
    };
    expect(judge(writeConfig(daemons.folder, "taken.conf", nginxConfig(daemons.folder, specs))).code).toBe(0);
    server.close();
  });
});
