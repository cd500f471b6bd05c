import type { Source } from "./source.ts";
import type { Redundancy } from "./topology.ts";

/** Whom a role serves, which decides what the loss of a member means. */
export type Scope =
  | "stack" // other hosts or the world: it must outlive a member
  | "host" // the roles of its own host, whose fate it shares
  | "agent"; // monitoring, which looks at its own host through it

/** An address that moves from host to host, and the hosts that can carry it. */
export interface FloatingAddress {
  readonly address: string;
  readonly hosts: readonly string[];
}

/** One service of the stack, and what the loss of a member does to it. */
export interface ServiceReport {
  readonly name: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp" | "vrrp";
  readonly redundancy: Redundancy;
  /** Hosts with an endpoint, in inventory order. */
  readonly hosts: readonly string[];
  /** How many members must stay healthy while others are changed. */
  readonly floor: number;
  /** With fewer it counts as lost: the floor where one was asked for, else 1; of a quorum, a majority at least. */
  readonly minimum: number;
  /** How many hosts decide together, a tie-breaker of the tier among them. 0: no majority is needed. */
  readonly voters: number;
  /** How many members may be lost at the same time. */
  readonly spare: number;
  readonly floating: readonly FloatingAddress[];
  readonly access: "users" | "host" | "anyone" | readonly string[];
  /** Roles that use it, its own among them where the members need each other. */
  readonly users: readonly string[];
  /** How the members share the work, in plain words: one sentence. */
  readonly shape: string;
  /** How it is found out that a member is not well, in plain words: a phrase. */
  readonly check: string;
  /** What happens when a member dies, and how fast: sentences. */
  readonly loss: string;
  /** The times that `loss` names, as written there: `0.6 s`. */
  readonly times: readonly string[];
}

/** What one role adds to its tier. Its services live and die together; the first is what it is there for. */
export interface PartReport {
  readonly tier: string;
  readonly role: string;
  readonly scope: Scope;
  /** Hosts that play the role, in inventory order. */
  readonly hosts: readonly string[];
  readonly services: readonly ServiceReport[];
}

/** A tier, and how each part of it survives the loss of a host. */
export interface TierReport {
  readonly tier: string;
  readonly parts: readonly PartReport[];
}

/** Why a service does not survive what a redundant stack must. */
type FlawKind =
  | "one-member" // it runs on one host
  | "floor" // with one member lost, fewer are left than must stay
  | "voters" // no majority is left when one voter is lost
  | "one-place" // members share a machine or a rack
  | "fixed-address" // a floating address that one host only can carry
  | "no-floating-address" // users have to name one of its hosts
  | "no-endpoint" // a user finds no endpoint where it may look for one
  | "unchecked"; // nobody notices when it dies

/** One thing whose loss the stack does not survive as it should, and the line of the inventory to begin at. */
export interface Flaw {
  readonly kind: FlawKind;
  /** `outage`: the loss of one thing stops a service. `risk`: nothing stops at once, yet the redundancy is not what it seems. */
  readonly severity: "outage" | "risk";
  readonly tiers: readonly string[];
  readonly services: readonly string[];
  readonly hosts: readonly string[];
  /** What is wrong, why it matters, what to do about it: a sentence each, without a full stop. */
  readonly what: string;
  readonly why: string;
  readonly remedy: string;
  readonly source: Source;
}

/** Worth knowing, and no flaw. */
export interface Note {
  readonly message: string;
  readonly source?: Source;
}

/** All that `provision explain` tells. */
export interface RedundancyReport {
  /** How many hosts play a role. */
  readonly hosts: number;
  readonly tiers: readonly TierReport[];
  /** Roles of the tier `base`: every host has its own, and nothing depends on them from outside. */
  readonly base: readonly string[];
  readonly flaws: readonly Flaw[];
  /** What the inventory leaves open. */
  readonly notes: readonly Note[];
  /** What all hosts share, and no inventory can tell of. */
  readonly outside: readonly string[];
}
