import { setTimeout as sleep } from "node:timers/promises";
import { provision } from "../support/command.ts";
import { must } from "../support/lab.ts";
import { databases, expectDone, inventory, lab, on } from "./stack.ts";

/** Something that happens to the database while programs use it. */
export interface Fault {
  readonly what: string;
  /** Lets it happen. `leader`: who leads at that moment. Returns when what heals by hand has healed. */
  hurt(leader: string): Promise<void>;
  /** It is part of every run of the tests. */
  readonly always?: true;
  /** It is too little to move the leader. */
  readonly stays?: true;
  /** Seconds of load; default 10. */
  readonly seconds?: number;
}

const keeperProcess = "$(systemctl show -p MainPID --value provision-keeper)";
const othersThan = (leader: string): readonly string[] => databases.filter((name) => name !== leader);

/** Packets of a host's link in one direction vanish for some seconds, from within the host. */
async function cutOneWay(host: string, direction: "input" | "output", seconds: number): Promise<void> {
  const link = direction === "input" ? "iifname" : "oifname";
  await on(
    host,
    `nft 'add table inet cut; add chain inet cut one { type filter hook ${direction} priority -300; }; add rule inet cut one ${link} "host0" drop'`,
  );
  await sleep(seconds * 1000);
  await on(host, "nft delete table inet cut");
}

/** The program of the store, with the certificate of a member of the database. */
const etcdctl = `etcdctl --endpoints=https://$(hostname -I | cut -d' ' -f1):2379 --cacert=/etc/mysql/provision/store-ca.pem --cert=/etc/mysql/provision/store-cert.pem --key=/etc/mysql/provision/store-key.pem`;

/** The voter that leads the store. */
async function leaderOfStore(): Promise<string> {
  const script = `${etcdctl} endpoint status -w json | grep -o '"member_id":[0-9]*\\|"leader":[0-9]*' | cut -d: -f2 | sort -u | wc -l`;
  for (const host of databases) {
    const said = await lab.exec(host, `ETCDCTL_API=3 ${script}`, 10);
    if (said.ok && said.value.stdout.trim() === "1") return host;
  }
  throw new Error("no voter leads the store");
}

const kill = async (host: string): Promise<void> => void (await on(host, "systemctl kill -s KILL mariadb"));

/** What happens to all members at once, for some seconds. */
async function everywhere(seconds: number, begin: string, end: string): Promise<void> {
  await Promise.all(databases.map((host) => on(host, begin)));
  await sleep(seconds * 1000);
  await Promise.all(databases.map((host) => on(host, end)));
}

const loseOneInFifty = ["input", "output"]
  .map(
    (hook) =>
      `add chain inet cut ${hook} { type filter hook ${hook} priority -300; }; add rule inet cut ${hook} numgen random mod 50 < 1 drop`,
  )
  .join("; ");

/** What a busy host and a poor network do, which must not move the leader. */
const nuisances: readonly Fault[] = [
  {
    what: "the leader's host stands still for 1 s",
    hurt: async (leader) => {
      must(await lab.freeze(leader));
      await sleep(1000);
      must(await lab.thaw(leader));
    },
  },
  {
    what: "each member loses one packet in fifty for 8 s",
    hurt: () => everywhere(8, `nft 'add table inet cut; ${loseOneInFifty}'`, "nft delete table inet cut"),
  },
  {
    what: "eight programs compute on the leader's host for 8 s",
    hurt: async (leader) =>
      void (await on(
        leader,
        "for i in 1 2 3 4 5 6 7 8; do timeout 8 sh -c 'while :; do :; done' & done; wait",
      )),
  },
  {
    what: "the leader's disk is busy for 1 s",
    hurt: async (leader) =>
      void (await on(
        leader,
        "for i in 1 2 3 4; do timeout 1 dd if=/dev/zero of=/var/lib/mysql.busy$i bs=1M oflag=dsync 2>/dev/null & done; wait; rm -f /var/lib/mysql.busy*",
      )),
  },
];

/** All that must cost no acknowledged write, with what each does. */
export const faults: readonly Fault[] = [
  ...nuisances.map((one): Fault => ({ ...one, stays: true, seconds: 14 })),
  {
    what: "planned move",
    hurt: async () => expectDone(await provision("switchover", "db", "-i", inventory)),
  },
  {
    what: "the leader's daemon is frozen",
    hurt: async (leader) => void (await on(leader, "systemctl kill -s STOP mariadb")),
  },
  {
    what: "the leader's keeper is frozen",
    hurt: async (leader) => void (await on(leader, `kill -STOP ${keeperProcess}`)),
  },
  {
    what: "the leader's keeper is killed",
    hurt: async (leader) => void (await on(leader, `kill -KILL ${keeperProcess}`)),
  },
  {
    what: "the leader's host is off and back",
    seconds: 19,
    hurt: async (leader) => {
      must(await lab.powerOff(leader));
      await sleep(10_000);
      must(await lab.powerOn(leader));
    },
  },
  {
    what: "the leader's link is cut and back",
    seconds: 19,
    hurt: async (leader) => {
      must(await lab.linkDown(leader));
      await sleep(9000);
      must(await lab.linkUp(leader));
    },
  },
  {
    what: "nothing comes out of the leader's host",
    seconds: 19,
    hurt: (leader) => cutOneWay(leader, "output", 9),
  },
  {
    what: "nothing comes into the leader's host",
    seconds: 19,
    hurt: (leader) => cutOneWay(leader, "input", 9),
  },
  {
    what: "the store's leader is lost with the leader",
    seconds: 22,
    hurt: async (leader) => {
      const voter = await leaderOfStore();
      if (voter !== leader) await on(voter, moveStoreLeader(leader));
      must(await lab.powerOff(leader));
      await sleep(11_000);
      must(await lab.powerOn(leader));
    },
  },
  {
    what: "the store's leader is killed",
    hurt: async () => void (await on(await leaderOfStore(), "systemctl kill -s KILL etcd")),
  },
  {
    what: "the store has no majority for 8 s",
    seconds: 30,
    hurt: async (leader) => {
      await Promise.all(othersThan(leader).map((host) => on(host, "systemctl stop etcd")));
      await sleep(8000);
      await Promise.all(othersThan(leader).map((host) => on(host, "systemctl start --no-block etcd")));
    },
  },
  {
    what: "a replica is off, then the leader's daemon is killed",
    always: true,
    seconds: 18,
    hurt: async (leader) => {
      const [replica = ""] = othersThan(leader);
      must(await lab.powerOff(replica));
      await sleep(6000);
      await kill(leader);
      await sleep(4000);
      must(await lab.powerOn(replica));
    },
  },
  {
    what: "all daemons are killed at once",
    always: true,
    hurt: async () => void (await Promise.all(databases.map(kill))),
  },
  {
    what: "all hosts of the database are off and back",
    seconds: 26,
    hurt: async () => {
      await Promise.all(databases.map(async (host) => must(await lab.powerOff(host))));
      await sleep(2000);
      for (const host of [...databases].sort(() => Math.random() - 0.5)) {
        must(await lab.powerOn(host));
        await sleep(1000);
      }
    },
  },
];

function moveStoreLeader(to: string): string {
  return `export ETCDCTL_API=3; ${etcdctl} move-leader $(${etcdctl} member list | grep ', ${to}, ' | cut -d, -f1)`;
}
