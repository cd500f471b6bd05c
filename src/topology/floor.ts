import type { Floor, Redundancy } from "../model/topology.ts";

/** Numbers of members of a service that must stay healthy. */
export interface Floors {
  /** While the others are changed. */
  readonly floor: number;
  /** With fewer the service counts as lost: the floor if one is set, else one; of a quorum, a majority. */
  readonly minimum: number;
}

/**
 * The floor of a service with this number of members. `asked`: the floor of each member in the inventory, else in the role;
 * the highest counts. Default: three quarters of the members, rounded up, at least one, at most all but one. Where members
 * decide together (`quorum`), never less than a majority.
 */
export function floorsOf(
  asked: readonly (Floor | undefined)[],
  members: number,
  redundancy: Redundancy,
): Floors {
  const given = asked.flatMap((one) => (one === undefined ? [] : [inMembers(one, members)]));
  const usual = Math.max(1, Math.min(members - 1, Math.ceil(members * 0.75)));
  const least = redundancy === "quorum" ? Math.floor(members / 2) + 1 : 1;
  return {
    floor: Math.max(least, ...given, given.length === 0 ? usual : 1),
    minimum: Math.max(least, ...given),
  };
}

function inMembers(floor: Floor, members: number): number {
  return typeof floor === "number" ? floor : Math.ceil((members * Number.parseInt(floor, 10)) / 100);
}
