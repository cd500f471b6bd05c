import { describe, expect, it } from "vitest";
import type { Resource, ResourceId, Trigger } from "../../src/model/resource.ts";
import type { Script } from "../../src/model/script.ts";
import { leaveMark, observeMarks, parseMarks, settle } from "../../src/resources/mark.ts";
import { pkg } from "../../src/resources/package.ts";
import { restorePolicy } from "../../src/resources/policy.ts";
import { idOf } from "../../src/resources/resource.ts";
import { unit } from "../../src/resources/unit.ts";
import { raw } from "../../src/script/script.ts";
import { localRepository } from "./law-packages.ts";
import { shell } from "./laws.ts";
import { converge, kindOf, observe, observeAndPlan, plan, type Ran, type Run } from "./run.ts";
import { unitFiles } from "./system-laws.ts";

/** Long enough for apt and for systemd's own waiting. */
const patience = { timeout: 180_000 };

const all = (ran: Ran): string => ran.stdout + ran.stderr;

/** Reads the marks on the host. */
async function marksOn(run: Run): Promise<ReadonlyMap<ResourceId, Trigger>> {
  return parseMarks((await run(observeMarks())).stdout);
}

/** Does to a resource what a run does: observe, with the marks; converge, and settle. */
async function settled(run: Run, resource: Resource): Promise<Ran> {
  const changes = plan([resource], await observe(run, [resource]), await marksOn(run));
  const scripts = changes.map((change) => settle(change.id, kindOf(resource).converge([change])));
  let last: Ran = { code: 0, stdout: "", stderr: "" };
  for (const script of scripts) last = await run(script);
  return last;
}

async function logged(run: Run): Promise<string> {
  const { stdout } = await run(raw("cat /run/law-log 2>/dev/null; rm -f /run/law-log"));
  return stdout.trim().replaceAll("\n", " ");
}

/** Reloads, restarts and failures of units, on a host that may be changed. */
export function unitSuite(run: Run): void {
  describe.sequential("unit: what is due", () => {
    const due = async (resource: Resource, trigger: Trigger): Promise<Ran> => {
      await run(leaveMark(idOf(resource), trigger));
      return settled(run, resource);
    };
    const watches = { reloadOn: ["file:/x"] as const };

    it("prepares", patience, async () => {
      await shell(run, `rm -rf /var/lib/provision/pending; ${unitFiles}`);
    });

    it("a unit that is down is started, not started and reloaded", patience, async () => {
      expect(await due(unit("law-a", watches), "reload")).toMatchObject({ code: 0 });
      expect(await logged(run)).toBe("start");
      expect(await marksOn(run)).toEqual(new Map());
    });

    it.each([
      ["law-a", "reload", "reload"],
      ["law-a", "restart", "start"],
      ["law-static.service", "reload", "start"],
    ] as const)("%s, due for a %s: %s", patience, async (name, trigger, expected) => {
      await shell(run, `systemctl start ${name}; rm -f /run/law-log`);
      const resource = unit(name, { ...watches, enabled: "any" });
      expect(await due(resource, trigger)).toMatchObject({ code: 0 });
      expect(await logged(run)).toBe(expected);
      expect(await settled(run, resource)).toMatchObject({ code: 0 });
      expect(await logged(run)).toBe("");
    });

    it("a due restart is not weakened by a due reload", patience, async () => {
      await run(leaveMark("unit:law-a", "restart"));
      expect(await due(unit("law-a", watches), "reload")).toMatchObject({ code: 0 });
      expect(await logged(run)).toBe("start");
    });

    it("a unit that shall be down owes nothing", patience, async () => {
      await shell(run, "systemctl stop law-a");
      expect(await due(unit("law-a", { ...watches, running: false }), "restart")).toMatchObject({ code: 0 });
      expect(await logged(run)).toBe("");
      expect(await marksOn(run)).toEqual(new Map());
    });

    it("a unit that is just starting is waited for, then reloaded", patience, async () => {
      await shell(
        run,
        "rm -f /run/law-go; systemctl start --no-block law-late; systemctl is-active law-late || [ $? = 3 ]",
      );
      const ending = due(unit("law-late", watches), "reload");
      await shell(
        run,
        "while [ ! -e /var/lib/provision/pending/unit%3Alaw-late ]; do sleep 0.1; done; touch /run/law-go",
      );
      expect(await ending).toMatchObject({ code: 0 });
      expect(await logged(run)).toBe("reload");
      await shell(run, "systemctl stop law-late; systemctl disable law-late");
    });

    it("a failed start says what the unit said, and stays due", patience, async () => {
      const ran = await due(unit("law-fails", { ...watches, enabled: "any" }), "reload");
      expect(ran.code).toBe(1);
      expect(all(ran)).toContain("the reason it fails");
      expect(await marksOn(run)).toEqual(new Map([["unit:law-fails", "reload"]]));
      await shell(run, "rm -r /var/lib/provision/pending");
    });

    it("the first drop-in of a unit takes effect", patience, async () => {
      const path = "/etc/systemd/system/law-static.service.d/first.conf";
      await shell(
        run,
        `systemctl start law-static; mkdir -p ${path.slice(0, path.lastIndexOf("/"))}; printf '[Service]\\nNice=7\\n' >${path}`,
      );
      const resource = unit("law-static", { enabled: "any", restartOn: [`file:${path}`] });
      expect(await due(resource, "restart")).toMatchObject({ code: 0 });
      expect(
        (await run(raw("ps -o ni= -p $(systemctl show -p MainPID --value law-static)"))).stdout.trim(),
      ).toBe("7");
    });

    it("a unit that cannot be enabled is told apart from one that would not", patience, async () => {
      const ran = await converge(run, await observeAndPlan(run, [unit("law-static")]));
      expect(ran.code).toBe(1);
      expect(all(ran)).toContain("no [Install] section");
    });

    it("a unit that does not exist fails in systemd's own words", patience, async () => {
      const ran = await converge(run, await observeAndPlan(run, [unit("law-never")]));
      expect(ran.code).toBe(1);
      expect(all(ran)).toContain("law-never.service");
    });

    it("clears up", patience, async () => {
      const names = "law-a.service law-static.service law-late.service law-fails.service";
      await shell(
        run,
        `systemctl disable --now ${names}; cd /usr/lib/systemd/system && rm -f law-*; rm -rf /etc/systemd/system/law-*; systemctl daemon-reload; systemctl reset-failed`,
      );
    });
  });
}

/** Refusals of the kind package, and an installation that is cut off, on a host that may be changed. */
export function packageSuite(run: Run): void {
  const installing = async (...resources: readonly Resource[]): Promise<Ran> =>
    converge(run, await observeAndPlan(run, resources));
  const installed = async (name: string): Promise<boolean> =>
    (await run(raw(`dpkg-query -W -f "\\\${Status}" ${name} | grep -q ' installed$'`))).code === 0;

  describe.sequential("package: refusals and cuts", () => {
    it("prepares", patience, async () => {
      await shell(run, `${localRepository}\napt-get remove -y -q 'law-*'`);
      expect(await installing(pkg("law-extra"), pkg("law-dependent"))).toMatchObject({ code: 0 });
    });

    it.each([
      ["virtual", pkg("law-virtual"), "law-virtual is not installed"],
      ["unknown", pkg("law-nothing"), "Unable to locate package law-nothing"],
      [
        "of a version that is not there",
        pkg("law-demo", { version: "9" }),
        "Version '9' for 'law-demo' was not found",
      ],
      ["in conflict", pkg("law-rival"), "remove is disabled"],
      [
        "needed by another",
        pkg("law-demo", { absent: true }),
        "would also remove these packages: law-dependent",
      ],
    ])("%s", patience, async (_name, resource, words) => {
      const ran = await installing(resource);
      expect(ran.code).not.toBe(0);
      expect(all(ran)).toContain(words);
      expect([await installed("law-extra"), await installed("law-dependent")]).toEqual([true, true]);
    });

    it("a held package says so", patience, async () => {
      await shell(run, "apt-mark hold law-demo");
      const ran = await installing(pkg("law-demo", { version: "1.0" }));
      expect(ran.code).not.toBe(0);
      expect(all(ran)).toContain("Held packages were changed");
      await shell(run, "apt-mark unhold law-demo");
    });

    it("a policy that a dead run left is removed; that of a living run is not", patience, async () => {
      const slow = pkg("law-slow-daemon", { heldUnits: ["law-slow-daemon"] });
      await shell(run, "rm -f /run/law-slow /usr/sbin/policy-rc.d");
      const first = installing(slow);
      await shell(run, "while [ ! -e /run/law-slow ]; do sleep 0.1; done");
      const asked = await run(
        raw(
          "for unit in law-slow-daemon.service law-slow-daemon law-a; do sh /run/law-policy --quiet $unit start; echo $?; done",
        ),
      );
      expect(asked.stdout).toBe("101\n101\n0\n");
      await there(run, restorePolicy(), true);
      await shell(
        run,
        "pid=$(sed -n 's/^# provision.*owner [^ ]* \\([0-9]*\\) .*/\\1/p' /usr/sbin/policy-rc.d); kill -9 $(cat /proc/$pid/task/$pid/children) $pid",
      );
      await there(run, restorePolicy(), false);
      // The dpkg that was left alone goes on; the next transaction waits for its lock.
      const second = installing(slow);
      await shell(run, "while [ ! -e /usr/sbin/policy-rc.d ]; do sleep 0.1; done; rm /run/law-slow");
      expect(await second).toMatchObject({ code: 0 });
      expect((await first).code).not.toBe(0);
      expect(await observeAndPlan(run, [slow])).toEqual([]);
    });

    it("clears up", patience, async () => {
      await shell(
        run,
        "rm -f /run/law-slow; apt-get purge -y -q 'law-*'; rm -rf /srv/law /etc/apt/sources.list.d/law.list /var/lib/provision/apt-lists",
      );
    });
  });
}

async function there(run: Run, script: Script, expected: boolean): Promise<void> {
  expect(await run(script)).toMatchObject({ code: 0 });
  expect((await run(raw("[ -e /usr/sbin/policy-rc.d ]"))).code === 0).toBe(expected);
}
