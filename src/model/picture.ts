import type { Flaw, PartReport } from "./redundancy.ts";

/** How bad the worst flaw of a thing is; a sound thing has none. */
export type Mark = Flaw["severity"];

/** What is wrong with one thing of the picture: numbers of its flaws in `Picture.flaws`, from 1. */
export interface Flawed {
  readonly flaws: readonly number[];
  /** Absent where nothing is wrong. */
  readonly mark?: Mark;
}

/** A difference between a host and what it shall be, in the words of `check`. */
export interface SeenChange {
  /** `update unit:nginx.service`. */
  readonly name: string;
  /** Which fields differ, why it is due, who left the desired state: a phrase each. */
  readonly notes: readonly string[];
}

/** What a look at a host has shown. A picture of an inventory alone has none. */
export interface HostState {
  /** `drifted`: something was changed on the host. `pending`: it differs only by what has not been applied to it yet. */
  readonly word: "converged" | "drifted" | "pending" | "unreachable" | "failed";
  /** What else is to be said: `primary`, `holds 192.0.2.10`, `update unit:nginx.service`. */
  readonly notes: readonly string[];
  /** In the order in which they would be made. */
  readonly changes?: readonly SeenChange[];
  /** What its roles want there, by kind; absent where the host has not told what that depends on. */
  readonly resources?: readonly { readonly kind: string; readonly names: readonly string[] }[];
  /** Why it is unreachable or failed. */
  readonly failure?: string;
}

/** A host, wherever it stands in the picture. */
export interface PictureHost extends Flawed {
  readonly name: string;
  readonly address: string;
  /** In the order of converging. */
  readonly roles: readonly string[];
  /** Tiers it stands in, as the picture orders them. */
  readonly tiers: readonly string[];
  readonly state?: HostState;
}

/** A service, in the part that provides it. */
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
  /** Services of its own that its members need of each other. */
  readonly among: readonly string[];
  /** How it survives the loss of a host; absent for roles that serve their own host only. */
  readonly report?: PartReport;
}

/** A host in one tier: the flaws it has there. */
export interface Placed extends Flawed {
  readonly name: string;
}

/** A tier. `base`, the last one, shows those hosts only that stand in no other tier. */
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

/** The stack as it is drawn. Says what there is, not where it stands on paper. */
export interface Picture {
  readonly hosts: readonly PictureHost[];
  /** From the user inwards, the base last. */
  readonly tiers: readonly PictureTier[];
  readonly needs: readonly PictureNeed[];
  readonly addresses: readonly PictureAddress[];
  /** Roles that take connections from outside at their hosts' own addresses. */
  readonly open: readonly string[];
  readonly flaws: readonly PictureFlaw[];
  /** When hosts were looked at, for people; absent where none was. */
  readonly seen?: string;
}
