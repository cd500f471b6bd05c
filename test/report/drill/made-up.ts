import type { DrillRecord, KindFigures, LoadSecond, Verdict, Way } from "../../../src/model/drill.ts";

/** Seconds from the begin of one fault to the next. */
const every = 34;

const figures = (sent: number, gap: number, failed: KindFigures["failed"] = {}): KindFigures => ({
  sent,
  failed,
  late: 0,
  interval: 0.05,
  gap,
  slowest: 0.031 + gap,
});

const kept: Verdict = {
  fault: "sql: leader killed",
  service: "sql",
  tier: "db",
  way: "killed",
  round: 1,
  hit: ["db1"],
  begun: 8,
  healed: 20.2,
  whole: 27.4,
  promise: { reads: 2.5, writes: 2.5, fails: "writes", stays: false },
  kinds: {
    read: figures(4210, 0.05),
    own: figures(1203, 0.68),
    cached: figures(2040, 0.02),
    write: figures(1203, 0.75, { "502 Bad Gateway": 2, timeout: 1 }),
  },
  missing: [],
  stale: [],
  lostKeys: 0,
  moves: ["sql: db1 → db2"],
  strayed: [],
  alerts: ["db1/mariadb CRITICAL: connection refused"],
  left: [],
  helped: [],
  broken: [],
};

/** A fault that keeps all promises, but for what a test changes. */
export const verdict = (changed: Partial<Verdict> = {}): Verdict => ({ ...kept, ...changed });

/** A drill of one fault that keeps all promises, but for what a test changes. */
export const drill = (changed: Partial<DrillRecord> = {}): DrillRecord => ({
  version: 1,
  date: "2026-11-24T01:02:03.456Z",
  inventory: ["inventories/lab.yml"],
  seed: 4711,
  url: "https://10.77.0.10/notes",
  judgesWrites: true,
  acknowledged: 4512,
  ledger: "/var/tmp/drill-ledger",
  verdicts: [verdict()],
  untried: [],
  load: loadOf([verdict()]),
  ...changed,
});

/** About 80 requests a second around each fault. Some fail at its begin; of some faults no request ends for a second. */
function loadOf(verdicts: readonly Verdict[]): readonly LoadSecond[] {
  return verdicts.flatMap(({ begun, healed }, i) => {
    const [first, last] = [Math.floor(begun) - 2, Math.floor(healed) + 1];
    return Array.from({ length: last - first + 1 }, (_, n) => loadSecond(first + n, n - 2, i)).flat();
  });
}

/** `since`: seconds since the fault began. */
function loadSecond(at: number, since: number, fault: number): readonly LoadSecond[] {
  const answered = Math.round(76 + 5 * Math.sin(at / 3) - ((at * 37) % 7));
  if (since < 0 || since > 2) return [{ at, answered, failed: 0, slowest: 12 + (at % 9) }];
  if (since === 1 && fault % 3 === 0) return [];
  const failed = since === 2 ? 0 : (at * 13) % 12;
  return [{ at, answered: since === 0 ? 31 : 64, failed, slowest: 740 }];
}

const faults: readonly (readonly [name: string, way: Way, hit: readonly string[]])[] = [
  ["sql: leader killed", "killed", ["db1"]],
  ["sql: leader's host without power", "off", ["db2"]],
  ["sql: follower frozen", "frozen", ["db3"]],
  ["etcd: leader cut off", "cut", ["etcd2.internal.example.org"]],
  ["http of haproxy: holder of 10.77.0.10 stopped", "stopped", ["lb1"]],
  ["wsgi: member killed", "killed", ["app2"]],
  ["memcached: all restarted", "restarted", ["cache1", "cache2", "cache3"]],
  ["sql: all hosts lose packets", "lossy", ["db1", "db2", "db3"]],
];

/** A drill with so many faults: most keep their promises, and each thing that can go wrong is there. */
export function madeUp(count: number): DrillRecord {
  const verdicts = Array.from({ length: count }, (_, i): Verdict => {
    const [fault, way, hit] = faults[i % faults.length] ?? ["", "killed", []];
    const begun = 6.3 + i * every;
    const healed = begun + 8 + (i % 5);
    const round = 1 + Math.floor(i / faults.length);
    const plain = verdict({ fault, way, hit, round, begun, healed, whole: healed + 2 + (i % 7) * 1.7 });
    return { ...plain, ...(i === count - 1 ? lossy : i % 11 === 3 ? late : {}) };
  });
  return drill({
    verdicts,
    load: loadOf(verdicts),
    untried: [
      { fault: "nagios: all killed", why: "monitoring is on one host: nobody would send its alert" },
      { fault: "http: all cut", why: "the drill would lose its own way to the hosts" },
      { fault: "sql: all cut", why: "the drill would lose its own way to the hosts" },
    ],
    stopped: `${verdicts.at(-1)?.fault}: acknowledged writes are missing`,
  });
}

const late: Partial<Verdict> = {
  promise: { reads: 0.5, writes: 4, fails: "nothing", stays: true },
  broken: [
    "0.68 s without a read, not 0.5",
    "write: 2 × 502 Bad Gateway, 1 × timeout",
    "moved, but must not: sql: db1 → db2",
  ],
};

const lossy: Partial<Verdict> = {
  whole: undefined,
  missing: Array.from(
    { length: 14 },
    (_, i) => `db${2 + (i % 2)}: 0f8fad5b-d9cb-469f-a165-70867728950${i >> 1}`,
  ),
  stale: ["0f8fad5b-d9cb-469f-a165-70867728950e after 0.31 s"],
  lostKeys: 2,
  left: ["db3: mysql replication: CRITICAL: error 1236, the leader has purged the logs that it needs"],
  helped: ["db1: started mariadb.service"],
  broken: [
    "14 acknowledged writes are missing: db2: 0f8fad5b-d9cb-469f-a165-708677289500, db3: 0f8fad5b-d9cb-469f-a165-708677289500, db2: 0f8fad5b-d9cb-469f-a165-708677289501 and 11 more",
    "1 reads did not show a write that was acknowledged before: 0f8fad5b-d9cb-469f-a165-70867728950e after 0.31 s",
    "2 keys of the cache are lost",
    "it did not become whole again",
    "needed help: db1: started mariadb.service",
  ],
};
