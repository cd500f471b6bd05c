import { type CarryContext, command, type Endpoint, http, type Provided, type ServiceSpec } from "provision";
import { endSessionsAfter } from "../haproxy/socket.ts";
import { detection, keeperChecks, memberChecks, seconds, type Vars } from "./vars.ts";

/** How a way leads to the members of a service: to any healthy one, to the leader, to the copies. */
type Kind = "local" | "writer" | "reader";

const kinds: readonly Kind[] = ["local", "writer", "reader"];

/** The service and the kind that the name of a way says: `sql-writer` leads to the leader of `sql`. */
export function wayNamed(name: string): { readonly target: string; readonly kind: Kind } | undefined {
  const [, target, end] = /^([a-z][a-z0-9-]*)-([a-z]+)$/.exec(name) ?? [];
  const kind = kinds.find((one) => one === end);
  return target === undefined || kind === undefined ? undefined : { target, kind };
}

/** The kinds of ways that lead to a service, as its members declare it. */
export function kindsTo(member: Endpoint | undefined): readonly Kind[] {
  if (member === undefined || member.access === "host" || (member.protocol ?? "tcp") !== "tcp") return [];
  if (member.redundancy === "replicated") return member.checkedAt === undefined ? [] : ["writer", "reader"];
  return member.redundancy === "standby" ? [] : ["local"];
}

/** Whether a proxy can tell one request from the next, and so send one that failed to another member. */
export const speaksHttp = ({ health, speaks = "http" }: Endpoint): boolean =>
  speaks === "http" && health.type === "http" && health.tls !== true;

/** The services that the role provides on one host. Who reads from copies reads from the leader without copies: both, or none. */
export function provided({ vars, asked, services }: CarryContext<Vars>): Provided {
  const targets = new Set(asked.flatMap((name) => wayNamed(name)?.target ?? []));
  const ways = [...targets].flatMap((target) => {
    const member = services.get(target)?.endpoints[0];
    const known = kindsTo(member);
    if (member === undefined || !known.some((kind) => asked.includes(`${target}-${kind}`))) return [];
    return known.map((kind) => [`${target}-${kind}`, wayTo(member, kind, vars)] as const);
  });
  return Object.fromEntries(ways);
}

/** The service of the role itself: well while its daemon runs. */
export const own = ({ statusPort }: Vars): ServiceSpec => ({
  port: statusPort,
  portFrom: "statusPort",
  health: http("/"),
  redundancy: "balanced",
  access: "host",
  failover: "It fails only with its host, and systemd starts it again.",
});

/** A path of the status port. */
const statusOf = (path: string, { statusPort }: Vars): string =>
  `curl -q --noproxy '*' -fsS --max-time 3 http://127.0.0.1:${statusPort}/${path}`;

function wayTo(member: Endpoint, kind: Kind, vars: Vars): ServiceSpec {
  const { service, checkedAt, speaks } = member;
  const name = `${service}-${kind}`;
  return {
    port: vars.ports[name] ?? defaultPort(member.port, kind),
    portFrom: `ports.${name}`,
    access: "host",
    redundancy: "balanced",
    leadsTo: [service, ...(checkedAt === undefined ? [] : [checkedAt])],
    health: command(statusOf(name, vars)),
    failover: failoverWords(member, kind, vars),
    ...(speaks === undefined ? {} : { speaks }),
  };
}

function defaultPort(port: number, kind: Kind): number {
  const near = kind === "reader" ? port + 1 : port;
  return near + 10_000 > 65_535 ? near - 10_000 : near + 10_000;
}

function failoverWords(member: Endpoint, kind: Kind, vars: Vars): string {
  const outAfter = detection(kind === "local" ? memberChecks(vars) : keeperChecks(vars));
  const out = seconds(outAfter);
  const bad = "A member that is dead, frozen, cut off or drained";
  switch (kind) {
    case "writer":
      return `Writes follow the leader: a new one is found, and sessions to the old one are ended, within ${out} s.`;
    case "reader":
      return `A replica that is dead, frozen, cut off or more than ${vars.maxLag} s behind gets no reads after ${out} s; without replicas the leader answers reads.`;
    case "local":
      return speaksHttp(member)
        ? `${bad} gets no requests after ${out} s. A GET that waits for it is sent to another member after ${seconds(outAfter + endSessionsAfter(vars.connectTimeout))} s; a POST is never sent twice.`
        : `${bad} gets no connections after ${out} s, and its sessions are ended.`;
    default:
      throw new Error(`no such way: ${String(kind satisfies never)}`);
  }
}
