import {
  DefaultRenderer,
  ListrDefaultRendererLogLevels as Level,
  Listr,
  type ListrDefaultRendererTask,
  type LoggerFormat,
} from "listr2";
import { paintWith } from "../paint.ts";
import type { StageRow } from "./progress-state.ts";

/** The least milliseconds between two drawings. Without it, the renderer draws on every change of a title or an output. */
const frameMs = 100;

/** The present text of a row. */
export interface RowText {
  readonly title: string;
  /** Under the row. */
  readonly lines: readonly string[];
}

/** Rows on the terminal until all of them have ended. Nothing else may be written there before that. */
export interface Screen {
  /** Call it when a row may have ended. */
  check(): void;
  /** Resolves when all rows have ended and the terminal is free again. */
  readonly done: Promise<void>;
}

interface Shown {
  readonly row: StageRow;
  /** The id that listr2 gives the row, once it has begun. */
  id?: string;
  put?: (text: RowText) => void;
  close?: () => void;
}

const hasEnded = ({ state }: StageRow): boolean => state !== "waiting" && state !== "active";

/** Shows rows on the terminal. Their text is made only for a drawing, so that it costs nothing in between. */
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
      // The run handles signals: listr2 would end the process with changes half done.
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

/** The part of listr2's handle of a row that is used here. */
interface Wrapper {
  readonly task: { readonly id: string };
  title: string;
  output: string | undefined;
  skip(message: string): void;
}

/** The listr2 task of a row. All rows begin at once, and end by events. */
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
      // The lines under a row disappear when it ends. Lines that must stay become part of the title.
      const { title, lines } = textOf(row);
      wrapper.title = [title, ...lines].join("\n");
      if (row.state === "skipped" || row.state === "unreached") wrapper.skip(title);
      // A rejection marks the row as failed. `exitOnError: false` keeps the other rows running.
      if (row.state === "failed") throw new Error(title);
    },
  };
}

/** The default renderer, with a limit on drawings, and with a sign for rows that have not begun. */
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
      // Setting a text requests another drawing. This one shows it already.
      this.#busy = true;
      refresh();
      super.update();
      this.#busy = false;
    }
  };
}

/** By default listr2 reads the environment to decide on colours. Here the options of the report decide. */
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
