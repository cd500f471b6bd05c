import { clip } from "../../base/text.ts";
import type { DrillEvent } from "../../model/drill.ts";
import { verdictWords } from "./lines.ts";

/** A row at the end of the terminal that shows what happens now; faults that are over stay above it. */
export interface LiveRow {
  event(event: DrillEvent): void;
  /** Removes the row. */
  end(): void;
}

/** Milliseconds between two drawings. */
const FRAME = 200;

/** Clears the line that the cursor is in. */
const CLEAR = "\r\u001b[K";

interface Terminal {
  readonly columns: number;
  readonly color: boolean;
  /** How many faults will happen. */
  readonly faults: number;
  write(text: string): void;
}

/** A live row on a terminal. */
export function liveRow({ columns, color, faults, write }: Terminal): LiveRow {
  let [name, what, since, over] = ["", "", performance.now(), 0];
  const draw = (): void => {
    const seconds = ((performance.now() - since) / 1000).toFixed(0);
    write(`${CLEAR}${clip(`${name}  ${what} (${seconds} s)`, columns - 1)}`);
  };
  const timer = setInterval(draw, FRAME);
  const show = (now: string): void => {
    [what, since] = [now, performance.now()];
    draw();
  };
  return {
    event: (event) => {
      if (event.type === "waiting") show(`waits for ${event.what}, at most ${event.seconds} s`);
      else if (event.type === "step") show(event.what);
      else if (event.type === "begun") {
        name = `[${over + 1}/${faults}] ${event.fault.name}`;
        show("under load");
      } else {
        over += 1;
        write(`${CLEAR}${event.verdict.fault}  ${verdictWords(event.verdict, color)}\n`);
      }
    },
    end: () => {
      clearInterval(timer);
      write(CLEAR);
    },
  };
}
