import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Script } from "../../src/model/script.ts";
import { holdUnits, restorePolicy } from "../../src/resources/policy.ts";
import { subshell } from "../../src/script/block.ts";
import { raw } from "../../src/script/script.ts";
import { type Ran, runWith } from "./run.ts";

const root = mkdtempSync(join(tmpdir(), "policy-"));
const policy = join(root, "policy-rc.d");
const saved = `${policy}.provision-saved`;
/** Played in a folder of the test's own: the machine's policy is not touched. */
const run = (script: Script): Promise<Ran> =>
  runWith(["/bin/sh"])({
    text: script.text.replaceAll("/usr/sbin/policy-rc.d", policy),
    input: script.input,
  });

const usersOwn = `#!/bin/sh\necho "own $*"\n[ "$1" != refused ] || exit 101\nexit 0\n`;
function leaveUsersOwn(path: string): void {
  writeFileSync(path, usersOwn);
  chmodSync(path, 0o750);
}

const held = (units: readonly string[], text: string): Script => subshell([holdUnits(units), raw(text)]);
/** A shell of its own ends at once, so its policy is a dead run's. */
const cutOff = async (): Promise<void> => {
  await run(held(["a"], `kill -9 $$ $(cat /proc/$$/task/$$/children)`));
  expect(readFileSync(policy, "utf8")).toContain("provision: held units");
};

beforeEach(() => {
  rmSync(policy, { force: true });
  rmSync(saved, { force: true });
});

describe("policy-rc.d", () => {
  const asked = async (units: readonly string[], ...words: readonly string[]): Promise<string> =>
    (await run(held(units, `"$policy" ${words.join(" ")} >/dev/null; echo $?`))).stdout.trim();

  it.each([
    ["101", "nginx.service start"],
    ["101", "nginx restart"],
    ["101", "--quiet nginx start 2"],
    ["101", "postgresql@15-main.service start"],
    ["101", "'dev-a\\x2db.swap' start"],
    ["101", "t.timer start"],
    ["0", "nginx2 start"],
    ["0", "ngin start"],
    ["0", "other.service nginx"],
    ["0", "t.service start"],
    ["0", "'*' start"],
  ])("%s to %s", async (code, words) => {
    expect(await asked(["nginx", "postgresql@15-main", "dev-a\\x2db.swap", "t.timer"], words)).toBe(code);
    expect(existsSync(policy)).toBe(false);
  });

  it("asks the user's own for all else, and puts it back as it was", async () => {
    leaveUsersOwn(policy);
    const ran = await run(
      held(["a"], `for unit in refused other a; do "$policy" $unit start; echo $?; done; exit 3`),
    );
    expect(ran).toMatchObject({ code: 3, stdout: "own refused start\n101\nown other start\n0\n101\n" });
    expect(readFileSync(policy, "utf8")).toBe(usersOwn);
    expect(statSync(policy).mode & 0o777).toBe(0o750);
    expect(existsSync(saved)).toBe(false);
  });

  it("keeps a link a link", async () => {
    leaveUsersOwn(join(root, "target"));
    symlinkSync("target", policy);
    const ran = await run(held(["a"], `"$policy" b start; [ -L ${saved} ]`));
    expect(ran).toMatchObject({ code: 0, stdout: "own b start\n" });
    expect((await run(raw(`readlink ${policy}`))).stdout).toBe("target\n");
  });

  it.each(["TERM", "HUP", "INT"])("is put back on SIG%s", async (signal) => {
    leaveUsersOwn(policy);
    const ran = await run(
      held(["a"], `kill -${signal} "$(cat /proc/$$/task/$$/children | cut -d ' ' -f 1)"; exit 0`),
    );
    expect(ran.code).toBe(143);
    expect(readFileSync(policy, "utf8")).toBe(usersOwn);
  });

  it("is not touched where nothing is held", async () => {
    expect((await run(held([], `[ -e ${policy} ] || echo none`))).stdout).toBe("none\n");
  });
});

describe("what a cut leaves", () => {
  it("without an own policy: ours goes", async () => {
    await cutOff();
    expect(await run(restorePolicy())).toMatchObject({ code: 0, stderr: "", stdout: "" });
    expect([existsSync(policy), existsSync(saved)]).toEqual([false, false]);
  });

  it("with an own policy: it comes back", async () => {
    leaveUsersOwn(policy);
    await cutOff();
    await run(restorePolicy());
    expect(readFileSync(policy, "utf8")).toBe(usersOwn);
    expect(existsSync(saved)).toBe(false);
  });

  it("before ours was in place: the copy goes", async () => {
    leaveUsersOwn(policy);
    leaveUsersOwn(saved);
    await run(restorePolicy());
    expect([readFileSync(policy, "utf8"), existsSync(saved)]).toEqual([usersOwn, false]);
  });

  it("and the user has written another since: both stay", async () => {
    leaveUsersOwn(saved);
    writeFileSync(policy, "#!/bin/sh\n");
    await run(restorePolicy());
    expect([readFileSync(policy, "utf8"), existsSync(saved)]).toEqual(["#!/bin/sh\n", true]);
  });

  it("a user's own policy alone is none of our business", async () => {
    leaveUsersOwn(policy);
    await run(restorePolicy());
    expect(readFileSync(policy, "utf8")).toBe(usersOwn);
  });

  it("is mended by the next installation too", async () => {
    leaveUsersOwn(policy);
    await cutOff();
    await run(held(["b"], ":"));
    expect([readFileSync(policy, "utf8"), existsSync(saved)]).toEqual([usersOwn, false]);
  });

  it("a living run's is left alone", async () => {
    const ran = await run(held(["a"], `(\n${restorePolicy().text}\n); grep -c held "$policy"`));
    expect(ran.stdout).toBe("1\n");
    expect(existsSync(policy)).toBe(false);
  });
});
