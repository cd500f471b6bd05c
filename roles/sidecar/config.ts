import { type Endpoint, hostPort, Refusal, type RoleContext, type Topology } from "provision";
import { hasIdleClose } from "../haproxy/config.ts";
import { endSessionsAfter, serverName } from "../haproxy/socket.ts";
import { keeperChecks, memberChecks, type Vars } from "./vars.ts";
import { speaksHttp, wayNamed } from "./ways.ts";

/** The socket of the instance. */
export const socket = "/run/sidecar/admin.sock";

/** A server of a way. */
interface Server {
  readonly name: string;
  readonly at: string;
  /** Further words of its line: the port of its check, its limit. */
  readonly more: string;
}

/** The ways of one host. */
export function waysOn(host: string, topology: Topology): readonly Endpoint[] {
  return [...topology.services.values()]
    .flatMap(({ endpoints }) => endpoints)
    .filter((endpoint) => endpoint.host === host && endpoint.role === "sidecar")
    .filter(({ leadsTo }) => leadsTo !== undefined);
}

/** Connections of the whole process. */
export const processConnections = (vars: Vars, ways: readonly Endpoint[]): number =>
  vars.maxConnections * Math.max(1, ways.length) + 100;

/** The values for templates/sidecar/sidecar.cfg.hbs. */
export function configData({
  host,
  vars,
  facts,
  topology,
}: Pick<RoleContext<Vars>, "host" | "vars" | "facts" | "topology">): Readonly<Record<string, unknown>> {
  const ways = waysOn(host.name, topology);
  const all = ways.map((way) => wayData(way, topology));
  const of = (kind: string) => all.filter((way) => way.kind === kind);
  return {
    ...vars,
    socket,
    member: memberChecks(vars),
    keeper: keeperChecks(vars),
    endSessionsAfter: endSessionsAfter(vars.connectTimeout),
    // HAProxy ends a client that says nothing while it waits for a member.
    clientTimeout: vars.responseTimeout + vars.queueTimeout + 10,
    processConnections: processConnections(vars, ways),
    idleClose: hasIdleClose(facts),
    names: ways.map(({ service }) => service),
    http: of("local").filter(({ isHttp }) => isHttp),
    sessions: [...of("local").filter(({ isHttp }) => !isHttp), ...of("writer"), ...of("reader")].length > 0,
    tcp: of("local").filter(({ isHttp }) => !isHttp),
    writers: of("writer"),
    readers: of("reader"),
  };
}

function wayData(way: Endpoint, topology: Topology) {
  const { target = "", kind = "local" } = wayNamed(way.service) ?? {};
  const members = topology.services.get(target)?.endpoints ?? [];
  const users = topology.services.get(way.service)?.endpoints.length ?? 1;
  const servers = members.map((member): Server => {
    const checked = checkedAt(member, topology);
    const port = checked.port === member.port ? "" : ` port ${checked.port}`;
    const limit = limitOf(member, users);
    return {
      name: serverName(member.host),
      at: hostPort(member),
      more: `${port}${limit === undefined ? "" : ` maxconn ${limit}`}`,
    };
  });
  const [first] = members;
  const health = first === undefined ? undefined : checkedAt(first, topology).health;
  return {
    name: way.service,
    kind,
    // Whose checks tell which member leads.
    writer: `${target}-writer`,
    port: way.port,
    isHttp: first !== undefined && speaksHttp(first),
    check: health?.type === "http" && health.tls !== true ? health : { path: "", status: 200 },
    servers,
  };
}

/** The endpoint that tells whether a member is well. */
function checkedAt(member: Endpoint, topology: Topology): Endpoint {
  if (member.checkedAt === undefined) return member;
  const found = topology.services.get(member.checkedAt)?.endpoints.find(({ host }) => host === member.host);
  if (found !== undefined) return found;
  throw new Refusal(`${member.host} provides \`${member.service}\` without \`${member.checkedAt}\``);
}

/**
 * How many requests the sidecar of one host may send a member at the same time. Where a check has to wait for a free worker like
 * every request, the sidecars of all hosts together leave one worker to the checks: else checks time out under load, and
 * every member counts as dead at once.
 */
export function limitOf(
  { concurrency, checkedAt }: Pick<Endpoint, "concurrency" | "checkedAt">,
  users: number,
): number | undefined {
  if (concurrency === undefined || checkedAt !== undefined) return concurrency;
  return Math.max(1, Math.floor((concurrency - 1) / users));
}
