import { pad, widthOf } from "../base/text.ts";
import { wrap } from "../base/wrap.ts";

/** With fewer columns, the last column of the table is left out. */
const leastCheck = 16;

/** Rows with aligned columns. The last column takes the rest of the terminal. */
export function table(rows: readonly (readonly string[])[], columns: number): readonly string[] {
  const [first = []] = rows;
  const widths = first.slice(0, -1).map((_, i) => Math.max(...rows.map((row) => widthOf(row[i] ?? ""))));
  return rows.flatMap((row) => {
    const start = `  ${widths.map((width, i) => pad(row[i] ?? "", width)).join("  ")}  `;
    const room = columns - widthOf(start);
    if (columns > 0 && room < leastCheck) return start.trimEnd();
    return wrap(row.at(-1) ?? "", columns, start, " ".repeat(widthOf(start)));
  });
}
