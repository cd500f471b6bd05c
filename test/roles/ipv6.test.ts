import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificate } from "../../src/secrets/certificate.ts";
import { gunicornConfig } from "./configs.ts";
import { Daemons, freePort, needProgram } from "./daemon.ts";
import { desiredOn, facts, type HostSpec, textAt } from "./scenario.ts";

const daemons = new Daemons();
beforeAll(() => {
  needProgram("socat", "socat");
  needProgram("unshare", "util-linux");
});
afterAll(() => daemons.end());

/** Members of a database by IPv6 addresses, written in any way; all are voters of the store. */
const members = (vars: HostSpec["roles"]["mysql"] = {}): Readonly<Record<string, HostSpec>> =>
  Object.fromEntries(
    [1, 2, 3].map((n) => [
      `d${n}`,
      {
        address: `2001:DB8:0:0::4${n}`,
        roles: { etcd: {}, mysql: vars ?? {} },
        facts: {
          role: new Map([
            ...facts.role,
            ["mysql/part", n === 1 ? "leader" : "member"],
            ["etcd/member", "running"],
          ]),
        },
      },
    ]),
  );

/** The keeper's own modules, as the role copies them. */
const keeper = join(import.meta.dirname, "../../roles/mysql/files/keeper");

/** What a program that uses them prints. `args` follow the program's text. */
const withKeeper = (code: string, ...args: readonly string[]) =>
  spawnSync(
    "/usr/bin/python3",
    [
      "-B",
      "-c",
      `import sys; sys.path[:0] = [${JSON.stringify(keeper)}, ${JSON.stringify(`${keeper}/decisions`)}]\n${code}`,
      ...args,
    ],
    { encoding: "utf8" },
  );

/** A certificate as the engine makes it, where the role has those of the database. It is its own authority. */
function makeCertificates(names: readonly string[]): void {
  const [now, until] = [new Date(), new Date(Date.now() + 86_400_000)];
  const { certificate, key } = makeCertificate({ names, authority: false, now, until });
  for (const [name, text] of [
    ["cert.pem", certificate],
    ["ca.pem", certificate],
    ["key.pem", key],
  ] as const)
    writeFileSync(join(daemons.folder, name), text);
}

describe("members of a database that know each other by IPv6 addresses", () => {
  it.each([
    ["::1", "d1"],
    ["::1", "fd00::1"],
    ["127.0.0.1", "d1"],
  ])("copy through the real socat, at %s from the host %s", async (at, name) => {
    const port = await freePort();
    const wanted = desiredOn(name, { [name]: { address: at, roles: { mysql: { clonePort: port } } } });
    const here = (text: string): string => text.replaceAll("/etc/mysql/provision", daemons.folder);
    makeCertificates([...new Set([name, at])]);
    const unit = here(textAt("/etc/systemd/system/provision-sql-clone.service", wanted));
    const listen = /^ExecStart=\/usr\/bin\/socat -U (\S+) /m.exec(unit)?.[1] ?? "";
    await daemons.start("socat", ["-d", "-d", "-U", listen, "SYSTEM:echo the copy"], {
      ready: /listening on/,
    });
    const file = join(daemons.folder, "keeper.json");
    writeFileSync(file, here(textAt("/etc/mysql/provision/keeper.json", wanted)));
    const { stdout, stderr } = withKeeper(
      `import mariadb, settings, subprocess
own = settings.load(sys.argv[1])
subprocess.run(mariadb.from_donor(own.members[own.name], own), check=True)`,
      file,
    );
    expect([stdout, stderr]).toEqual(["the copy\n", ""]);
  });

  it("are answered for over both families, whatever the kernel's default for IPv6 sockets is", () => {
    const file = join(daemons.folder, "keeper.json");
    writeFileSync(file, textAt("/etc/mysql/provision/keeper.json", desiredOn("d1", members())));
    const program = join(daemons.folder, "answers.py");
    writeFileSync(
      program,
      `import sys; sys.path[:0] = [${JSON.stringify(keeper)}, ${JSON.stringify(`${keeper}/decisions`)}]
import settings
from rest import Server
own = settings.load(sys.argv[1])
Server(own.bind, own.read_port, None, None, None).serve_forever()
`,
    );
    const look = (at: string): string =>
      `curl -qs --noproxy '*' -w '%{http_code}\\n' -o /dev/null http://${at}:9200/state`;
    const script = `ip link set lo up; echo 1 >/proc/sys/net/ipv6/bindv6only
/usr/bin/python3 -B ${program} ${file} & pid=$!
until ss -Hltn 'sport = :9200' | grep -q .; do kill -0 $pid || exit; sleep 0.05; done
${look("[::1]")}
${look("127.0.0.1")}
kill $pid`;
    const { stdout } = spawnSync("unshare", ["--net", "sh", "-c", script], { encoding: "utf8" });
    // What only members may ask is not there for anybody else.
    expect(stdout).toBe("404\n404\n");
  });

  it("are asked at their addresses, and recognised as the source by the same text", () => {
    const file = join(daemons.folder, "keeper.json");
    writeFileSync(file, textAt("/etc/mysql/provision/keeper.json", desiredOn("d2", members())));
    const { stdout, stderr } = withKeeper(
      `import daemon, mariadb, settings
from model import Leader
own = settings.load(sys.argv[1])
told = []
one = daemon.Database(own, mariadb, "password")
one.tell = lambda statements, limit: told.extend(statements)
one.follow(Leader("d1", 7))
sent = [values[0] for statement, values in told if "MASTER_HOST" in statement][0]
print(sent, one.named(sent), own.store[0], len({member.account for member in own.members.values()}))`,
      file,
    );
    expect([stdout, stderr]).toEqual(["2001:db8::41 d1 https://[2001:db8::41]:2379 3\n", ""]);
  });

  it("let programs in by the form of an address that the daemon compares with", () => {
    const users = { notes: { database: "notes", hosts: ["2001:DB8::0007", "2001:db8::%", "10.0.0.%"] } };
    const accounts = desiredOn("d1", members({ databases: { notes: {} }, users })).filter(
      ({ kind, key }) => kind === "account" && key.startsWith("notes@"),
    );
    expect(accounts.map(({ key }) => key)).toEqual([
      "notes@2001:db8::7",
      "notes@2001:db8::%",
      "notes@10.0.0.%",
    ]);
  });
});

describe("a floating IPv6 address that is not written in its shortest form", () => {
  const lb = (address: string, floating: string): HostSpec => ({
    address,
    roles: { nrpe: {}, haproxy: {}, keepalived: { addresses: [floating], interface: "eth0" } },
  });
  const specs = (first: string, second = first): Readonly<Record<string, HostSpec>> => ({
    lb1: lb("2001:DB8::11", first),
    lb2: lb("2001:db8:0::12", second),
    web1: { address: "2001:db8::21", roles: { sidecar: {}, nginx: {} } },
    app1: { address: "2001:db8::31", roles: { gunicorn: {} } },
  });

  it.each(["2001:DB8:0:0::10/64", "2001:0db8::0010", "2001:db8::10"])(
    "as %s is found where it is",
    (written) => {
      const checks = textAt("/usr/lib/provision/checks", desiredOn("lb1", specs(written)));
      const name = /^ {2}(keepalived-holder-of-[\w-]+)\)/m.exec(checks)?.[1] ?? "";
      const file = join(daemons.folder, "checks");
      execFileSync("tee", [file], { input: checks, stdio: ["pipe", "ignore", "inherit"] });
      const script = `ip link set lo up; sh ${file} ${name}; ip address add 2001:db8::10/64 dev lo; sh ${file} ${name}`;
      const { stdout } = spawnSync("unshare", ["--net", "sh", "-c", script], { encoding: "utf8" });
      expect(stdout).toBe("another host holds 2001:db8::10, or none\nthis host holds 2001:db8::10\n");
    },
  );

  it("is one address, with one router id, though each host writes it in its own way", () => {
    const config = (name: string): string =>
      textAt(
        "/etc/keepalived/keepalived.conf",
        desiredOn(name, specs("2001:DB8:0:0::10/64", "2001:db8::10/64")),
      );
    const ids = ["lb1", "lb2"].map((name) => /virtual_router_id (\d+)/.exec(config(name))?.[1]);
    expect(ids[0]).toBe(ids[1]);
    expect(config("lb1")).toContain("unicast_peer {\n        2001:db8::12\n    }");
  });
});

describe("an application behind https", () => {
  const app = `def app(environ, start):
    body = ("%s %s" % (environ["wsgi.url_scheme"], environ["REMOTE_ADDR"])).encode()
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
`;

  it("believes its web servers, by IPv4 and by IPv6, and nobody else, under the real systemd socket", async () => {
    needProgram("gunicorn", "gunicorn");
    needProgram("systemd-socket-activate", "systemd");
    const port = await freePort();
    const web = (address: string): HostSpec => ({ address, roles: { sidecar: {}, nginx: {} } });
    const specs = {
      web1: web("127.0.0.5"),
      web2: web("FD00:0:0::5"),
      web3: web("web3.example.org"),
      app1: { address: "127.0.0.1", roles: { gunicorn: { port, workers: 1 } } },
    };
    const config = join(daemons.folder, "gunicorn.conf.py");
    writeFileSync(config, gunicornConfig("app1", specs));
    writeFileSync(join(daemons.folder, "app.py"), app);
    const unit = textAt("/etc/systemd/system/gunicorn-notes.socket", desiredOn("app1", specs));
    expect(unit).toContain("BindIPv6Only=ipv6-only");
    // systemd-socket-activate opens the same sockets as the unit, once the kernel is told that each has one family.
    const sockets = [...unit.matchAll(/^ListenStream=(.*)$/gm)].flatMap(([, at = ""]) => ["-l", at]);
    const look = (from: string, to: string): string =>
      `curl -qsS --noproxy '*' --retry 50 --retry-connrefused --retry-delay 0 --interface ${from} -H 'X-Forwarded-Proto: https' http://${to}:${port}/; echo`;
    const asked = [
      look("127.0.0.5", "127.0.0.1"),
      look("fd00::5", "[::1]"),
      look("127.0.0.1", "127.0.0.1"),
      look("::1", "[::1]"),
      look("127.0.0.6", "127.0.0.1"),
      look("fd00::6", "[::1]"),
    ];
    const script = `ip link set lo up; ip address add fd00::5/128 dev lo; ip address add fd00::6/128 dev lo
echo 1 >/proc/sys/net/ipv6/bindv6only
systemd-socket-activate ${sockets.join(" ")} gunicorn --config ${config} app:app 2>log & pid=$!
until curl -qs -o /dev/null --noproxy '*' http://127.0.0.1:${port}/; do kill -0 $pid || { cat log; exit; }; sleep 0.05; done
${asked.join("\n")}
kill $pid; wait $pid
echo 0 >/proc/sys/net/ipv6/bindv6only
systemd-socket-activate -l ${port} gunicorn --config ${config} app:app 2>log & pid=$!
${asked[0]}
kill $pid`;
    const { stdout } = spawnSync("unshare", ["--net", "sh", "-c", script], {
      encoding: "utf8",
      cwd: daemons.folder,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    });
    expect(stdout.trim().split("\n")).toEqual([
      "https 127.0.0.5",
      "https fd00::5",
      "https 127.0.0.1",
      "https ::1",
      "http 127.0.0.6",
      "http fd00::6",
      // One socket for both families, as a drop-in of somebody's own may make it.
      "https ::ffff:127.0.0.5",
    ]);
  });
});

describe("hosts that the inventory names by their IPv6 addresses", () => {
  const both: HostSpec["roles"] = {
    nrpe: {},
    haproxy: { status: { networks: ["2001:DB8::/32"] } },
    keepalived: { addresses: ["2001:db8::10/64"], interface: "eth0" },
    nagios: { port: 8443 },
  };
  const lb = {
    roles: both,
    facts: { addresses: [{ interface: "eth0", address: "2001:db8::11", prefix: 64 }] },
  };
  const wanted = desiredOn("2001:db8::11", {
    "2001:db8::11": lb,
    "2001:db8::12": { roles: both },
    web1: { address: "2001:db8::21", roles: { sidecar: {}, nginx: {} } },
    app1: { address: "2001:db8::31", roles: { gunicorn: {} } },
  });

  it("have names in Nagios that its macros can hold", () => {
    const objects = textAt("/etc/nagios4/provision/objects.cfg", wanted);
    expect(objects).toContain("2001@3adb8@3a@3a11=$SERVICESTATEID:2001@3adb8@3a@3a11:web$");
    expect(objects).toContain("host_name     2001@3adb8@3a@3a11\n");
    // A Host header has brackets around such an address.
    expect(objects).toContain("secure-page!2001:db8::10!443!/![2001:db8::10]");
    expect(textAt("/etc/apache2/sites-enabled/provision-nagios.conf", wanted)).toContain(
      "ServerName [2001:db8::11]",
    );
  });

  it("show the state of HAProxy over IPv6 too, where networks may see it", () => {
    const config = textAt("/etc/haproxy/haproxy.cfg", wanted);
    expect(config).toContain("frontend status\n    bind :8404\n    bind :::8404 v6only\n");
    expect(config).toContain("acl own_host src 127.0.0.0/8 ::1 2001:db8::11\n");
  });
});
