import { BlockList, isIPv4, isIPv6 } from "node:net";
import type { Endpoint, Topology, TopologyHost } from "../../../src/model/topology.ts";

/** Runs a command on a host and gives back what it printed: `TestLab.on` is one. */
export type OnHost = (host: string, command: string) => Promise<string>;

/** `open`: somebody listens and is reached · `refused`: reached, and nobody listens · `filtered`: no answer. */
export type Reach = "open" | "refused" | "filtered";

/** One TCP port of one address. */
export interface Destination {
  readonly address: string;
  readonly port: number;
}

const endpointsOn = (topology: Topology, host: string): readonly Endpoint[] =>
  [...topology.services.values()].flatMap(({ endpoints }) => endpoints.filter((one) => one.host === host));

/**
 * The ports that a host shall listen on, as `tcp 8000`, sorted: `open` to other hosts (with ssh), or on loopback only.
 * VRRP has no ports.
 */
export function expectedPorts(topology: Topology, host: string, ssh = 22) {
  const mine = endpointsOn(topology, host).filter(({ protocol }) => protocol !== "vrrp");
  const named = (endpoints: readonly Endpoint[]): readonly string[] =>
    endpoints.map(({ protocol = "tcp", port }) => `${protocol} ${port}`);
  return {
    open: unique([`tcp ${ssh}`, ...named(mine.filter(({ access }) => access !== "host"))]),
    loopback: unique(named(mine.filter(({ access }) => access === "host"))),
  };
}

/** The ports that a host does listen on, as `ss` has them. A port that listens on any other address counts as open. */
export async function listeningPorts(on: OnHost, host: string) {
  const rows = (await on(host, "ss -Hltnu")).trim().split("\n");
  const found = rows.map((row) => {
    const [protocol = "", , , , local = ""] = row.trim().split(/\s+/);
    const colon = local.lastIndexOf(":");
    const name = `${protocol} ${local.slice(colon + 1)}`;
    return { name, loopback: /^(127\.|\[::1\]|\[::ffff:127\.)/.test(local) };
  });
  const open = unique(found.filter(({ loopback }) => !loopback).map(({ name }) => name));
  const loopback = unique(
    found.filter((one) => one.loopback && !open.includes(one.name)).map(({ name }) => name),
  );
  return { open, loopback };
}

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();

/** Seconds without an answer after which a port counts as filtered: the second SYN, sent after one, is among them. */
const silence = 2.5;

/** Connects to all at once, without waiting for one before the next. perl-base is on every Debian host. */
const prober = `use strict; use Socket qw(:all); use Errno; use Time::HiRes qw(time);
my (%s, %r);
for my $d (@ARGV) {
  my ($host, $port) = $d =~ /^(.*)\\|(\\d+)$/;
  my ($e, $ai) = getaddrinfo($host, $port, {flags => AI_NUMERICHOST, socktype => SOCK_STREAM});
  die "$d: $e" if $e;
  socket(my $f, $ai->{family}, SOCK_STREAM | SOCK_NONBLOCK, 0) or die $!;
  if (connect($f, $ai->{addr})) { $r{$d} = 'open' } elsif ($!{EINPROGRESS}) { $s{$d} = $f } else { $r{$d} = $!{ECONNREFUSED} ? 'refused' : 'filtered' }
}
my $end = time + SECONDS;
while (%s && time < $end) {
  my $w = ''; vec($w, fileno $_, 1) = 1 for values %s;
  select(undef, my $o = $w, undef, $end - time) > 0 or last;
  for my $d (keys %s) {
    next unless vec($o, fileno $s{$d}, 1);
    $! = unpack('i', getsockopt($s{$d}, SOL_SOCKET, SO_ERROR));
    $r{$d} = $! == 0 ? 'open' : $!{ECONNREFUSED} ? 'refused' : 'filtered';
    delete $s{$d};
  }
}
$r{$_} = 'filtered' for keys %s;
print "$_ $r{$_}\\n" for @ARGV;`.replace("SECONDS", String(silence));

/** Tries many TCP ports from one host, in one command and at the same time. In the order given. */
export async function reachAll(
  on: OnHost,
  from: string,
  to: readonly Destination[],
): Promise<readonly Reach[]> {
  if (to.length === 0) return [];
  const words = to.map(({ address, port }) => `'${address}|${port}'`).join(" ");
  const printed = await on(from, `perl -e '${prober.replaceAll("'", `'\\''`)}' -- ${words}`);
  const answers = printed
    .trim()
    .split("\n")
    .map((line) => line.split(" ").at(-1));
  return to.map(({ address, port }, index) => {
    const answer = answers[index];
    if (answer === "open" || answer === "refused" || answer === "filtered") return answer;
    throw new Error(`${from}: no answer about ${address}:${port}: ${printed}`);
  });
}

/** Tries one TCP port of one address from a host. */
export async function reachable(on: OnHost, from: string, { address, port }: Destination): Promise<Reach> {
  const [answer = "filtered"] = await reachAll(on, from, [{ address, port }]);
  return answer;
}

/** Whether a host may connect to a port of another, by what the roles declare and nothing else. */
function isDeclared(topology: Topology, from: TopologyHost, to: string, port: number): boolean {
  const services = endpointsOn(topology, to).filter(
    (one) => one.port === port && (one.protocol ?? "tcp") === "tcp",
  );
  return services.some(({ service, access = "users" }) => {
    if (access === "anyone") return true;
    if (access === "host") return false;
    const uses = from.members.some(({ role }) => topology.needs.get(role)?.includes(service));
    return uses || (typeof access !== "string" && isWithin(from.address, access));
  });
}

function isWithin(address: string, networks: readonly string[]): boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [base = "", prefix] = network.split("/");
    const family = isIPv6(base) ? "ipv6" : "ipv4";
    list.addSubnet(base, Number(prefix ?? (family === "ipv6" ? 128 : 32)), family);
  }
  return list.check(address, isIPv4(address) ? "ipv4" : "ipv6");
}

/**
 * Connects from every host to every other: to all ports of the stack, to ssh, and to one port that nobody declares. Each
 * path that is not as declared, in words; empty = as it shall be. `also`: ports that are open by the inventory's own wish, on any host.
 */
export async function wrongPaths(
  on: OnHost,
  topology: Topology,
  also: readonly number[] = [22],
): Promise<readonly string[]> {
  const endpoints = [...topology.services.values()].flatMap((service) => service.endpoints);
  const declared = endpoints.filter(({ protocol = "tcp" }) => protocol === "tcp").map(({ port }) => port);
  const ports = [...new Set([...declared, ...also, undeclaredPort])].sort((a, b) => a - b);
  const wrong = await Promise.all(
    topology.hosts.map(async (from) => {
      const tries = topology.hosts
        .filter((to) => to !== from)
        .flatMap((to) => ports.map((port) => ({ to: to.host.name, address: to.address, port })));
      const answers = await reachAll(on, from.host.name, tries);
      return tries.flatMap(({ to, port }, index) => {
        const wanted = also.includes(port) || isDeclared(topology, from, to, port) ? "open" : "filtered";
        const answer = answers[index];
        return answer === wanted
          ? []
          : [`${from.host.name} to ${to}:${port} is ${answer}, shall be ${wanted}`];
      });
    }),
  );
  return wrong.flat();
}

/** A port that no service of the stack has (tcpmux, of which nobody has heard for long). */
const undeclaredPort = 1;
