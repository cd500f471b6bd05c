import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { start } from "./support/command.ts";
import { must, type TestLab, testLab } from "./support/lab.ts";

/** What users' machines are like: units masked, cloud-init, an application's folder as it lies on a laptop; and a reboot. */
let lab: TestLab;
const hosts = [
  { name: "web1", address: "10.79.0.41" },
  { name: "app1", address: "10.79.0.42" },
] as const;

/** Values that shells, systemd and YAML trip over. */
const environment = {
  SPACES: "  two  spaces  ",
  QUOTES: `it's "quoted"`,
  DOLLAR: `$HOME $${"{HOME}"} $(id) $$`,
  PERCENT: "100% %h %n %%",
  BACKSLASH: "C:\\new\\table\\",
  BACKTICK: "`id`",
  HASH: "# no comment; really",
  UNICODE: "grüße 漢字 🦊",
  JSON: '{"a": ["b\\n", "c"]}',
  TAB: "a\tb",
  EMPTY: "",
  LINES: "one\n\n  two\n# three\n",
  LAST: '\\\n"\n',
  EQUALS: "a=b=c",
  GLOB: "* ? [a-z] ~ !",
};

const inventory = (folder: string): string => `all:
  vars:
    ansible_user: root
    ansible_ssh_private_key_file: ${join(folder, "lab/id_ed25519")}
    ansible_ssh_common_args: "-o UserKnownHostsFile=${join(folder, "lab/known_hosts")}"
  children:
    web:
      vars:
        roles: [common, nrpe, sidecar, nginx, haproxy]
        nginx: { port: 8080, static: { /static/: public } }
      hosts: { web1: { ansible_host: 10.79.0.41 } }
    app:
      vars:
        roles: [common, nrpe, memcached, gunicorn]
        gunicorn:
          name: shop
          packages: []
          app: { directory: shop, migrate: ./migrate.sh }
          environment: ${JSON.stringify(environment)}
      hosts: { app1: { ansible_host: 10.79.0.42 } }
`;

const application = `import os, subprocess


def app(environ, respond):
    respond("200 OK", [("Content-Type", "text/plain")])
    path = environ["PATH_INFO"]
    if path == "/run":
        return [subprocess.check_output(["bin/run"])]
    if path == "/write":
        return [" ".join(p for p in (".", "uploads", "/srv/shop", "/etc") if os.access(p, os.W_OK)).encode()]
    return [b"well\\n"]
`;

function writeProject(folder: string): void {
  const put = (path: string, text: string, mode = 0o644): void => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text);
    chmodSync(join(folder, path), mode);
  };
  put("hosts.yml", inventory(folder));
  put("shop/app.py", application);
  put("shop/migrate.sh", "#!/bin/sh\nid -un >/tmp/migrated-by\n", 0o755);
  put("shop/scripts/real", "#!/bin/sh\necho ran by $(id -un)\n", 0o700);
  mkdirSync(join(folder, "shop/bin"));
  mkdirSync(join(folder, "shop/uploads"));
  symlinkSync("../scripts/real", join(folder, "shop/bin/run"));
  put("shop/.env", "PASSWORD=hunter2\n");
  put("shop/with 'odd' \\ $names/é 🦊.txt", "odd\n");
  put("public/style.css", "body {}\n");
  put("public/.htpasswd", "admin:x\n");
}

const run = (...args: readonly string[]) => start([...args, "-i", "hosts.yml"], lab.folder).ended;
const page = async (url: string) => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  return answer.ok ? answer.text() : String(answer.status);
};

/** As it is on an image of a cloud: its own names, and user data that want /etc/hosts for themselves. */
const cloudInit = `set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -q -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io install cloud-init >/dev/null 2>&1 || { apt-get -q update && apt-get -q -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io install cloud-init; } >/dev/null 2>&1
mkdir -p /var/lib/cloud/seed/nocloud
printf 'datasource_list: [ NoCloud ]\\nnetwork: { config: disabled }\\nssh_deletekeys: false\\nssh_genkeytypes: []\\ndisable_root: false\\n' >/etc/cloud/cloud.cfg.d/90-lab.cfg
echo 'instance-id: i-1
local-hostname: ip-10-79-0-41' >/var/lib/cloud/seed/nocloud/meta-data
printf '#cloud-config\\n'`;

beforeAll(async () => {
  lab = await testLab(hosts);
  writeProject(lab.folder);
  await Promise.all([
    lab.on(
      "web1",
      `${cloudInit} >/var/lib/cloud/seed/nocloud/user-data; echo 'manage_etc_hosts: true' >>/etc/cloud/cloud.cfg.d/91-lab.cfg`,
    ),
    lab.on(
      "app1",
      `${cloudInit} >/var/lib/cloud/seed/nocloud/user-data; printf 'manage_etc_hosts: true\\nhostname: ip-10-79-0-42\\n' >>/var/lib/cloud/seed/nocloud/user-data`,
    ),
  ]);
  await reboot();
  // Whoever set the machine up before has masked what it must not start.
  await Promise.all([
    lab.on("web1", "systemctl mask nginx haproxy nagios-nrpe-server && systemctl mask --runtime haproxy"),
    lab.on(
      "app1",
      "systemctl mask memcached gunicorn-shop.service && systemctl mask --runtime nagios-nrpe-server",
    ),
  ]);
});
afterAll(() => lab?.down());

async function reboot(): Promise<void> {
  await Promise.all(
    hosts.map(async ({ name }) => {
      must(await lab.lab.shutDown(name));
      must(await lab.lab.powerOn(name));
      await lab.on(
        name,
        "cloud-init status --wait >/dev/null 2>&1 || true; systemctl is-system-running --wait || true",
      );
    }),
  );
}

describe("machines as users have them", () => {
  it("have cloud-init at work before the first run", async () => {
    expect(await lab.on("app1", "hostname; cat /etc/hosts")).toMatch(
      /^ip-10-79-0-42\n[\s\S]*manage_etc_hosts/,
    );
    expect(await lab.on("web1", "hostname; cat /etc/hosts")).toMatch(
      /^ip-10-79-0-41\n[\s\S]*manage_etc_hosts/,
    );
  });

  it("are planned with what is masked, and unmasked by the run", async () => {
    const plan = await run("plan");
    expect(plan.code, plan.out).toBe(2);
    expect(plan.out).toMatch(/unit:nginx .*masked true → false/);
    expect(plan.out).toContain("warning: not copied from shop to hosts");
    const built = await run();
    expect(built.code, built.out).toBe(0);
    expect((await run("check")).code).toBe(0);
    expect(await page("http://10.79.0.41:8080/healthz")).toBeTruthy();
  });

  it("run the application's scripts as its user, who may write nothing of it, and nobody else reads it", async () => {
    expect(await lab.on("app1", "cat /tmp/migrated-by")).toBe("shop");
    expect(await page("http://10.79.0.41:8080/run")).toBe("ran by shop\n");
    expect(await page("http://10.79.0.41:8080/write")).toBe("");
    const open = await lab.on(
      "app1",
      "find /srv/shop/releases /etc/gunicorn-shop/environment -perm /007 ! -type l; runuser -u nobody -- ls /srv/shop/current/ 2>&1 || true",
    );
    expect(open).toMatch(/^ls: .*Permission denied$/);
    expect(await lab.on("app1", "find /srv/shop/ -name '.env*'; cat /srv/shop/current/with*/*")).toBe("odd");
  });

  it("serve static files, read by the web server's group alone", async () => {
    expect(await page("http://10.79.0.41:8080/static/style.css")).toBe("body {}\n");
    expect(await page("http://10.79.0.41:8080/static/.htpasswd")).toBe("404");
    expect(await lab.on("web1", "stat -c '%U:%G %a' /srv/www/static/style.css")).toBe("root:www-data 640");
  });

  it("give the application its environment, byte for byte", async () => {
    const read = await lab.on(
      "app1",
      'for pid in $(pgrep -u shop); do base64 -w0 <"/proc/$pid/environ"; echo; done',
    );
    const all = read.trim().split("\n");
    expect(all.length).toBeGreaterThan(2);
    for (const one of all) {
      const lines = Buffer.from(one, "base64").toString().split("\0");
      expect(lines).toEqual(
        expect.arrayContaining(Object.entries(environment).map(([name, value]) => `${name}=${value}`)),
      );
    }
  });

  it("are after a reboot what they were", async () => {
    await reboot();
    await sleep(500);
    const check = await run("check");
    expect(check.code, check.out).toBe(0);
    expect(await lab.on("web1", "hostname")).toBe("web1");
    expect(await lab.on("app1", "hostname")).toBe("app1");
    expect(await page("http://10.79.0.41:8080/run")).toBe("ran by shop\n");
  });
});
