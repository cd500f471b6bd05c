import type { Endpoint, MemberContext, Objection, Topology } from "provision";
import type { Vars } from "./vars.ts";
import { kindsTo, wayNamed } from "./ways.ts";

type Context = MemberContext<Vars> & { readonly topology: Topology };

/** Names in `ports` that lead nowhere, and services with too few workers for their users. */
export const objectionsOf = ({ host, vars, topology }: Context): readonly Objection[] => [
  ...unknownWays(vars, topology),
  ...tooManyUsers(host.name, topology),
];

function unknownWays({ ports }: Vars, topology: Topology): readonly Objection[] {
  const first = (name: string): Endpoint | undefined => topology.services.get(name)?.endpoints[0];
  const asked = new Set([...topology.services.keys()].map((name) => first(name)?.checkedAt));
  const known = [...topology.services.keys()]
    .filter((name) => !asked.has(name))
    .flatMap((name) => kindsTo(first(name)).map((kind) => `${name}-${kind}`));
  return Object.keys(ports)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const base = topology.services.has(wayNamed(name)?.target ?? name);
      const why = base ? "a sidecar has no such way to that service" : "no host provides that service";
      return { at: ["ports", name], message: `: ${why}. These exist: ${known.join(", ")}` };
    });
}

/** Each user's sidecar may send at least one request at a time, and one worker is for the checks. */
function tooManyUsers(host: string, topology: Topology): readonly Objection[] {
  return [...topology.services.values()].flatMap(({ name, endpoints: users }): readonly Objection[] => {
    const way = wayNamed(name);
    if (way === undefined || !users.some((user) => user.host === host && user.leadsTo !== undefined))
      return [];
    const small = (topology.services.get(way.target)?.endpoints ?? []).find(
      ({ concurrency, checkedAt }) => checkedAt === undefined && (concurrency ?? Infinity) <= users.length,
    );
    if (small === undefined) return [];
    const { host: member, service, concurrency } = small;
    const message = `: ${member} (${service}) answers ${concurrency} requests at a time, and ${users.length} hosts use it. One more is needed for health checks`;
    return [{ message, hint: `let ${member} answer at least ${users.length + 1} at a time` }];
  });
}
