import type { Flaw, PartReport } from "./redundancy.ts";

/** The severity of the worst flaw of something in the picture. */
export type Mark = Flaw["severity"];

/** The flaws of something in the picture, by their numbers in `Picture.flaws`, from 1. */
export interface Flawed {
  readonly flaws: readonly number[];
  /** Absent without a flaw. */
  readonly mark?: Mark;
}

/** A difference between a host and its desired state, in the words of `check`. */
export interface SeenChange {
  /** `update unit:nginx.service`. */
  readonly name: string;
  /** Which fields differ, why it is due, and the cause: a phrase each. */
  readonly notes: readonly string[];
}

/** The observed state of a host. A picture of an inventory alone has none. */
export interface HostState {
  /** `drifted`: something was changed on the host. `pending`: it differs only in changes that are not applied yet. */
  readonly word: "converged" | "drifted" | "pending" | "unreachable" | "failed";
  /** Further notes: `leader`, `holds 192.0.2.10`, `update unit:nginx.service`. */
  readonly notes: readonly string[];
  /** In the order of converging. */
  readonly changes?: readonly SeenChange[];
  /** The resources that its roles want, by kind; absent if the facts that they depend on are not known. */
  readonly resources?: readonly { readonly kind: string; readonly names: readonly string[] }[];
  /** Why it is unreachable or failed. */
  readonly failure?: string;
}

/** A host of the picture. */
export interface PictureHost extends Flawed {
  readonly name: string;
  readonly address: string;
  /** In the order of converging. */
  readonly roles: readonly string[];
  /** Its tiers, in the order of the picture. */
  readonly tiers: readonly string[];
  readonly state?: HostState;
}

/** A service of a part. */
export interface PictureService extends Flawed {
  readonly name: string;
  readonly port: number;
  readonly protocol: "tcp" | "udp" | "vrrp";
  readonly hosts: readonly string[];
}

/** A role in its tier. */
export interface PicturePart {
  readonly role: string;
  readonly tier: string;
  /** In inventory order. */
  readonly hosts: readonly string[];
  readonly services: readonly PictureService[];
  /** Services of the role that its members need from each other. */
  readonly among: readonly string[];
  /** How it survives the loss of a host; absent for roles that serve only their own host. */
  readonly report?: PartReport;
}

/** A host in one tier, with its flaws there. */
export interface Placed extends Flawed {
  readonly name: string;
}

/** A tier. The last one, `base`, shows only hosts that stand in no other tier. */
export interface PictureTier extends Flawed {
  readonly tier: string;
  readonly parts: readonly PicturePart[];
  readonly hosts: readonly Placed[];
}

/** An arrow: one role uses services of another. */
export interface PictureNeed {
  readonly from: string;
  readonly to: string;
  readonly services: readonly string[];
}

/** An address that moves between hosts. */
export interface PictureAddress extends Flawed {
  readonly address: string;
  readonly hosts: readonly string[];
  /** Roles whose service moves with it. */
  readonly roles: readonly string[];
}

/** A flaw, and its number. */
export interface PictureFlaw extends Flaw {
  readonly number: number;
}

/** What a diagram of the stack shows. It holds no positions: the layout decides them. */
export interface Picture {
  readonly hosts: readonly PictureHost[];
  /** From the user inwards, the base last. */
  readonly tiers: readonly PictureTier[];
  readonly needs: readonly PictureNeed[];
  readonly addresses: readonly PictureAddress[];
  /** Roles that take connections from outside at their hosts' own addresses. */
  readonly open: readonly string[];
  readonly flaws: readonly PictureFlaw[];
  /** When the hosts were observed, for people; absent without observed hosts. */
  readonly seen?: string;
}
