/** Transactions by their origin: a replication domain of MariaDB, or a server of MySQL. */
type Position = ReadonlyMap<string, readonly Span[]>;

/** Numbers from first to last. `by`: the server that wrote the last one (MariaDB). */
interface Span {
  readonly first: bigint;
  readonly last: bigint;
  readonly by: string;
}

/** `0-41-7,1-42-3` of MariaDB, `UUID:1-5:7,UUID:1-2` of MySQL, or nothing. `undefined`: none of these. */
function parsePosition(text: string): Position | undefined {
  const found = new Map<string, readonly Span[]>();
  for (const part of text.replaceAll(/\\n|\s/g, "").split(",")) {
    if (part === "") continue;
    const domain = /^(\d+)-(\d+)-(\d+)$/.exec(part);
    const set =
      /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?::[a-z_][a-z0-9_]*)?)((?::\d+(?:-\d+)?)+)$/i.exec(part);
    if (domain !== null) {
      const [, name = "", by = "", last = "0"] = domain;
      found.set(name, [{ first: 1n, last: BigInt(last), by }]);
    } else if (set !== null) {
      const [, name = "", ranges = ""] = set;
      found.set(name, joined([...(found.get(name) ?? []), ...ranges.slice(1).split(":").map(spanOf)]));
    } else return undefined;
  }
  return found;
}

function spanOf(range: string): Span {
  const [first = "0", last = first] = range.split("-");
  return { first: BigInt(first), last: BigInt(last), by: "" };
}

function joined(spans: readonly Span[]): readonly Span[] {
  const all: Span[] = [];
  for (const span of [...spans].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    const last = all.at(-1);
    if (last === undefined || span.first > last.last + 1n) all.push(span);
    else if (span.last > last.last) all.splice(-1, 1, { ...last, last: span.last, by: span.by });
  }
  return all;
}

/** The union of two positions: applied and received transactions. */
export function union(a: string, b: string): string | undefined {
  const [one, other] = [parsePosition(a), parsePosition(b)];
  if (one === undefined || other === undefined) return undefined;
  const all = new Map(one);
  for (const [name, spans] of other) all.set(name, joined([...(all.get(name) ?? []), ...spans]));
  return [...all]
    .sort(([x], [y]) => (x < y ? -1 : 1))
    .map(([name, spans]) => written(name, spans))
    .join(",");
}

function written(name: string, spans: readonly Span[]): string {
  const by = spans[0]?.by ?? "";
  if (by !== "") return `${name}-${by}-${spans[0]?.last}`;
  return [name, ...spans.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`))].join(
    ":",
  );
}

/** Below 0: `a` has less than `b`; 0: the same. `undefined`: each has transactions that the other lacks, or one is no position. */
export function comparePositions(a: string, b: string): number | undefined {
  const [one, other] = [parsePosition(a), parsePosition(b)];
  if (one === undefined || other === undefined) return undefined;
  const [less, more] = [isWithin(one, other), isWithin(other, one)];
  if (less && more) return 0;
  return less ? -1 : more ? 1 : undefined;
}

/** Whether `b` contains `a`. If different servers wrote the last transaction of a domain, it does not. */
function isWithin(a: Position, b: Position): boolean {
  return [...a].every(([name, spans]) =>
    spans.every((span) =>
      (b.get(name) ?? []).some(
        ({ first, last, by }) =>
          first <= span.first && (span.last < last || (span.last === last && span.by === by)),
      ),
    ),
  );
}
