import type { Picture, PictureTier, Placed } from "../../model/picture.ts";
import type { CardLine } from "./cards.ts";

/** A rectangle, in pixels from the upper left corner of the picture. */
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

/** A tier with its hosts and parts, or the addresses for users. */
export interface Frame extends Card {
  /** Absent for users, who are not part of the stack. */
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
  /** Which role needs which services of which role, for people. */
  readonly words: string;
  readonly points: readonly Point[];
  readonly label?: Card;
}

/** The picture with all positions. */
export interface LaidOut {
  readonly picture: Picture;
  readonly width: number;
  readonly height: number;
  readonly frames: readonly Frame[];
  readonly arrows: readonly Arrow[];
}
