import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/model/json.ts";
import { needProgram } from "../daemon.ts";
import { desiredOfAll, desiredOn, type HostSpec, textAt } from "../scenario.ts";

const nagios: Json = { webhook: "http://127.0.0.1:1/hook", networks: ["10.0.0.0/24"] };
const member = (address: string, roles: HostSpec["roles"]): HostSpec => ({
  address,
  roles: { nrpe: {}, ...roles },
});
const stack: Readonly<Record<string, HostSpec>> = {
  mon1: member("10.0.0.61", { nagios }),
  mon2: member("10.0.0.62", { nagios }),
  web1: member("10.0.0.11", { sidecar: {}, nginx: {} }),
  web2: member("10.0.0.12", { sidecar: {}, nginx: {} }),
  app1: member("10.0.0.21", { gunicorn: {} }),
};
const objects = (of: Readonly<Record<string, HostSpec>> = stack, host = "mon1"): string =>
  textAt("/etc/nagios4/provision/objects.cfg", desiredOn(host, of));

/** The objects of a kind, each as its directives. */
function parsed(kind: string, text = objects()): readonly Readonly<Record<string, string>>[] {
  return [...text.matchAll(new RegExp(`^define ${kind} \\{\\n([^}]*)^\\}`, "gm"))].map(([, body = ""]) =>
    Object.fromEntries(
      body
        .trim()
        .split("\n")
        .map((line) => /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [])
        .map(([, name = "", value = ""]) => [name, value]),
    ),
  );
}

describe("what Nagios watches", () => {
  it("is every host of the inventory, by tier", () => {
    const hosts = parsed("host").filter((one) => one.register !== "0");
    expect(hosts.map((one) => [one.host_name, one.address])).toEqual([
      ["stack", "127.0.0.1"],
      ["mon1", "10.0.0.61"],
      ["mon2", "10.0.0.62"],
      ["web1", "10.0.0.11"],
      ["web2", "10.0.0.12"],
      ["app1", "10.0.0.21"],
    ]);
    expect(
      hosts
        .find((one) => one.host_name === "web1")
        ?.hostgroups?.split(",")
        .sort(),
    ).toEqual(["base", "web"]);
    const groups = parsed("hostgroup").map((one) => one.hostgroup_name);
    expect(new Set(hosts.flatMap((one) => one.hostgroups?.split(",") ?? []))).toEqual(new Set(groups));
  });

  it("asks each agent for nothing that it does not have, and for all that it has", () => {
    for (const [host, one] of Object.entries(stack)) {
      expect(one.address).toBeDefined();
      const asked = parsed("service")
        .filter((service) => service.host_name === host && service.check_command?.startsWith("agent!"))
        .map((service) => service.check_command?.split("!").slice(1) ?? []);
      const commands = textAt("/etc/nagios/nrpe.d/provision.cfg", desiredOn(host, stack));
      const offered = [...commands.matchAll(/^command\[(\S+)\]=/gm)].map((match) => match[1]);
      expect(asked.map(([name]) => name)).toEqual(offered);
      // What is asked as the cause of another failure is there to be asked.
      const causes = asked.flatMap(([, names]) => names?.split(" ") ?? []);
      expect(causes.filter((name) => !offered.includes(name))).toEqual([]);
      expect(causes).not.toEqual([]);
      expect(asked.length).toBeGreaterThan(6);
    }
  });

  it("names no command that is not defined", () => {
    const defined = parsed("command").map((one) => one.command_name);
    const used = [...parsed("service"), ...parsed("host")].flatMap(
      (one) => one.check_command?.split("!")[0] ?? [],
    );
    expect([...new Set(used)].filter((name) => !defined.includes(name))).toEqual([]);
  });

  it("makes one alert of a silent agent: what it is asked for is unknown then, and not told", () => {
    const told = parsed("service").filter((one) => one.host_name === "web1");
    for (const { check_command: command, notification_options: options } of told) {
      // Warnings of the sidecar follow from a failure elsewhere.
      const told = command?.includes("sidecar-members") ? "c,r" : "w,c,r";
      expect([command, options]).toEqual([command, command === "agent-answers" ? undefined : told]);
    }
    expect(told.some((one) => one.check_command === "agent-answers")).toBe(true);
  });

  it("has the redundancy of each service, with its floor and all its members", () => {
    const commands = parsed("service").flatMap((one) =>
      one.host_name === "stack" ? [one.check_command] : [],
    );
    expect(commands).toContain(
      "redundancy!1!web1=$SERVICESTATEID:web1:http$ web2=$SERVICESTATEID:web2:http$",
    );
    expect(commands.filter((command) => command?.includes(":nrpe$"))).toEqual([]);
  });

  it("is the same on both servers, and nothing is left of a host that is gone", () => {
    expect(objects(stack, "mon2")).toBe(objects(stack, "mon1"));
    const { web2, ...rest } = stack;
    expect(web2?.address).toBeDefined();
    const files = (of: Readonly<Record<string, HostSpec>>) =>
      desiredOn("mon1", of).map(({ kind, key }) => `${kind}:${key}`);
    expect(files(rest)).toEqual(files(stack));
    const texts = desiredOn("mon1", rest).map(({ payload }) =>
      new TextDecoder().decode(payload?.content?.bytes ?? new Uint8Array()),
    );
    expect(texts.join("\n")).not.toMatch(/web2|10\.0\.0\.12/);
  });

  it("checks no file that has not been judged with the rest", () => {
    const check = (key: string) =>
      desiredOn("mon1", stack).find((one) => one.key === key)?.payload?.own?.check;
    expect(check("/etc/nagios4/provision/objects.cfg")).toBe("/usr/lib/provision/nagios-check objects %s");
    expect(check("/etc/nagios4/nagios.cfg")).toBe("/usr/lib/provision/nagios-check main %s");
  });

  it("needs the agent on its own host, through which the other servers ask it", () => {
    const without = { ...stack, mon1: { address: "10.0.0.61", roles: { nagios } } };
    expect(desiredOfAll(without).get("mon1")).toMatchObject({
      ok: false,
      error: { code: "role-failed", message: /needs the role `nrpe` too/ },
    });
  });
});

describe("the pages", () => {
  it("are behind the password as a whole, and open to the given networks only", () => {
    const site = textAt("/etc/apache2/sites-enabled/provision-nagios.conf", desiredOn("mon1", stack));
    expect(site).toMatch(/<Location "\/">\n +AuthType Basic[\s\S]*<RequireAll>\n +Require valid-user\n/);
    expect([...site.matchAll(/Require ip (\S+)/g)].map((match) => match[1])).toEqual(["10.0.0.0/24"]);
    expect(site).not.toContain("all granted");
    expect(textAt("/etc/nagios4/cgi.cfg", desiredOn("mon1", stack))).toMatch(/^use_authentication=1$/m);
    expect(desiredOn("mon1", stack)).toContainEqual({
      kind: "file",
      key: "/etc/apache2/conf-enabled/nagios4-cgi.conf",
      desired: null,
    });
  });

  it("get their password from a file of root's: no program is given it, or a hash of it, as an argument", () => {
    const folder = mkdtempSync(join(tmpdir(), "htpasswd-"));
    const wanted = desiredOn("mon1", stack);
    const plain = "/etc/nagios4/provision/web-password";
    const { payload, reloadOn } =
      wanted.find(({ key }) => key === "password of the Nagios pages") ?? expect.fail("no such resource");
    expect(payload?.content).toBeUndefined();
    expect(JSON.stringify(payload)).not.toMatch(/password-of|[0-9a-f]{12}/);
    expect(reloadOn).toEqual([`file:${plain}`]);
    expect(wanted.find(({ key }) => key === plain)).toMatchObject({
      desired: { mode: "0600", owner: "root" },
    });
    needProgram("htpasswd", "apache2-utils");
    const sh = (text: unknown): number | null =>
      spawnSync("sh", [
        "-c",
        String(text).replaceAll("/etc/nagios4/provision", folder).replaceAll("chgrp www-data", "true"),
      ]).status;
    writeFileSync(join(folder, "web-password"), textAt(plain, wanted));
    expect(sh(payload?.own?.unless)).not.toBe(0);
    expect(sh(payload?.own?.command)).toBe(0);
    expect(sh(payload?.own?.unless)).toBe(0);
    expect(readFileSync(join(folder, "htpasswd"), "utf8")).toMatch(/^nagiosadmin:\$2y\$[^\n]+\n$/);
    writeFileSync(join(folder, "web-password"), "another\n");
    expect(sh(payload?.own?.unless)).not.toBe(0);
    rmSync(folder, { recursive: true });
  });
});

describe("secrets", () => {
  it("stand in no file that others may read, and in no text that is not marked", () => {
    const wanted = desiredOn("mon1", stack);
    const secret = wanted.filter(({ payload }) => payload?.content?.secret === true);
    expect(secret.map(({ key, desired }) => `${key} ${desired?.mode} ${desired?.group}`).sort()).toEqual([
      "/etc/nagios/provision/key.pem 0640 nagios",
      "/etc/nagios4/provision/client-key.pem 0640 nagios",
      "/etc/nagios4/provision/web-key.pem 0600 root",
      "/etc/nagios4/provision/web-password 0600 root",
      "/etc/nagios4/provision/webhook.curl 0640 nagios",
    ]);
    const open = wanted.filter((one) => !secret.includes(one) && one.payload?.content === undefined);
    const texts = open.map(
      (one) =>
        JSON.stringify(one) + new TextDecoder().decode(one.payload?.content?.bytes ?? new Uint8Array()),
    );
    expect(texts.join("\n")).not.toMatch(/key of |password-of|127\.0\.0\.1:1\/hook/);
  });
});

describe("the floating address", () => {
  const balancer = (address: string): HostSpec =>
    member(address, { haproxy: {}, keepalived: { addresses: ["10.0.0.10/24"] } });
  const whole = { lb1: balancer("10.0.0.1"), lb2: balancer("10.0.0.2"), ...stack };
  const ofStack = parsed("service", objects(whole)).filter((one) => one.host_name === "stack");
  const commandOf = (title: string) =>
    ofStack.find((one) => one.service_description === title)?.check_command;

  it("is checked from outside: what users of it meet, and its certificate", () => {
    expect(commandOf("web at 10.0.0.10")).toBe("secure-page!10.0.0.10!443!/!10.0.0.10");
    expect(commandOf("certificate of web at 10.0.0.10")).toBe("certificate!10.0.0.10!443!10.0.0.10!21!7");
    expect(commandOf("web-redirect at 10.0.0.10")).toBe("page!10.0.0.10!80!/!10.0.0.10");
    expect(ofStack.map((one) => one.service_description).filter((title) => title?.includes("http "))).toEqual(
      [],
    );
  });

  it("is held by exactly one host, whichever it is: no host's own alert", () => {
    const holder = ofStack.find((one) => one.check_command?.startsWith("exactly!"));
    expect(holder?.check_command).toMatch(
      /^exactly!1!keepalived-holder-of-10-0-0-10!lb1,10\.0\.0\.1,5666 lb2,10\.0\.0\.2,5666$/,
    );
    const own = parsed("service", objects(whole)).filter((one) => one.host_name === "lb1");
    expect(own.map((one) => one.service_description)).not.toContain("keepalived holder-of-10-0-0-10");
  });

  it("needs root for the health of what is asked by a command, by exact lines", () => {
    const sudoers = textAt("/etc/sudoers.d/provision-nrpe", desiredOn("lb1", whole));
    const lines = sudoers.split("\n").filter((line) => line.startsWith("nagios "));
    expect(lines).toContain("nagios ALL=(root) NOPASSWD: /usr/lib/provision/checks health-vip");
    expect(lines.filter((line) => /[*]|ALL$/.test(line))).toEqual([]);
  });
});

describe("the names of hosts", () => {
  const hosts = (name: string) =>
    parsed("host", objects({ ...stack, [name]: member("10.0.0.77", { gunicorn: {} }) })).map(
      (one) => one.host_name,
    );

  it("are those of the inventory where Nagios and the shell take them as they are", () => {
    expect(hosts("app-2.Example_org")).toContain("app-2.Example_org");
  });

  it("are written in other signs where they would mean something, each in its own", () => {
    expect(hosts("2001:db8::77")).toContain("2001@3adb8@3a@3a77");
    expect(hosts("a+b")).toContain("a@2bb");
    expect(hosts("a@2bb")).toContain("a@402bb");
    expect(hosts("stack").filter((name) => name === "stack")).toHaveLength(1);
    expect(hosts("stack")).toContain("@73tack");
  });
});
