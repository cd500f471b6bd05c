import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Resource } from "../../src/model/resource.ts";
import { directory } from "../../src/resources/directory.ts";
import { exec } from "../../src/resources/exec.ts";
import { file } from "../../src/resources/file.ts";
import type { Stop } from "../../src/run/input.ts";
import type { Session } from "../../src/transport/transport.ts";
import { runEngine, running } from "./support/engine.ts";
import { type TestLab, testLab } from "./support/lab.ts";

let lab: TestLab;

beforeAll(async () => {
  lab = await testLab([{ name: "eng1", address: "10.79.0.21" }]);
});
afterAll(() => lab?.down());

const apply = (resources: readonly Resource[], more = {}) =>
  runEngine({ command: "apply", targets: [lab.target("eng1")], resources: () => resources, ...more });
const check = (resources: readonly Resource[]) =>
  runEngine({ command: "check", targets: [lab.target("eng1")], resources: () => resources });

const many = (count: number): readonly Resource[] => [
  directory("/srv/many"),
  ...Array.from({ length: count }, (_, n) =>
    file(`/srv/many/file ${n}`, { content: `number ${n}\n`, mode: "0640" }),
  ),
];

describe("requests", () => {
  it("of a run without changes do not grow with the number of resources", { timeout: 300_000 }, async () => {
    const counts: number[] = [];
    for (const resources of [many(10), many(500)]) {
      const first = await apply(resources);
      expect(first.summary.hosts[0]).toMatchObject({ outcome: "converged", left: [] });
      const second = await apply(resources);
      expect(second.summary.hosts[0]).toMatchObject({ outcome: "unchanged", done: 0, left: [] });
      counts.push(...second.requests);
    }
    // Lock, facts, observation.
    expect(counts).toEqual([3, 3]);
  });
});

describe("a plan that would remove most of what we manage", () => {
  it("is refused without --force", { timeout: 120_000 }, async () => {
    await apply(many(20));
    const refused = await apply([], { prune: true });
    expect(refused.summary.hosts[0]).toMatchObject({
      outcome: "failed",
      done: 0,
      failure: { code: "refused" },
    });
    expect(await lab.on("eng1", "ls /srv/many | wc -l")).toContain("500");
  });
});

describe("what was last applied", () => {
  const conf = (text: string) => [file("/srv/three.conf", { content: text })];
  const causes = async (resources: readonly Resource[]) =>
    (await check(resources)).summary.hosts[0]?.left.map(({ cause }) => cause);

  it("tells drift from pending change from conflict", async () => {
    expect(await causes(conf("one"))).toEqual(["new"]);
    await apply(conf("one"));
    expect(await causes(conf("one"))).toEqual([]);
    expect(await causes(conf("two"))).toEqual(["pending"]);
    await lab.on("eng1", "echo by hand >/srv/three.conf");
    expect(await causes(conf("one"))).toEqual(["drift"]);
    expect(await causes(conf("two"))).toEqual(["conflict"]);
  });

  it("lets orphans be pruned: ours go, in reverse order; what others put there stays", async () => {
    await lab.on("eng1", "rm -r /srv/* /var/lib/provision");
    const before = await lab.on("eng1", "ls -d /srv/site* 2>/dev/null; ls /etc/motd");
    await lab.on("eng1", "echo theirs >/srv/theirs");
    const kept = file("/srv/theirs", { content: "theirs\n" });
    const vhost = [directory("/srv/site"), file("/srv/site/vhost.conf", { content: "vhost" })];
    await apply([kept, ...vhost]);
    const { summary } = await check([kept]);
    expect(summary.hosts[0]?.left).toEqual([]);
    const pruned = await apply([], { prune: true });
    expect(pruned.summary.hosts[0]).toMatchObject({ outcome: "converged", left: [] });
    expect(await lab.on("eng1", "ls -d /srv/site* 2>/dev/null; ls /etc/motd")).toBe(before);
    expect((await lab.on("eng1", "cat /srv/theirs")).trim()).toBe("theirs");
    const again = await apply([], { prune: true });
    expect(again.summary.hosts[0]).toMatchObject({ outcome: "unchanged", done: 0 });
  });
});

const slow = (seconds: number) =>
  exec("slow", { command: `sleep ${seconds}; touch /srv/slow`, unless: "test -e /srv/slow" });
const after = file("/srv/after-slow", { content: "x" });

describe("a second run on the same host", () => {
  it("is told who holds it, and the lock ends with the holder's connection", async () => {
    await lab.on("eng1", "rm -f /srv/slow");
    let second: Awaited<ReturnType<typeof apply>> | undefined;
    const first = apply([slow(6)], {
      input: { reach: { holder: "alice@laptop, process 7" } },
      onEvent: (event: { type: string }) => {
        if (event.type === "change-started") void apply([after]).then((result) => (second = result));
      },
    });
    expect((await first).summary.hosts[0]?.outcome).toBe("converged");
    await expect.poll(() => second?.summary.hosts[0]?.failure?.code, { timeout: 10_000 }).toBe("locked");
    expect(second?.summary.hosts[0]?.failure?.message).toContain("alice@laptop, process 7");
    expect((await apply([after])).summary.hosts[0]?.outcome).toBe("converged");
  });
});

describe("a run that is stopped", () => {
  const stopAt = async (seconds: number, when: (stop: Stop, sessions: Set<Session>) => void) => {
    await lab.on("eng1", "rm -f /srv/slow /srv/after-slow");
    const stop = running();
    const sessions = new Set<Session>();
    return apply([slow(seconds), after], {
      input: { caller: { stop }, reach: { sessions } },
      onEvent: (event: { type: string }) => {
        if (event.type === "change-started") when(stop, sessions);
      },
    });
  };

  it("finishes the resource in hand and begins no other", async () => {
    const { summary } = await stopAt(2, (stop) => {
      stop.requested = true;
    });
    expect(summary.hosts[0]).toMatchObject({
      outcome: "interrupted",
      done: 1,
      left: [{ id: "file:/srv/after-slow" }],
    });
    expect(await lab.on("eng1", "ls /srv/slow")).toContain("/srv/slow");
  });

  it("leaves nothing running on the host when it is aborted", async () => {
    const { summary } = await stopAt(600, (stop, sessions) => {
      stop.requested = true;
      setTimeout(() => {
        for (const session of sessions) void session.close();
      }, 300);
    });
    expect(summary.hosts[0]?.done).toBe(0);
    expect((await lab.on("eng1", "sleep 1; pgrep -f '[s]leep 600' || true")).trim()).toBe("");
    expect((await lab.on("eng1", "ls /srv/slow 2>/dev/null || true")).trim()).toBe("");
  });
});

describe("what does not come true", () => {
  it("has failed, whatever its exit code was", async () => {
    const lie = exec("lie", { command: "true", unless: "false" });
    const { summary } = await apply([lie]);
    expect(summary.hosts[0]).toMatchObject({ outcome: "failed", failure: { code: "still-different" } });
  });

  it("stays undecided when it cannot be observed, and nothing is done to it", async () => {
    await lab.on("eng1", "mkdir -p /srv/is-a-folder");
    const { summary } = await apply([file("/srv/is-a-folder", { content: "x" })]);
    expect(summary.hosts[0]).toMatchObject({ outcome: "failed", failure: { code: "undecided" } });
  });
});
