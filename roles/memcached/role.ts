import {
  canonicalAddress,
  command,
  defineRole,
  directory,
  file,
  hostPort,
  pkg,
  type Resource,
  type RoleContext,
  unit,
} from "provision";
import { z } from "zod";
import { enoughForThreads, needOpenFiles, openFilesFact, tooFewForThreads } from "../limits.ts";
import { programFile } from "../program-file.ts";

/** An item size such as `1536k` or `2m`, in MiB. */
const mebibytes = (text: string): number => Number.parseInt(text, 10) / (text.endsWith("k") ? 1024 : 1);

const plain = z.strictObject({
  port: z.int().min(1024).max(65535).default(11211).describe("TCP port; UDP is off"),
  listen: z
    .array(z.union([z.ipv4(), z.ipv6()], "not an IP address"))
    .min(1)
    .optional()
    .describe(
      "Addresses that memcached listens on, in addition to loopback. Default: the address at which other hosts reach this one",
    ),
  memory: z.int().min(16).max(1_048_576).default(64).describe("MiB for items"),
  connections: z.int().min(16).max(65535).default(1024).describe("Connections at the same time"),
  threads: z.int().min(1).max(128).default(4).describe("Threads of memcached"),
  itemSize: z
    .string()
    .regex(/^[1-9]\d{0,6}[km]$/, "a number followed by k or m, as 1m")
    .refine(
      (text) => mebibytes(text) <= 1024 && Number.isInteger(mebibytes(text) * 2),
      "must be a multiple of 512k, at most 1024m: memcached accepts no other",
    )
    .default("1m")
    .describe(
      "The largest item, a multiple of 512k, at most half of the memory. Use the same value on all hosts, so that every copy can store every item",
    ),
  refillSeconds: z
    .int()
    .min(10)
    .max(3600)
    .default(300)
    .describe("Seconds that a restarted memcached has to fetch the items of the other copies"),
  tolerance: z
    .int()
    .min(1)
    .max(100)
    .default(10)
    .describe(
      "Difference between the numbers of items of two copies, in percent, above which monitoring warns",
    ),
  evictions: z
    .int()
    .min(0)
    .max(100)
    .default(1)
    .describe("Evicted items, in percent of the stored ones, above which monitoring warns"),
});
const vars = plain
  .refine(({ memory, itemSize }) => mebibytes(itemSize) * 2 <= memory, {
    path: ["itemSize"],
    message: "must be at most half of `memory`",
  })
  .refine(enoughForThreads, tooFewForThreads);
type Vars = z.infer<typeof vars>;
type Context = RoleContext<Vars, "peers">;

const program = "/usr/local/sbin/memcached-copies";
const source = "roles/memcached/files";

/** A cache with a full copy on every member: programs write to all copies, and an empty copy is refilled from the others. */
export const memcached = defineRole({
  name: "memcached",
  tier: "cache",
  summary: "Memcached with a full copy of the cache on each host; an empty copy is refilled from the others",
  vars,
  needs: { peers: "memcached" },
  provides: ({ vars, address }) => ({
    memcached: {
      port: vars.port,
      listen: listened(vars, address),
      health: command(`${program} health`),
      redundancy: "balanced",
      startSeconds: vars.refillSeconds,
      speaks: "memcached",
      failover:
        "Every host has a full copy: when one dies, reads go to the next at once. It comes back empty, and is refilled from the others before the next member is changed.",
      survives: { breaks: "nothing", forgets: true },
    },
  }),
  checks: () => [
    {
      name: "copies",
      summary: "This copy of the cache has about as many items as the others",
      command: `${program} agree`,
    },
    {
      name: "evictions",
      summary: "The cache has room for its items",
      command: `${program} evictions`,
    },
  ],
  assets: () => [source],
  facts: { openFiles: openFilesFact },
  resources: (context) => {
    // It uses few other files.
    needOpenFiles(context.facts, context.vars.connections + 64, "memcached.connections");
    const [config, copies] = configs(context);
    const script = file(program, { content: scriptOf(context), mode: "0755" });
    const refill = file("/etc/systemd/system/memcached-refill.service", {
      content: context.render("memcached-refill.service", {}),
    });
    return [
      pkg("memcached", { heldUnits: ["memcached.service"] }),
      directory("/etc/systemd/system/memcached.service.d"),
      file("/etc/systemd/system/memcached.service.d/restart.conf", {
        content: context.render("restart.conf", {}),
      }),
      config,
      copies,
      script,
      refill,
      // Before memcached, so that systemd knows this unit when memcached starts. Started alone, it waits for memcached.
      unit("memcached-refill.service", { restartOn: [copies, script, refill] }),
      // Only for memcached's own settings, because a restart loses all items.
      unit("memcached.service", { restartOn: [config] }),
    ];
  },
});

function configs({ host, address, vars, needs, render }: Context): readonly [Resource, Resource] {
  const { port, memory, connections, threads, itemSize, tolerance, evictions } = vars;
  const listen = listened(vars, address);
  const peers = needs.peers.filter((peer) => peer.host !== host.name).map(hostPort);
  return [
    file("/etc/memcached.conf", {
      content: render("memcached.conf", { listen, port, memory, connections, threads, itemSize }),
    }),
    file("/etc/memcached-copies.conf", {
      content: render("memcached-copies.conf", { port, peers, tolerance, evictions }),
    }),
  ];
}

const listened = ({ listen }: Vars, address: string): readonly string[] => [
  ...new Set([...(listen ?? [address]).map(canonicalAddress), "127.0.0.1"]),
];

function scriptOf({ asset }: Context) {
  return programFile(asset, source, "memcached-copies");
}
