import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Event } from "../../src/model/event.ts";
import type { Resource } from "../../src/model/resource.ts";
import type { HealthCheck } from "../../src/model/topology.ts";
import { exec } from "../../src/resources/exec.ts";
import { file } from "../../src/resources/file.ts";
import { leaveMark } from "../../src/resources/mark.ts";
import { content } from "../../src/resources/resource.ts";
import { unit } from "../../src/resources/unit.ts";
import { type EngineRun, runEngine } from "./support/engine.ts";
import { type TestLab, testLab } from "./support/lab.ts";

let lab: TestLab;
/** Every script that a run of these tests has sent to the host. */
const sent = new Set<string>();

beforeAll(async () => {
  lab = await testLab([{ name: "owed1", address: "10.79.0.51" }]);
});
afterAll(() => lab?.down());

const apply = async (resources: readonly Resource[], more: Partial<EngineRun> = {}) => {
  const run = await runEngine({
    command: "apply",
    targets: [lab.target("owed1")],
    resources: () => resources,
    ...more,
  });
  for (const script of run.scripts) sent.add(script);
  const [host] = run.summary.hosts;
  if (host === undefined) throw new Error("no host");
  return { ...run, host };
};
const on = (command: string) => lab.on("owed1", command);

/** A daemon that writes down its starts and reloads. */
const daemon = (name: string): Resource =>
  file(`/etc/systemd/system/${name}.service`, {
    content: `[Service]
Type=exec
ExecStart=/bin/sh -c 'echo start >>/var/log/${name}; exec sleep infinity'
ExecReload=/bin/sh -c 'echo reload >>/var/log/${name}'
[Install]
WantedBy=multi-user.target
`,
  });
const log = async (name: string) => (await on(`cat /var/log/${name}`)).trim().split("\n").join(" ");

describe("what is owed", () => {
  it("is paid when the watched file could only be observed at its turn", async () => {
    const resources = (text: string, enabled: boolean) => {
      const config = file("/etc/late.conf", { content: text });
      return [
        daemon("late"),
        exec("clear", { command: "rmdir /etc/late.conf", unless: "[ ! -d /etc/late.conf ]" }),
        config,
        unit("late", { running: true, enabled, reloadOn: [config] }),
      ];
    };
    expect((await apply(resources("one", false))).host).toMatchObject({ outcome: "converged", left: [] });
    await on("rm /etc/late.conf; mkdir /etc/late.conf; : >/var/log/late");
    expect((await apply(resources("two", true))).host).toMatchObject({ outcome: "converged", left: [] });
    expect(await log("late")).toBe("reload");
  });

  it("is passed on by a unit that another unit watches, also over a failure", async () => {
    const resources = (text: string, works: boolean) => {
      const config = file("/etc/chain.conf", { content: text });
      const first = unit("chain1", { running: true, reloadOn: [config] });
      const between = exec(`between ${text}`, {
        command: works ? `touch /run/${text}` : "false",
        unless: `[ -e /run/${text} ]`,
      });
      return [
        daemon("chain1"),
        daemon("chain2"),
        config,
        first,
        between,
        unit("chain2", { running: true, restartOn: [first] }),
      ];
    };
    expect((await apply(resources("one", true))).host.outcome).toBe("converged");
    await on(": >/var/log/chain1; : >/var/log/chain2");
    expect((await apply(resources("two", false))).host.outcome).toBe("failed");
    expect((await apply(resources("two", true))).host.outcome).toBe("converged");
    expect([await log("chain1"), await log("chain2")]).toEqual(["reload", "start"]);
    expect((await apply(resources("two", true))).host).toMatchObject({ outcome: "unchanged", done: 0 });
  });

  it("is paid once by a resource that watches nothing any more", async () => {
    const one = [daemon("alone"), unit("alone", { running: true })];
    expect((await apply(one)).host.outcome).toBe("converged");
    const target = lab.target("owed1");
    const mark = leaveMark("unit:alone", "reload").text;
    await on(mark);
    expect((await apply(one, { targets: [target] })).host).toMatchObject({
      outcome: "converged",
      done: 1,
      left: [],
    });
    expect((await apply(one)).host).toMatchObject({ outcome: "unchanged", done: 0 });
  });
});

describe("a gate that was not passed", () => {
  it("is not forgotten by the next run, though nothing is left to change", async () => {
    const resources = () => [file("/etc/gated.conf", { content: "x" })];
    const provides = {
      gated: {
        port: 1,
        health: { type: "command", command: "[ -e /run/well ]" },
        redundancy: "balanced",
        startSeconds: 1,
      },
    } as const;
    await on("rm -f /run/well");
    expect((await apply(resources(), { provides })).host).toMatchObject({
      outcome: "failed",
      failure: { code: "gate-failed" },
    });
    expect((await apply(resources(), { provides })).host).toMatchObject({
      outcome: "failed",
      failure: { code: "gate-failed" },
    });
    await on("touch /run/well");
    const passed = await apply(resources(), { provides });
    expect(passed.host).toMatchObject({ outcome: "unchanged", done: 0 });
    expect(passed.events.map(({ type }) => type)).toContain("gate-passed");
    const after = await apply(resources(), { provides });
    expect(after.events.map(({ type }) => type)).not.toContain("gate-passed");
  });
});

describe("a gate over the network", () => {
  const gate = (port: number, health: HealthCheck) => ({
    probe: { port, health, redundancy: "balanced", startSeconds: 1 } as const,
  });
  const asked = async (text: string, provides: EngineRun["provides"] & object) =>
    (
      await apply([file("/etc/net.conf", { content: text })], {
        provides,
        input: { policy: { force: true } },
      })
    ).host;

  it("knows who accepts connections and who does not, with a curl that it brings along", async () => {
    // A service of its own, as port 22 is that of sshd.
    const listening = "systemd-socket-activate --accept --inetd -l 2200 cat";
    await on(`systemd-run -q --collect --unit=listening ${listening}; sleep 0.5`);
    expect(await asked("1", gate(2200, { type: "tcp" }))).toMatchObject({ outcome: "converged", left: [] });
    expect(await asked("2", gate(1, { type: "tcp" }))).toMatchObject({ failure: { code: "gate-failed" } });
    // It accepts, and answers no HTTP.
    expect(await asked("3", gate(2200, { type: "http", path: "/", status: 200 }))).toMatchObject({
      failure: { code: "gate-failed" },
    });
  });
});

describe("what was as desired when it was first wanted", () => {
  it("is drift when it is changed by hand later, and never ours to remove", async () => {
    await on("printf mine >/etc/found.conf; chmod 0644 /etc/found.conf");
    const found = [file("/etc/found.conf", { content: "mine" })];
    expect((await apply(found)).host).toMatchObject({ outcome: "unchanged", done: 0 });
    await on("echo by hand >/etc/found.conf");
    const checked = await runEngine({
      command: "check",
      targets: [lab.target("owed1")],
      resources: () => found,
    });
    expect(checked.summary.hosts[0]?.left.map(({ cause }) => cause)).toEqual(["drift"]);
    await apply(found);
    await apply([], { prune: true, input: { policy: { force: true } } });
    expect(await on("cat /etc/found.conf")).toContain("mine");
  });
});

describe("a secret that a program quotes", () => {
  it("reaches no event, no failure, no report", async () => {
    const canary = "canary-4711";
    const secret = content(`password ${canary}\n`, { secret: true });
    const refused = file("/etc/secret.conf", { content: secret, mode: "0600", check: "cat %s; exit 1" });
    const loud = exec("loud", { command: "cat; exit 1", unless: "false", stdin: secret });
    for (const resource of [refused, loud]) {
      const { events, summary } = await apply([resource]);
      expect(summary.hosts[0]?.outcome).toBe("failed");
      const told = events.filter((event: Event) => event.type === "output" || event.type.endsWith("failed"));
      const words = JSON.stringify(told, (key, value) => (key === "change" ? undefined : value));
      expect(words).not.toContain(canary);
      expect(words).toContain("not shown");
      expect(JSON.stringify(summary.hosts[0]?.failure)).not.toContain(canary);
    }
  });
});

describe("every script that was sent", () => {
  it("passes shellcheck as POSIX sh", () => {
    const files = [...sent].map((text, index) => {
      const path = join(lab.folder, `sent-${index}.sh`);
      writeFileSync(path, `${text}\n`);
      return path;
    });
    expect(files.length).toBeGreaterThan(40);
    for (const wanted of [
      "flock -w 2 9",
      "manifest.json",
      "systemctl",
      "pending/gate",
      "sha256sum",
      "curl",
    ]) {
      expect(
        [...sent].some((text) => text.includes(wanted)),
        wanted,
      ).toBe(true);
    }
    // 2016 and 1003 warn of text that is quoted on purpose, 2317 of functions that a script does not call, 2320 of a
    // section that ends with an echo, whose code is meant to be the section's.
    const args = ["-s", "sh", "-e", "SC2016,SC1003,SC2317,SC2320", "-f", "gcc", ...files];
    const { stdout, status } = spawnSync("shellcheck", args, { encoding: "utf8" });
    expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
  });
});
