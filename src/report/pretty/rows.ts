import {
  DefaultRenderer,
  ListrDefaultRendererLogLevels as Level,
  Listr,
  type ListrDefaultRendererTask,
  type LoggerFormat,
} from "listr2";
import { paintWith } from "../paint.ts";
import type { StageRow } from "./progress-state.ts";

/** Least milliseconds between two drawings. The renderer alone draws on every change of a title or an output. */
const frameMs = 100;

/** What a row shows now. */
export interface RowText {
  readonly title: string;
  /** Under the row. */
  readonly lines: readonly string[];
}

/** Rows on the terminal until each of them has ended. While they stand, nothing else may be written there. */
export interface Screen {
  /** To be called when a row may have ended. */
  check(): void;
  /** Resolves when all rows have ended and the terminal is free again. */
  readonly done: Promise<void>;
}

interface Shown {
  readonly row: StageRow;
  /** Set once listr2 has begun the row: its own name for it. */
  id?: string;
  put?: (text: RowText) => void;
  close?: () => void;
}

const hasEnded = ({ state }: StageRow): boolean => state !== "waiting" && state !== "active";

/** Puts rows on the terminal. Their text is asked for anew at every drawing, so that it costs nothing in between. */
export function showRows(
  rows: readonly StageRow[],
  textOf: (row: StageRow) => RowText,
  color: boolean,
): Screen {
  const shown: readonly Shown[] = rows.map((row) => ({ row }));
  const refresh = (): void => {
    for (const { row, put } of shown) if (!hasEnded(row)) put?.(textOf(row));
  };
  const list = new Listr(
    shown.map((one) => taskOf(one, textOf)),
    {
      concurrent: true,
      exitOnError: false,
      // The signal is the run's to handle: listr2 would end the process, with changes half done.
      registerSignalListeners: false,
      renderer: framesOf(shown, refresh, color),
      rendererOptions: {
        formatOutput: "truncate",
        showErrorMessage: false,
        icon: {},
        color: iconColors(color),
      },
      // Without a terminal nothing is drawn.
      fallbackRenderer: "silent",
    },
  );
  return {
    check() {
      for (const { row, close } of shown) if (hasEnded(row)) close?.();
    },
    done: list.run().then(() => undefined),
  };
}

/** What is used of listr2's handle of a row. */
interface Wrapper {
  readonly task: { readonly id: string };
  title: string;
  output: string | undefined;
  skip(message: string): void;
}

/** Rows are begun all at once, and end when the events say so. */
function taskOf(shown: Shown, textOf: (row: StageRow) => RowText) {
  const { row } = shown;
  return {
    title: textOf(row).title,
    rendererOptions: { outputBar: 1 },
    task: async (_: unknown, wrapper: Wrapper): Promise<void> => {
      shown.id = wrapper.task.id;
      shown.put = ({ title, lines }) => {
        const output = lines.join("\n");
        if (wrapper.title !== title) wrapper.title = title;
        if ((wrapper.output ?? "") !== output) wrapper.output = output;
      };
      if (!hasEnded(row)) {
        await new Promise<void>((resolve) => {
          shown.close = resolve;
        });
      }
      // What stands under a row goes when it ends; what shall stay is part of its title.
      const { title, lines } = textOf(row);
      wrapper.title = [title, ...lines].join("\n");
      if (row.state === "skipped" || row.state === "unreached") wrapper.skip(title);
      // listr2 learns by a rejection that a row has failed; with `exitOnError: false` it goes no further.
      if (row.state === "failed") throw new Error(title);
    },
  };
}

/** The default renderer, with a limit to its drawings, and with rows that have not begun shown so. */
function framesOf(shown: readonly Shown[], refresh: () => void, color: boolean): typeof DefaultRenderer {
  return class Frames extends DefaultRenderer {
    #drawn = 0;
    #timer: NodeJS.Timeout | undefined;
    #busy = false;

    override update(): void {
      if (this.#busy || this.#timer !== undefined) return;
      const wait = this.#drawn + frameMs - performance.now();
      if (wait <= 0) this.#draw();
      else this.#timer = setTimeout(() => this.#draw(), wait);
    }

    override end(): void {
      clearTimeout(this.#timer);
      this.#busy = true;
      super.end();
    }

    protected override style(task: ListrDefaultRendererTask, output?: boolean): string {
      const row = shown.find(({ id }) => id === task.id)?.row;
      if (output !== true && row?.state === "waiting") return paintWith(color).dim("◼");
      return super.style(task, output);
    }

    #draw(): void {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#drawn = performance.now();
      // Setting texts asks for another drawing: the one that is under way.
      this.#busy = true;
      refresh();
      super.update();
      this.#busy = false;
    }
  };
}

/** listr2 asks the environment for colours by itself; here the report's options decide. */
function iconColors(color: boolean): Partial<Record<Level, LoggerFormat>> {
  const paint = paintWith(color);
  const plain = Object.fromEntries(Object.values(Level).map((level) => [level, (text: string) => text]));
  return {
    ...plain,
    [Level.PENDING]: paint.yellow,
    [Level.COMPLETED]: paint.green,
    [Level.FAILED]: paint.red,
    [Level.WAITING]: paint.dim,
    [Level.SKIPPED_WITH_COLLAPSE]: paint.dim,
  };
}
