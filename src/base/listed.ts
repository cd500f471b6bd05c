/** `a`, `a and b`, `a, b and c`; of more than `most`, how many are left out. Without names: `nobody`. */
export function listed(names: readonly string[], most = 6): string {
  const shown = names.length > most ? names.slice(0, most - 1) : names;
  const rest = names.length - shown.length;
  const words = rest === 0 ? shown : [...shown, `${rest} more`];
  const last = words.at(-1) ?? "nobody";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

/** The same of names that stand in the inventory or in a role. */
export function quoted(names: readonly string[]): string {
  return listed(names.map((name) => `\`${name}\``));
}

/** `a`, `a and 2 more`, where there is room for one name only. */
export function firstOf(names: readonly string[]): string {
  return names.length < 2 ? listed(names) : `${names[0]} and ${names.length - 1} more`;
}
