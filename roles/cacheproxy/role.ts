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
import { programFile } from "../program-file.ts";

const kilobytes = (text: string): number => Number.parseInt(text, 10) * (text.endsWith("m") ? 1024 : 1);

const vars = z.strictObject({
  port: z.int().min(1024).max(65535).default(11311).describe("TCP port on loopback, for the application"),
  connections: z.int().min(16).max(65535).default(1024).describe("Connections at the same time"),
  threads: z.int().min(1).max(128).default(2).describe("Threads of the proxy"),
  itemSize: z
    .string()
    .regex(/^[1-9]\d{0,6}[km]$/, "a number followed by k or m, as 1m")
    .refine(
      (text) => kilobytes(text) % 512 === 0 && kilobytes(text) <= 1024 * 1024,
      "512k or a multiple of it, at most 1024m: memcached accepts no other",
    )
    .default("1m")
    .describe("The largest item; use the value of the role memcached"),
  readTimeout: z
    .number()
    .min(0.05)
    .max(10)
    .default(0.3)
    .describe("Seconds for the answer of a copy until the proxy asks the next copy"),
});
type Vars = z.infer<typeof vars>;
type Context = RoleContext<Vars, "copies">;

const [config, service] = ["/etc/cacheproxy.lua", "cacheproxy.service"];
const [source, health] = ["roles/cacheproxy/files", "/usr/local/sbin/cacheproxy-health"];

/** Memcached's own proxy on an app host: it writes to every copy of the cache, and reads from the first copy with the item. */
export const cacheproxy = defineRole({
  name: "cacheproxy",
  tier: "app",
  summary:
    "Memcached's own proxy on each app host: writes to all copies of the cache, reads from the first with the item",
  vars,
  needs: { copies: "memcached" },
  provides: ({ vars }) => ({
    cache: {
      port: vars.port,
      health: command(`${health} ${vars.port}`),
      redundancy: "balanced",
      access: "host",
      speaks: "memcached",
      failover: "Each app host has its own proxy, which fails only with its host.",
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
        // `-c` limits all open files, also those of the threads and their connections to each copy.
        connections: connections + 16 + threads * (8 + copies.length),
        threads,
        itemSize,
        config,
        // It stores no item, but needs room for two of the largest.
        memory: Math.max(16, Math.ceil((2 * kilobytes(itemSize)) / 1024)),
      }),
    });
    const script = programFile(context.asset, source, "cacheproxy-health");
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

/** memcached checks a configuration only at its start: the check starts one on its own socket, which must still run after 1 s. */
const check =
  "d=$(mktemp -d) && chown nobody $d && { timeout 1 memcached -u nobody -s $d/socket -m 16 -o proxy_config=%s; code=$?; rm -r $d; [ $code = 124 ]; }";

/** The proxy is part of Debian's package since 13, of Ubuntu's since 25.10. */
function requireProxy({ id, version }: Facts["os"]): void {
  const first = id === "ubuntu" ? 25.1 : 13;
  if (!["debian", "ubuntu"].includes(id) || version === "" || Number.parseFloat(version) >= first) return;
  throw new Refusal(
    `memcached on ${id} ${version} has no proxy (Debian 13 and Ubuntu 25.10 are the first with one). Remove the role from the host; the application then writes to every copy itself`,
  );
}

/** Each app host reads from another copy first, so that the copies share the reads. */
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

/** The package contains a cache that would start at the next boot. It is stopped, unless the host has the role `memcached`. */
function withoutOwnCache({ host, topology }: Context): readonly Resource[] {
  const members = topology.hosts.find((one) => one.host.name === host.name)?.members ?? [];
  if (members.some(({ role }) => role === "memcached")) return [];
  return [unit("memcached.service", { running: false, enabled: false })];
}
