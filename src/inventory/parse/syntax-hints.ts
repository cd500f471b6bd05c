/** The hint for a line like `x: {{ foo }}`, where YAML reads the braces as mappings; undefined for all other lines. */
export function unquotedReference(line: string): string | undefined {
  const match = /(?:^\s*|[:-]\s+|[[{,]\s*)(\{\{[^{}]*\}\}[^,\]}#"']*)/.exec(line);
  if (match === null) return undefined;
  const quotes = line.slice(0, match.index).replace(/[^"']/g, "");
  if (quotes.length % 2 === 1) return undefined;
  const text = (match[1] ?? "").trim();
  return `put quotes around ${text}: "${text}"`;
}

/** The hint for `web1: ansible_host=1.2.3.4`, the syntax of an INI inventory; undefined for other texts. */
export function iniAssignments(text: string): string | undefined {
  const words = text.trim().split(/\s+/);
  const pairs = words.map((word) => /^([A-Za-z_]\w*)=([^\s{}[\],#]*)$/.exec(word));
  if (pairs.some((pair) => pair === null)) return undefined;
  return `write { ${pairs.map((pair) => `${pair?.[1]}: ${pair?.[2]}`).join(", ")} }`;
}
