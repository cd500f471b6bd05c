import { Listr, type ListrTaskWrapper } from "listr2";

/** An event of one host of a lab. A `host` without a row is shown in the row of the lab. */
export interface LabProgress {
  readonly host: string;
  readonly step: string;
  /** One line for people. */
  readonly detail?: string;
  readonly ms: number;
}

type Row = Pick<ListrTaskWrapper<unknown, never, never>, "title" | "output">;

/** A row, and the function that ends it, with an error if it failed. */
interface OpenRow {
  readonly show: Row;
  end(failure?: Error): void;
}

/**
 * Shows one live row for each host, and one for the lab, while `work` sends events. `ends`: the steps that end the row of a host.
 * Only for a terminal.
 */
export async function showLab<T>(
  title: string,
  hosts: readonly string[],
  ends: readonly string[],
  work: (onEvent: (event: LabProgress) => void) => Promise<T>,
): Promise<T> {
  const rows = new Map<string, OpenRow>();
  const row = (name: string) => ({
    title: name,
    task: (_context: unknown, show: Row): Promise<void> =>
      new Promise((resolve, reject) => {
        rows.set(name, { show, end: (failure) => (failure ? reject(failure) : resolve()) });
      }),
  });
  const list = new Listr([title, ...hosts].map(row), {
    concurrent: true,
    exitOnError: false,
    rendererOptions: { collapseErrors: false, showErrorMessage: true },
  });
  const shown = list.run();
  try {
    return await work((event) => update(rows, title, ends, event));
  } finally {
    for (const { end } of rows.values()) end();
    await shown;
  }
}

function update(
  rows: ReadonlyMap<string, OpenRow>,
  title: string,
  ends: readonly string[],
  { host, step, detail, ms }: LabProgress,
): void {
  const own = rows.get(host);
  if (own && step === "failed") {
    own.end(new Error(detail ?? step));
    return;
  }
  const { show } = own ?? rows.get(title) ?? {};
  if (!show) return;
  show.output = `${own ? "" : `${host}: `}${step}${detail === undefined ? "" : ` — ${detail}`}`;
  if (!own || !ends.includes(step)) return;
  show.title = `${host}  ${step} (${(ms / 1000).toFixed(1)} s)`;
  own.end();
}
