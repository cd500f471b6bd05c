import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Daemons, needProgram } from "../daemon.ts";
import { desiredOn, type HostSpec, textAt } from "../scenario.ts";
import { movedConfig, movedShell, shellcheck } from "./balancer.ts";

const daemons = new Daemons();
const { folder } = daemons;
beforeAll(() => {
  needProgram("haproxy", "haproxy");
  needProgram("unshare", "util-linux");
});
afterAll(() => daemons.end());

const stack: Readonly<Record<string, HostSpec>> = {
  lb1: { address: "127.0.0.1", roles: { haproxy: { port: 18443, redirectPort: 0 } } },
  web1: { address: "late.example.org", roles: { sidecar: {}, nginx: {} } },
  web2: { address: "127.0.0.2", roles: { sidecar: {}, nginx: {} } },
  app1: { address: "127.0.0.1", roles: { gunicorn: {} } },
};

/** HAProxy, with a hosts file of its own as the only name server; its unit is reloaded as systemd does it. */
const script = (program: string, config: string): string => `ip link set lo up
cp /etc/hosts ${folder}/hosts && mount --bind ${folder}/hosts /etc/hosts
echo 'hosts: files' >${folder}/nss && mount --bind ${folder}/nss /etc/nsswitch.conf
haproxy -W -f ${config} 2>${folder}/log & haproxy=$!
until [ -S ${folder}/admin.sock ]; do sleep 0.05; done
systemctl() { echo "$*"; ${folder}/haproxy-ask ${folder}/admin.sock 'show servers state' ${folder}/server-state; kill -USR2 $haproxy; }
addresses() { ${folder}/haproxy-ask ${folder}/admin.sock 'show servers state' | awk '$4 ~ /^web/ { print $4, $5 }'; }
addresses
(. ${program}) & names=$!
sleep 1.5
echo 127.0.0.3 late.example.org >>${folder}/hosts
wait $names
addresses
kill $haproxy`;

describe("a server whose name is not found when HAProxy starts", () => {
  it("is used as soon as it is found, without anybody's help", () => {
    const wanted = desiredOn("lb1", stack);
    const config = movedConfig(folder, "late.cfg", textAt("/etc/haproxy/haproxy.cfg", wanted));
    const text = textAt("/usr/local/sbin/haproxy-names", wanted);
    expect(shellcheck(text)).toBe("");
    const program = join(folder, "names");
    const here = `set -- ${folder}/admin.sock haproxy.service\n${movedShell(folder, text)}`;
    writeFileSync(program, here);
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
    const { stdout, stderr } = spawnSync("unshare", ["-nm", "sh", "-c", script(program, config)], {
      encoding: "utf8",
      env,
    });
    expect([stdout.trim().split("\n"), stderr]).toEqual([
      ["web1 -", "web2 127.0.0.2", "reload haproxy.service", "web1 127.0.0.3", "web2 127.0.0.2"],
      "",
    ]);
  });

  it("is looked for after each start and each reload of both instances", () => {
    const dropIn = textAt("/etc/systemd/system/haproxy.service.d/provision.conf", desiredOn("lb1", stack));
    const specs = { ...stack, db1: { address: "10.0.0.41", roles: { mysql: {} } } };
    const proxy = { ...specs, app1: { address: "127.0.0.1", roles: { sidecar: {}, gunicorn: {} } } };
    const unit = textAt("/etc/systemd/system/sidecar.service", desiredOn("app1", proxy));
    for (const [text, name] of [
      [dropIn, "haproxy"],
      [unit, "sidecar"],
    ] as const) {
      const lines = text.split("\n").filter((line) => line.endsWith(`start haproxy-names@${name}.service`));
      expect(lines.map((line) => line.replace(/=.*/, ""))).toEqual(["ExecStartPost", "ExecReload"]);
    }
    const names = textAt("/etc/systemd/system/haproxy-names@.service", desiredOn("app1", proxy));
    expect(names).toContain("ExecStart=/usr/local/sbin/haproxy-names /run/%i/admin.sock %i.service");
  });
});
