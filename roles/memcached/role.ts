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

/** MiB of an item size that is written as `1536k` or `2m`. */
const mebibytes = (text: string): number => Number.parseInt(text, 10) / (text.endsWith("k") ? 1024 : 1);

const plain = z.strictObject({
  port: z.int().min(1024).max(65535).default(11211).describe("TCP port; UDP is off"),
  listen: z
    .array(z.union([z.ipv4(), z.ipv6()], "not an IP address"))
    .min(1)
    .optional()
    .describe(
      "Addresses it listens on, beside the loopback. Default: the one that other hosts reach this one by",
    ),
  memory: z.int().min(16).max(1_048_576).default(64).describe("MiB for items"),
  connections: z.int().min(16).max(65535).default(1024).describe("Connections it takes at the same time"),
  threads: z.int().min(1).max(128).default(4).describe("Threads that serve them"),
  itemSize: z
    .string()
    .regex(/^[1-9]\d{0,6}[km]$/, "a number with k or m behind it, as 1m")
    .refine(
      (text) => mebibytes(text) <= 1024 && Number.isInteger(mebibytes(text) * 2),
      "memcached takes multiples of 512k only, up to 1024m",
    )
    .default("1m")
    .describe(
      "The largest item, a multiple of 512k, at most half of the memory. The same on all hosts, or a copy cannot take what another holds",
    ),
  refillSeconds: z
    .int()
    .min(10)
    .max(3600)
    .default(300)
    .describe("Seconds a memcached that was restarted is given to fetch what the other copies hold"),
  tolerance: z
    .int()
    .min(1)
    .max(100)
    .default(10)
    .describe("Percent by which the numbers of items of two copies may differ before monitoring warns"),
  evictions: z
    .int()
    .min(0)
    .max(100)
    .default(1)
    .describe("Percent of stored items that may have given way to others before monitoring warns"),
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

/** A cache of which every member holds a copy: whoever writes, writes to all; who comes back empty is filled by the rest. */
export const memcached = defineRole({
  name: "memcached",
  tier: "cache",
  summary:
    "Memcached with a copy of everything on each host; one that comes back empty is filled from the others",
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
        "Every host holds a copy of everything: when one dies, reads go to the next at once. It comes back empty, and is filled from the others before another one is touched.",
    },
  }),
  checks: () => [
    {
      name: "copies",
      summary: "This copy of the cache holds about as many items as the others",
      command: `${program} agree`,
    },
    {
      name: "evictions",
      summary: "The cache has room for what is stored in it",
      command: `${program} evictions`,
    },
  ],
  assets: () => [source],
  facts: { openFiles: openFilesFact },
  resources: (context) => {
    // Its own files beside the connections are few.
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
      // Before memcached, so that systemd has read what it is to do when that starts. Alone it waits for it.
      unit("memcached-refill.service", { restartOn: [copies, script, refill] }),
      // Only what memcached itself reads: a restart costs it all it holds.
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
  const script = asset(source).get("memcached-copies");
  if (script === undefined) throw new Error(`${source} has no memcached-copies`);
  return script;
}
