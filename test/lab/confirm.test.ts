import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Confirmation, Resource } from "../../src/model/resource.ts";
import { exec } from "../../src/resources/exec.ts";
import { file } from "../../src/resources/file.ts";
import type { Stop } from "../../src/run/input.ts";
import { openTransport } from "../../src/transport/connect.ts";
import type { Target, Transport } from "../../src/transport/transport.ts";
import { type EngineRun, runEngine } from "./support/engine.ts";
import { type TestLab, testLab } from "./support/lab.ts";

let lab: TestLab;
beforeAll(async () => {
  lab = await testLab([{ name: "cut1", address: "10.79.0.65" }]);
});
afterAll(() => lab?.down());
beforeEach(() => on("rm -f /run/state /run/undone"));

const on = (command: string) => lab.on("cut1", command);

/** Writes `new` where `old` stood; the undo puts back what was there, and counts. */
const change = (confirm: Partial<Confirmation> = {}, command = "echo new >/run/state"): Resource =>
  exec("cut", {
    command,
    unless: "grep -qx new /run/state",
    confirm: {
      save: "cat /run/state 2>/dev/null || echo none",
      undo: "cat >/run/state; echo undone >>/run/undone",
      seconds: 2,
      ...confirm,
    },
  });

async function apply(resource: Resource, more: Partial<EngineRun> = {}, target: Partial<Target> = {}) {
  const targets = [lab.target("cut1", target)];
  const { summary, events } = await runEngine({
    command: "apply",
    targets,
    resources: () => [resource],
    ...more,
  });
  const [host] = summary.hosts;
  return { host, failure: host?.failure, waited: events.filter(({ type }) => type === "waiting").length };
}

const state = async () => (await on("cat /run/state; cat /run/undone 2>/dev/null; true")).trim().split("\n");
const pending = () =>
  on(
    "ls /run/provision-undo /var/lib/provision/pending 2>/dev/null | grep -v : ; systemctl list-units --all --plain --no-legend 'provision-undo*'",
  );
const undone = () => on("timeout 15 sh -c 'until [ -e /run/undone ]; do sleep 0.1; done'");

/** From the second login on, none comes through. */
function onlyOnce(then: () => void = () => {}): (real: Transport) => Transport {
  let logins = 0;
  return (real) => ({
    connect: async (target, options) => {
      logins += 1;
      if (logins === 1) return real.connect(target, options);
      then();
      return { ok: false, error: { code: "unreachable", message: "cut1: no route" } };
    },
  });
}

describe("a change that may cut off whoever makes it", () => {
  it("stands when a new login has confirmed it, and leaves nothing pending", async () => {
    const { host, waited } = await apply(change());
    expect(host).toMatchObject({ outcome: "converged", done: 1 });
    expect(waited).toBe(1);
    expect(await pending()).toBe("");
    expect(await state()).toEqual(["new"]);
  });

  it.each([
    ["through sudo", { user: "admin", sudo: true }, "auto"],
    ["over OpenSSH", {}, "openssh"],
  ] as const)("is confirmed %s too", async (_, target, kind) => {
    const wrap = () => openTransport({ kind, acceptNewHostKeys: false });
    expect((await apply(change(), { wrap }, target)).host).toMatchObject({ outcome: "converged", done: 1 });
    expect(await pending()).toBe("");
  });

  it("is taken back by the host when nobody can log in any more", async () => {
    await on("echo old >/run/state");
    const { failure } = await apply(change(), { wrap: onlyOnce() });
    expect(failure).toMatchObject({
      code: "not-confirmed",
      message: "cut1: the host has taken exec:cut back, because no new login came through within 2 s",
      detail: "no new login: cut1: no route\nthe undo ended with 0, as seen over the old connection",
    });
    expect(await state()).toEqual(["old", "undone"]);
    expect((await apply(change())).host).toMatchObject({ outcome: "converged", done: 1 });
    expect(await pending()).toBe("");
  });

  it("is taken back also when it cuts the connection that made it", { timeout: 120_000 }, async () => {
    // The probe comes last: while nothing passes, no answer can.
    const wall =
      "nft add table inet wall && nft 'add chain inet wall in { type filter hook input priority 0; policy drop; }'";
    await on("apt-get install -y --no-install-recommends nftables >/dev/null 2>&1");
    const undo = "nft delete table inet wall; echo undone >>/run/undone";
    const { failure } = await apply(
      change({ save: "true", undo, seconds: 3 }, `${wall}; echo new >/run/state`),
    );
    expect(failure?.code).toMatch(/^(not-confirmed|connection-lost|deadline)$/);
    await undone();
    expect((await on("nft list tables; cat /run/undone")).trim()).toBe("undone");
  });

  it("does not outlive its undo: what is still under way then is ended first", async () => {
    await on("echo old >/run/state");
    const { failure } = await apply(change({}, "sleep 4; echo new >/run/state"));
    expect(failure).toMatchObject({
      code: "command-failed",
      detail: expect.stringContaining(
        "the host has taken it back\nthe change was still under way when its time was over, and was ended",
      ),
    });
    expect(await state()).toEqual(["old", "undone"]);
    await on("sleep 3");
    expect(await state()).toEqual(["old", "undone"]);
    expect((await apply(change())).host).toMatchObject({ outcome: "converged", done: 1 });
    expect(await pending()).toBe("");
  });

  it("is not called taken back where it still stands after its undo", async () => {
    await on("echo old >/run/state");
    const { failure } = await apply(change({ undo: "true" }), { wrap: onlyOnce() });
    expect(failure).toMatchObject({
      code: "not-confirmed",
      message: "cut1: exec:cut was not confirmed by a new login, and the host could not take it back",
      detail: "no new login: cut1: no route\nthe undo ended with 0, but the change still stands",
    });
  });

  it("is not begun when the host cannot schedule its undo, or cannot save what that needs", async () => {
    await on("echo old >/run/state; mount --bind /bin/false /usr/bin/systemd-run");
    const { failure } = await apply(change());
    await on("umount /usr/bin/systemd-run");
    expect(failure).toMatchObject({
      code: "refused",
      message: "cut1: exec:cut was not begun. The host could not schedule its undo in 2 s",
    });
    expect((await apply(change({ save: "echo no >&2; false" }))).failure).toMatchObject({
      code: "refused",
      detail: "no\nprovision: what the undo needs could not be saved",
    });
    expect(await state()).toEqual(["old"]);
    expect(
      await on("ls /run/provision-undo; systemctl list-timers --all --no-legend 'provision-undo*'"),
    ).toBe("");
  });

  it("that fails half-way is taken back at once", async () => {
    await on("echo old >/run/state");
    const { failure } = await apply(change({ seconds: 60 }, "echo new >/run/state; exit 7"));
    expect(failure).toMatchObject({ code: "command-failed", detail: "the host has taken it back" });
    expect(await state()).toEqual(["old", "undone"]);
  });

  it("that was left unconfirmed is taken back first when the next run comes early", async () => {
    await on("echo old >/run/state");
    const stop = stoppable();
    const left = await apply(change({ seconds: 60 }), {
      wrap: onlyOnce(stop.abort),
      input: { caller: { stop: stop.stop } },
    });
    expect(left.failure).toMatchObject({
      code: "interrupted",
      hint: "the host takes exec:cut back by itself within 60 s of the change; then run again",
    });
    expect(await state()).toEqual(["new"]);
    expect((await apply(change())).host).toMatchObject({ outcome: "converged", done: 1 });
    expect(await state()).toEqual(["new", "undone"]);
    expect(await pending()).toBe("");
  });

  it.each([
    ["there was one", "umask 077; echo old >/etc/cut; chown daemon /etc/cut", "daemon 600 old"],
    ["there was none", "rm -f /etc/cut", ""],
  ])("may be a file: put back with owner and mode, where %s", async (_, before, after) => {
    await on(before);
    const cut = file("/etc/cut", { content: "new\n", mode: "0644", confirm: { seconds: 2 } });
    expect((await apply(cut, { wrap: onlyOnce() })).failure?.code).toBe("not-confirmed");
    expect(
      await on("if [ -e /etc/cut ]; then stat -c '%U %a' /etc/cut | tr '\\n' ' '; cat /etc/cut; fi"),
    ).toBe(after);
    expect((await apply(cut)).host).toMatchObject({ outcome: "converged", done: 1 });
    expect(await on("stat -c '%U %a' /etc/cut; cat /etc/cut")).toBe("root 644\nnew");
  });

  it("says so when not even its undo works", async () => {
    const { failure } = await apply(change({ undo: "echo broken; exit 3" }), { wrap: onlyOnce() });
    expect(failure).toMatchObject({
      code: "not-confirmed",
      message: "cut1: exec:cut was not confirmed by a new login, and the host could not take it back",
      detail: "no new login: cut1: no route\nthe undo failed:\nbroken",
    });
  });
});

/** A run that can be aborted at a certain moment. */
function stoppable(): { readonly stop: Stop; readonly abort: () => void } {
  let fulfil = (): void => {};
  const whenAborted = new Promise<void>((resolve) => {
    fulfil = resolve;
  });
  const stop = { requested: false, aborted: false, whenAborted };
  return {
    stop,
    abort: () => {
      stop.requested = true;
      stop.aborted = true;
      fulfil();
    },
  };
}
