import type { Measured } from "./drill.ts";
import type { Source } from "./source.ts";
import type { Redundancy } from "./topology.ts";

/** Whom a role serves. It decides what the loss of a member means. */
export type Scope =
  | "stack" // other hosts or the world: it must survive the loss of a member
  | "host" // the roles of its own host: they are lost together
  | "agent"; // monitoring, which observes the host through it

/** An address that moves between hosts, and the hosts that can hold it. */
export interface FloatingAddress {
  readonly address: string;
  readonly hosts: readonly string[];
}

/** A proxy on the hosts of its users through which they reach a service. */
export interface WayReport {
  readonly name: string;
  readonly port: number;
  readonly hosts: readonly string[];
  readonly users: readonly string[];
  readonly check: string;
  /** What its users notice when a member dies, and how fast: sentences. */
  readonly loss: string;
  readonly times: readonly string[];
}

/** One service of the stack, and how it survives the loss of a member. */
export interface ServiceReport {
  readonly name: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp" | "vrrp";
  readonly redundancy: Redundancy;
  /** Hosts with an endpoint, in inventory order. */
  readonly hosts: readonly string[];
  /** How many members must stay healthy while others are changed. */
  readonly floor: number;
  /** With fewer members the service counts as lost: the floor if one is configured, else 1; of a quorum, at least a majority. */
  readonly minimum: number;
  /** How many hosts vote, including a tie-breaker of the tier. 0: no majority is needed. */
  readonly voters: number;
  /** How many members may be lost at the same time. */
  readonly spare: number;
  readonly floating: readonly FloatingAddress[];
  readonly access: "users" | "host" | "anyone" | readonly string[];
  /** Roles that use it, including the service's own role if its members need each other. */
  readonly users: readonly string[];
  /** How the members share the work, for people: one sentence. */
  readonly shape: string;
  /** How a failed member is detected, for people: a phrase. */
  readonly check: string;
  /** What happens when a member dies, and how fast: sentences. */
  readonly loss: string;
  /** The times in `loss`, as written there: `0.6 s`. */
  readonly times: readonly string[];
  /** The proxies that lead to it and that are named after it first. */
  readonly ways: readonly WayReport[];
}

/** One role in its tier. Its services are lost together; the first one is its main service. */
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

/** Why a service does not survive a loss that a redundant stack must survive. */
type FlawKind =
  | "one-member" // it runs on one host
  | "floor" // the loss of one member leaves fewer than the minimum
  | "voters" // the loss of one voter leaves no majority
  | "one-place" // members share a machine or a rack
  | "fixed-address" // only one host can hold a floating address
  | "no-floating-address" // users must connect to one of its hosts
  | "no-endpoint" // a user has no endpoint that it can reach
  | "unchecked"; // nobody notices when it dies

/** One weakness of the stack, and the line of the inventory where it starts. */
export interface Flaw {
  readonly kind: FlawKind;
  /** `outage`: one loss stops a service. `risk`: no service stops at once, but the redundancy is less than it seems. */
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

/** A remark that is not a flaw. */
export interface Note {
  readonly message: string;
  readonly source?: Source;
}

/** All that `provision explain` shows. */
export interface RedundancyReport {
  /** How many hosts play a role. */
  readonly hosts: number;
  readonly tiers: readonly TierReport[];
  /** Roles of the tier `base`. Each serves only its own host. */
  readonly base: readonly string[];
  readonly flaws: readonly Flaw[];
  /** What the inventory leaves open. */
  readonly notes: readonly Note[];
  /** What all hosts share, and an inventory cannot describe. */
  readonly outside: readonly string[];
  /** What a drill has measured of it. */
  readonly measured?: Measured;
}
