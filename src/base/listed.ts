/** `a`, `a and b`, `a, b and c`. More than `most` names end with the number of the others. Without names: `nobody`. */
export function listed(names: readonly string[], most = 6): string {
  const shown = names.length > most ? names.slice(0, most - 1) : names;
  const rest = names.length - shown.length;
  const words = rest === 0 ? shown : [...shown, `${rest} more`];
  const last = words.at(-1) ?? "nobody";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

/** The same, with each name in backticks: for names from the inventory or from a role. */
export function quoted(names: readonly string[]): string {
  return listed(names.map((name) => `\`${name}\``));
}

/** `a`, `a and 2 more`: for places with room for one name. */
export function firstOf(names: readonly string[]): string {
  return names.length < 2 ? listed(names) : `${names[0]} and ${names.length - 1} more`;
}
