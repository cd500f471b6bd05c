import {
  command,
  defineRole,
  type Endpoint,
  type Facts,
  file,
  pkg,
  Refusal,
  type Resource,
  type RoleContext,
  unit,
} from "provision";
import { z } from "zod";

const kilobytes = (text: string): number => Number.parseInt(text, 10) * (text.endsWith("m") ? 1024 : 1);

const vars = z.strictObject({
  port: z
    .int()
    .min(1024)
    .max(65535)
    .default(11311)
    .describe("TCP port on the loopback, where the application finds the cache"),
  connections: z.int().min(16).max(65535).default(1024).describe("Connections it takes at the same time"),
  threads: z.int().min(1).max(128).default(2).describe("Threads that serve them"),
  itemSize: z
    .string()
    .regex(/^[1-9]\d{0,6}[km]$/, "a number with k or m behind it, as 1m")
    .refine(
      (text) => kilobytes(text) % 512 === 0 && kilobytes(text) <= 1024 * 1024,
      "512k or a multiple of it, at most 1024m: memcached takes no other",
    )
    .default("1m")
    .describe("The largest item, as in the role memcached"),
  readTimeout: z
    .number()
    .min(0.05)
    .max(10)
    .default(0.3)
    .describe("Seconds a copy of the cache may take to answer before the next one is asked"),
});
type Vars = z.infer<typeof vars>;
type Context = RoleContext<Vars, "copies">;

const [config, service] = ["/etc/cacheproxy.lua", "cacheproxy.service"];
const [source, health] = ["roles/cacheproxy/files", "/usr/local/sbin/cacheproxy-health"];

/** Memcached's own proxy on an app host: what is written goes to every copy, what is read comes from the first that has it. */
export const cacheproxy = defineRole({
  name: "cacheproxy",
  tier: "app",
  summary:
    "Memcached's own proxy on each app host: writes to all copies of the cache, reads from the first that has it",
  vars,
  needs: { copies: "memcached" },
  provides: ({ vars }) => ({
    cache: {
      port: vars.port,
      health: command(`${health} ${vars.port}`),
      redundancy: "balanced",
      access: "host",
      speaks: "memcached",
      failover: "Each app host has its own: with the host goes its proxy, and nobody else's.",
    },
  }),
  assets: () => [source],
  resources: (context) => {
    requireProxy(context.facts.os);
    const { vars, render } = context;
    const { port, connections, threads, itemSize, readTimeout } = vars;
    const copies = copiesOf(context);
    const lua = file(config, {
      content: render("cacheproxy.lua", { copies, readTimeout }),
      check,
    });
    const program = file(`/etc/systemd/system/${service}`, {
      content: render("cacheproxy.service", {
        port,
        // Its `-c` bounds all files: those of its threads too, and their connections to each copy.
        connections: connections + 16 + threads * (8 + copies.length),
        threads,
        itemSize,
        config,
        // It keeps no item, but is to have room for two of the largest.
        memory: Math.max(16, Math.ceil((2 * kilobytes(itemSize)) / 1024)),
      }),
    });
    const script = context.asset(source).get("cacheproxy-health");
    if (script === undefined) throw new Error(`${source} has no cacheproxy-health`);
    return [
      pkg("memcached", { heldUnits: ["memcached.service"] }),
      ...withoutOwnCache(context),
      file(health, { content: script, mode: "0755" }),
      lua,
      program,
      unit(service, { reloadOn: [lua], restartOn: [program] }),
    ];
  },
});

/** What memcached thinks of a configuration is only heard by starting one, on a socket of its own: good is who still runs. */
const check =
  "d=$(mktemp -d) && chown nobody $d && { timeout 1 memcached -u nobody -s $d/socket -m 16 -o proxy_config=%s; code=$?; rm -r $d; [ $code = 124 ]; }";

/** The proxy is part of Debian's package since 13, of Ubuntu's since 25.10. */
function requireProxy({ id, version }: Facts["os"]): void {
  const first = id === "ubuntu" ? 25.1 : 13;
  if (!["debian", "ubuntu"].includes(id) || version === "" || Number.parseFloat(version) >= first) return;
  throw new Refusal(
    `memcached on ${id} ${version} has no proxy (it came with Debian 13 and Ubuntu 25.10): leave the role out, and the application writes to every copy itself`,
  );
}

/** Each app host begins with another copy, so that they share the reading. */
function copiesOf({ host, needs, peers }: Context): readonly Readonly<Record<string, string>>[] {
  const copies = needs.copies.map(({ host: name, address, port }: Endpoint) => ({
    host: name,
    address,
    port: String(port),
  }));
  const first =
    Math.max(
      0,
      peers.findIndex((peer) => peer.host.name === host.name),
    ) % copies.length;
  return [...copies.slice(first), ...copies.slice(0, first)];
}

/** The package brings a cache of its own, which would start at the next boot: only for hosts that are to have one. */
function withoutOwnCache({ host, topology }: Context): readonly Resource[] {
  const members = topology.hosts.find((one) => one.host.name === host.name)?.members ?? [];
  if (members.some(({ role }) => role === "memcached")) return [];
  return [unit("memcached.service", { running: false, enabled: false })];
}
