import type { Picture, PictureTier, Placed } from "../../model/picture.ts";
import type { CardLine } from "./cards.ts";

/** A rectangle, in pixels from the picture's upper left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A box with its text. */
export interface Card extends Box {
  readonly id: string;
  readonly lines: readonly CardLine[];
}

/** A host in a tier: its name, its state and the numbers of its flaws. */
export interface Chip extends Box, Placed {
  readonly lines: readonly CardLine[];
}

/** What stands together: a tier with its hosts and parts, or the ways in. */
export interface Frame extends Card {
  /** Absent for users, who are no part of the stack. */
  readonly tier?: PictureTier;
  readonly cards: readonly Card[];
  readonly chips: readonly Chip[];
}

/** A place on the picture. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** An arrow, bent at right angles. */
export interface Arrow {
  readonly id: string;
  /** Who needs what of whom, in words. */
  readonly words: string;
  readonly points: readonly Point[];
  readonly label?: Card;
}

/** The picture with a place for everything. */
export interface LaidOut {
  readonly picture: Picture;
  readonly width: number;
  readonly height: number;
  readonly frames: readonly Frame[];
  readonly arrows: readonly Arrow[];
}
