import type { HostSpec } from "../scenario.ts";

/** Names that the inventory takes, and that daemons may not. The first ones are ordinary. */
const odd = [
  "one",
  "two",
  "a.b",
  "a-b",
  "a_b",
  "A-B",
  "a:b",
  `${"long".repeat(49)}long`,
  "2001:db8::5",
  "10.9.8.7",
  "http",
  "web",
  "writer",
  "a@b",
  "a+b",
  "h\u00f6st",
];

/** The address of a host: of both families in turn. */
const addressOf = (n: number): string =>
  n % 3 === 2 ? `2001:db8:0:1::${(n + 1).toString(16)}` : `10.1.${n >> 8}.${n & 255}`;

/** So many hosts of some roles, from `first` on. In later rounds their names are odd ones. */
export function hostsOf(
  size: number,
  roles: HostSpec["roles"],
  {
    round,
    first = 1,
    more = {},
  }: { readonly round: number; readonly first?: number; readonly more?: Partial<HostSpec> },
): Readonly<Record<string, HostSpec>> {
  return Object.fromEntries(
    Array.from({ length: size }, (_, index) => [
      nameOf(index, round, first),
      { address: addressOf(first + index), roles, ...more },
    ]),
  );
}

function nameOf(index: number, round: number, first: number): string {
  const name = odd[(index * 7 + (round >> 1)) % odd.length] ?? "none";
  return (round % 2 === 0 || index > 1) && index < odd.length ? name : `h${first + index}`;
}
