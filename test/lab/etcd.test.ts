import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Ended, root, start } from "./support/command.ts";
import { must, type TestLab, testLab } from "./support/lab.ts";
import { reachable } from "./support/ports.ts";

/*
 * Three voters and a spare host, one voter with Debian 13. The tests follow each other in the life of one store. They print what they
 * have measured.
 */
const addresses = new Map([
  ["s1", "10.79.0.31"],
  ["s2", "10.79.0.32"],
  ["s3", "10.79.0.33"],
  ["s4", "10.79.0.34"],
]);
const addressOf = (name: string): string => addresses.get(name) ?? name;

let lab: TestLab;
beforeAll(async () => {
  lab = await testLab(
    [...addresses].map(([name, address]) => ({
      name,
      address,
      ...(name === "s3" ? { suite: "trixie" } : {}),
    })),
  );
});
afterAll(() => lab?.down());

/** The inventory with these voters; all other hosts have the roles of every host. */
function inventory(voters: readonly string[], vars = "{}"): void {
  const hosts = (names: readonly string[]): string =>
    names.map((name) => `${name}: { ansible_host: ${addressOf(name)} }`).join(", ");
  const others = [...addresses.keys()].filter((name) => !voters.includes(name));
  writeFileSync(
    join(lab.folder, "inventory.yml"),
    `all:
  vars:
    ansible_user: root
    ansible_ssh_private_key_file: lab/id_ed25519
    ansible_ssh_common_args: "-o UserKnownHostsFile=lab/known_hosts"
    roles: [common, firewall, nrpe]
  children:
    store:
      vars: { roles: [common, firewall, nrpe, etcd], etcd: ${vars} }
      hosts: { ${hosts(voters)} }
    rest:
      hosts: { ${hosts(others)} }
`,
  );
}

const run = (...args: readonly string[]): Promise<Ended> =>
  start([...args, "-i", "inventory.yml"], lab.folder).ended;

async function converge(): Promise<Ended> {
  const began = Date.now();
  const ended = await run();
  expect(ended.code, ended.out).toBe(0);
  tell("run", `${((Date.now() - began) / 1000).toFixed(1)} s`);
  return ended;
}

async function nothingToDo(): Promise<void> {
  const { code, out } = await run();
  expect(code, out).toBe(0);
  expect(out).toContain("nothing to change on 4 hosts");
}

const tell = (what: string, figure: string): void =>
  void process.stdout.write(`${expect.getState().currentTestName ?? ""}: ${what} ${figure}\n`);

const curl = (path: string, body: string): string =>
  `curl -q -fsS --max-time 5 --cacert /etc/etcd/ca.pem --cert /etc/etcd/cert.pem --key /etc/etcd/key.pem -d '${body}' https://127.0.0.1:2379/v3/${path}`;

const shape = z.object({
  leader: z.string(),
  members: z.array(z.object({ ID: z.string(), name: z.string(), isLearner: z.boolean().optional() })),
});

/** Voters by the list of one of them, and who leads. */
async function seenBy(host: string): Promise<{ voters: readonly string[]; leader: string }> {
  const status: unknown = JSON.parse(await lab.on(host, curl("maintenance/status", "{}")));
  const list: unknown = JSON.parse(await lab.on(host, curl("cluster/member/list", "{}")));
  const { leader, members } = shape.parse({ ...Object(status), ...Object(list) });
  return {
    voters: members
      .filter(({ isLearner }) => isLearner !== true)
      .map(({ name }) => name)
      .sort(),
    leader: members.find(({ ID }) => ID === leader)?.name ?? "",
  };
}

const check = (host: string, name: string) =>
  lab.lab.exec(host, `su -s /bin/sh nagios -c 'sudo -n /usr/lib/provision/checks ${name}'`, 30).then(must);

async function until(what: () => Promise<boolean>, seconds = 30): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await what())) {
    if (Date.now() > end) throw new Error(`not so after ${seconds} s`);
    await sleep(200);
  }
}

const healthy = async (host: string): Promise<boolean> => {
  const { code } = must(await lab.lab.exec(host, "/usr/lib/provision/checks health-store", 30));
  return code === 0;
};

const figures = z.object({ written: z.number(), attempts: z.number(), longest: z.number() });

/** Lets `work` happen while a program on this voter writes; all that was acknowledged must be there afterwards. */
async function underWrites(
  host: string,
  voters: readonly string[],
  work: () => Promise<void>,
): Promise<z.infer<typeof figures>> {
  const text = readFileSync(join(root, "test/lab/fixtures/etcd-writer.py"), "utf8");
  await lab.on(host, `rm -f /tmp/stop; cat >/tmp/writer.py <<'END'\n${text}END`);
  const urls = voters.map((name) => `https://${addressOf(name)}:2379`).join(" ");
  const writer = lab.on(host, `python3 /tmp/writer.py /tmp/stop ${urls}`);
  try {
    await sleep(1000);
    await work();
    await sleep(1000);
  } finally {
    await lab.on(host, "touch /tmp/stop");
  }
  const seen = figures.parse(JSON.parse(await writer));
  const range = { key: btoa("w"), range_end: btoa("x"), count_only: true };
  const counted = z
    .object({ count: z.string() })
    .parse(JSON.parse(await lab.on(host, curl("kv/range", JSON.stringify(range)))));
  expect(Number(counted.count)).toBeGreaterThanOrEqual(seen.written);
  tell("longest time without a write", `${seen.longest} s, ${seen.written} writes`);
  return seen;
}

const three = ["s1", "s2", "s3"];

describe("a quorum store", () => {
  it("is formed in one run, and the second one finds nothing to do", async () => {
    inventory(three);
    await converge();
    for (const host of three) expect((await seenBy(host)).voters).toEqual(three);
    await nothingToDo();
    const checked = await run("check");
    expect(checked.code, checked.out).toBe(0);
    // What the package would have started is not there.
    for (const host of three) expect((await lab.on(host, "ls /var/lib/etcd")).trim()).toBe("provision");
  });

  it("takes connections from voters only, since nobody else needs it", async () => {
    for (const port of [2379, 2380]) {
      const at = { address: addressOf("s1"), port };
      expect(await reachable(lab.on, "s2", at)).toBe("open");
      expect(await reachable(lab.on, "s4", at)).toBe("filtered");
    }
  });

  it("is well in the eyes of monitoring, which has no rights of its own", async () => {
    const own = "su -s /bin/sh nagios -c '/usr/lib/provision/checks etcd-certificate'";
    expect(await lab.on("s2", own)).toContain("notAfter");
    for (const name of ["health-store", "etcd-voters", "etcd-alarms", "etcd-space"])
      expect(await check("s2", name), name).toMatchObject({ code: 0 });
    expect((await check("s2", "etcd-voters")).stdout).toMatch(/3 of 3 voters answer, s[123] leads/);
  });

  it("goes on when the leader's daemon is killed", async () => {
    const { leader } = await seenBy("s1");
    const writer = three.find((name) => name !== leader) ?? "";
    const seen = await underWrites(writer, three, async () => {
      await lab.on(leader, "systemctl kill -s KILL etcd");
      await sleep(4000);
    });
    expect(seen.longest).toBeLessThan(3);
    await until(() => healthy(leader));
  });

  it("goes on when the leader's host dies, says what is not to spare, and is whole when the host is back", async () => {
    const { leader } = await seenBy("s1");
    const writer = three.find((name) => name !== leader) ?? "";
    const seen = await underWrites(writer, three, async () => {
      must(await lab.lab.powerOff(leader));
      await sleep(4000);
      const said = await check(writer, "etcd-voters");
      expect(said).toMatchObject({
        code: 1,
        stdout: expect.stringContaining(`silent: ${leader}; no voter is to spare`),
      });
      must(await lab.lab.powerOn(leader));
      await until(() => healthy(leader));
    });
    expect(seen.longest).toBeLessThan(3);
    await nothingToDo();
  });

  it("is changed one voter after another, and writes go on", async () => {
    inventory(three, "{ quota: 1024, historyHours: 2 }");
    const seen = await underWrites("s1", three, async () => {
      const { out } = await converge();
      for (const host of three) expect(out).toMatch(new RegExp(`${host} .*unit:etcd`));
    });
    expect(seen.longest).toBeLessThan(3);
    await nothingToDo();
  });

  it("gets a voter back that has lost its disk, by one run", async () => {
    const seen = await underWrites("s1", three, async () => {
      await lab.on("s2", "systemctl stop etcd; rm -rf /var/lib/etcd/provision");
      const { out } = await converge();
      expect(out).toContain("place in the store");
    });
    expect(seen.longest).toBeLessThan(3);
    expect((await seenBy("s2")).voters).toEqual(three);
    await nothingToDo();
  });

  it("starts again in one run when all of it was stopped", async () => {
    for (const host of three) await lab.on(host, "systemctl stop etcd");
    await converge();
    await until(() => healthy("s1"));
  });
});

describe("a voter", () => {
  it("is replaced by another host in one run", async () => {
    inventory(["s1", "s2", "s4"], "{ quota: 1024, historyHours: 2 }");
    const seen = await underWrites("s1", ["s1", "s2"], async () => void (await converge()));
    expect(seen.longest).toBeLessThan(3);
    expect((await seenBy("s4")).voters).toEqual(["s1", "s2", "s4"]);
    await until(async () => (await lab.on("s3", "systemctl is-active etcd || true")).trim() !== "active");
    expect(await lab.on("s3", "ls /var/lib/etcd/provision")).toContain("member");
    await nothingToDo();
  });
});

describe("a majority that is lost", () => {
  it("for a while: reads that take old data go on, nothing is written, and all is well when one voter is back", async () => {
    await lab.on("s1", curl("kv/put", JSON.stringify({ key: btoa("kept"), value: btoa("yes") })));
    for (const host of ["s2", "s4"]) await lab.on(host, "systemctl stop etcd");
    await until(async () => !(await healthy("s1")));
    const key = btoa("kept");
    const read = await lab.on("s1", curl("kv/range", JSON.stringify({ key, serializable: true })));
    expect(read).toContain(btoa("yes"));
    // Another key: what nobody acknowledged may still be written when the majority is back.
    const put = JSON.stringify({ key: btoa("unanswered"), value: btoa("perhaps") });
    const written = must(await lab.lab.exec("s1", curl("kv/put", put), 30));
    expect(written.code).not.toBe(0);
    expect((await check("s1", "etcd-voters")).code).toBe(2);
    await lab.on("s2", "systemctl start etcd");
    const began = Date.now();
    await until(() => healthy("s1"));
    tell("writes were back after", `${((Date.now() - began) / 1000).toFixed(1)} s`);
    await lab.on("s4", "systemctl start etcd");
    await until(() => healthy("s4"));
  });

  it("for good: a person makes the voter that is left a store of its own, and the next run brings the others back", async () => {
    for (const host of ["s2", "s4"])
      await lab.on(host, "systemctl stop etcd; rm -rf /var/lib/etcd/provision");
    await lab.on("s1", forceNewCluster());
    await until(() => healthy("s1"));
    expect((await seenBy("s1")).voters).toEqual(["s1"]);
    await converge();
    expect((await seenBy("s4")).voters).toEqual(["s1", "s2", "s4"]);
    expect(await lab.on("s4", curl("kv/range", JSON.stringify({ key: btoa("kept") })))).toContain(
      btoa("yes"),
    );
    await nothingToDo();
  });

  it("with all data: a run founds no empty store in its place", async () => {
    for (const host of ["s1", "s2", "s4"])
      await lab.on(host, "systemctl stop etcd; mv /var/lib/etcd/provision /var/lib/etcd/kept");
    const { code, out } = await run();
    expect(code, out).toBe(1);
    expect(out).toContain("every voter of the store has lost its data");
    for (const host of ["s1", "s2", "s4"])
      await lab.on(host, "mv /var/lib/etcd/kept /var/lib/etcd/provision");
    await converge();
    await nothingToDo();
  });
});

/** The commands of docs/operations.md, as they stand there. */
function forceNewCluster(): string {
  const page = readFileSync(join(root, "docs/operations.md"), "utf8");
  const block = /```sh\n( *mkdir -p \/run\/provision-etcd\n[\s\S]*?)```/.exec(page)?.[1];
  if (block === undefined) throw new Error("docs/operations.md has no such block");
  return block;
}
