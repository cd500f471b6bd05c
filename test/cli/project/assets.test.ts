import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadProject, type Project } from "../../../src/cli/project/project.ts";
import type { Asset } from "../../../src/model/asset.ts";
import { formatDiagnostic } from "../../../src/report/diagnostic.ts";
import { withFiles } from "../../inventory/files.ts";

const inventory = (vars: string): string =>
  `app:\n  hosts: { app1: { ansible_host: 192.0.2.31 } }\n  vars:\n    roles: [gunicorn]\n    gunicorn: ${vars}\n`;
const shop = inventory("{ name: shop, app: { directory: shop } }");

/** Names of the folder `shop`: text is a file, `->` a link, `x:` an executable file, a trailing slash a folder. */
type Tree = Readonly<Record<string, string>>;

function fill(root: string, names: Tree): void {
  for (const [name, text] of Object.entries({ "app.py": "app = None\n", ...names })) {
    const path = join(root, name);
    mkdirSync(name.endsWith("/") ? path : dirname(path), { recursive: true });
    if (name.endsWith("/")) continue;
    if (text.startsWith("-> ")) symlinkSync(text.slice(3), path);
    else writeFileSync(path, text.replace(/^x:/, ""));
    if (text.startsWith("x:")) chmodSync(path, 0o700);
  }
}

function load<T>(names: Tree, use: (loaded: ReturnType<typeof loadProject>) => T, hosts = shop): T {
  return withFiles({ "hosts.yml": hosts }, (cwd) => {
    fill(join(cwd, "shop"), names);
    return use(loadProject({ inventory: ["hosts.yml"], extraVars: [] }, cwd));
  });
}

const must = (loaded: ReturnType<typeof loadProject>): Project => {
  if (!loaded.ok) throw new Error(loaded.error.map(formatDiagnostic).join("\n"));
  return loaded.value;
};
const read = (names: Tree, hosts = shop): { asset: Asset; told: string } =>
  load(
    names,
    (loaded) => {
      const { assets, warnings } = must(loaded);
      const [asset] = [...assets.values()];
      if (asset === undefined) throw new Error("nothing was read");
      return { asset, told: warnings.map(formatDiagnostic).join("\n") };
    },
    hosts,
  );
const refused = (names: Tree, hosts = shop): string =>
  load(names, (loaded) => (loaded.ok ? "" : loaded.error.map(formatDiagnostic).join("\n")), hosts);

const key = (kind: string): string => `-----BEGIN ${kind}-----\nMIIB\n-----END ${kind}-----\n`;

describe("a folder of the project that goes to hosts", () => {
  it("keeps the x bit of its files, its empty folders, and links inside it", () => {
    const { asset, told } = read({
      "migrate.sh": "x:#!/bin/sh\n",
      "uploads/": "",
      "bin/run": "-> ../migrate.sh",
      current: "-> uploads",
      later: "-> not/there/yet",
      round: "-> ../shop/app.py",
    });
    expect([...asset].map(([path, { executable }]) => [path, executable === true])).toEqual([
      ["app.py", false],
      ["migrate.sh", true],
    ]);
    expect(asset.folders).toEqual(["bin", "uploads"]);
    expect(Object.fromEntries(asset.links ?? [])).toEqual({
      "bin/run": "../migrate.sh",
      current: "uploads",
      later: "not/there/yet",
      round: "app.py",
    });
    expect(told).toBe("");
  });

  it("is copied without private files and files of tools, and one warning says how to copy them", () => {
    const { asset, told } = read({
      ".env": "KEY=1",
      "conf/.env.prod": "KEY=1",
      ".git/config": "",
      ".htpasswd": "",
      ".ssh/id_ed25519": "",
      ".well-known/security.txt": "Contact: x",
      "tls/server.pem": key("EC PRIVATE KEY"),
      "tls/server.txt": `Some words\n${key("RSA PRIVATE KEY")}`,
      "tls/ca.pem": key("CERTIFICATE"),
      "tls/odd.pem": "not even a key",
      "tls/site.key": "k",
      "app.py~": "",
      "my env/pyvenv.cfg": "",
      "my env/bin/python": "-> /usr/bin/python3",
      "__pycache__/app.pyc": "",
      ".gitignore": "",
      link: "-> .env",
    });
    expect([...asset.keys()]).toEqual([".well-known/security.txt", "app.py", "tls/ca.pem"]);
    expect(asset.links?.size).toBe(0);
    expect(told).toBe(
      [
        "hosts.yml:5:47: warning: not copied from shop to hosts, because hosts do not need these files, or they may be private: .env, .git, .htpasswd, .ssh, app.py~, conf/.env.prod, link, my env, tls/odd.pem, tls/server.pem, tls/server.txt and tls/site.key",
        "  5 |     gunicorn: { name: shop, app: { directory: shop } }",
        "    |                                               ^^^^",
        '  hint: if a host needs one of them, name it in `gunicorn.app.include`: include: [".env"]',
      ].join("\n"),
    );
  });

  it("takes what is included, a folder whole, as secrets that no diff shows", () => {
    const names = {
      ".env": "A",
      ".conf/app.toml": "B",
      ".conf/other": "C",
      ".venv/bin/.x": "D",
      ".venv/lib/y": "E",
    };
    const include = '[".env", ".conf/app.toml", .venv]';
    const { asset, told } = read(names, inventory(`{ app: { directory: shop, include: ${include} } }`));
    expect([...asset].map(([path, { secret }]) => [path, secret === true])).toEqual([
      [".conf/app.toml", true],
      [".env", true],
      [".venv/bin/.x", true],
      [".venv/lib/y", true],
      ["app.py", false],
    ]);
    expect(told).toContain("because hosts do not need these files, or they may be private: .conf/other\n");
  });

  it.each([
    [
      "a link out",
      { secrets: "-> /etc/passwd" },
      'shop/secrets is a link to "/etc/passwd", which is outside',
    ],
    [
      "a link up",
      { "a/b": "-> ../../hosts.yml" },
      'shop/a/b is a link to "../../hosts.yml", which is outside',
    ],
    ["a link out that leads nowhere", { a: "-> ../../none" }, 'shop/a is a link to "../../none", which is'],
    ["a link by way of a link", { a: "-> b/../../hosts.yml", "b/": "" }, "shop/a is a link to"],
    ["a name with a line end", { "a\nb": "" }, '"shop/a\\nb" contains control characters'],
    ["a name with an escape", { "d/\u001b[31m": "" }, '"shop/d/\\u001b[31m" contains control characters'],
  ] as const)("is refused with %s", (_, names, words) => {
    expect(refused(names)).toContain(words);
    expect(refused(names)).toMatch(/^hosts.yml:5:47: error: /);
  });

  it("is refused with a FIFO, and with a name that is no text", () => {
    const told = withFiles({ "hosts.yml": shop }, (cwd) => {
      fill(join(cwd, "shop"), {});
      execFileSync("mkfifo", [join(cwd, "shop/pipe")]);
      writeFileSync(Buffer.concat([Buffer.from(join(cwd, "shop/")), Buffer.from([0x61, 0xff])]), "");
      const loaded = loadProject({ inventory: ["hosts.yml"], extraVars: [] }, cwd);
      return loaded.ok ? "" : loaded.error.map(({ message }) => message).join("\n");
    });
    expect(told).toContain("shop/pipe is a FIFO: only files, folders and links are copied");
    expect(told).toContain("is not UTF-8: rename it");
  });

  it("must hold what `include` names, and be a folder", () => {
    const stray = inventory("{ app: { directory: shop, include: [.evn] } }");
    expect(refused({ ".env": "A" }, stray)).toContain(
      "`gunicorn`: `include` names .evn, which is not in shop",
    );
    expect(refused({ ".env": "A" }, stray)).toContain("did you mean `.env`?");
    expect(refused({}, inventory("{ app: { directory: shop/app.py } }"))).toContain(
      "shop/app.py is a file, not a folder",
    );
    expect(refused({}, inventory("{ app: { directory: shop/none } }"))).toContain(
      "no file or folder shop/none",
    );
    expect(refused({ "none/.env": "A" }, inventory("{ app: { directory: shop/none } }"))).toContain(
      "shop/none contains no file to copy",
    );
    for (const path of ["../x", "/etc/passwd", "a/../b", "a/", "./a"]) {
      expect(refused({}, inventory(`{ app: { directory: shop, include: ["${path}"] } }`))).toContain(
        "a path inside the folder",
      );
    }
  });

  it("must hold what `migrate` runs, executable, also by way of links", () => {
    const hosts = (migrate: string) =>
      inventory(`{ name: shop, app: { directory: shop, migrate: ${JSON.stringify(migrate)} } }`);
    const names = {
      "up.sh": "#!/bin/sh\n",
      "bin/ok": "x:#!/bin/sh\n",
      go: "-> bin",
      "lib/run": "-> ../go/ok",
    };
    expect(refused(names, hosts("./up.sh --all"))).toMatch(
      /^hosts.yml:5:62: error: `gunicorn.app.migrate` runs up.sh, which is not executable\n[\s\S]*hint: chmod \+x shop\/up.sh$/,
    );
    expect(refused(names, hosts("./none"))).toContain("runs none, which is not copied from shop");
    for (const fine of ["./bin/ok", "./go/ok x", "./lib/run", "python3 up.sh", "/usr/bin/true", './"a b"']) {
      expect(refused(names, hosts(fine))).toBe("");
    }
  });
});
