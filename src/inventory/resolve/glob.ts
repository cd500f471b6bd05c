/** The regular expression of a shell pattern with `*`, `?`, `[abc]` and `[!abc]`. Undefined: the pattern is not valid. */
export function globToRegExp(glob: string): RegExp | undefined {
  let source = "";
  for (let i = 0; i < glob.length; i++) {
    const c = glob.charAt(i);
    // A closing bracket directly after the opening one is a member of the set.
    const close = c === "[" ? glob.indexOf("]", glob[i + 1] === "!" ? i + 3 : i + 2) : -1;
    if (c === "*") source += ".*";
    else if (c === "?") source += ".";
    else if (close !== -1) {
      source += setToRegExp(glob.slice(i + 1, close));
      i = close;
    } else source += literal(c);
  }
  return compile(`^(?:${source})$`, "su");
}

function setToRegExp(set: string): string {
  const negated = set.startsWith("!");
  const members = (negated ? set.slice(1) : set).replace(/[\\\]^[]/g, "\\$&").replace(/^-|-$/g, "\\-");
  return `[${negated ? "^" : ""}${members}]`;
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

/**
 * A Python regular expression, matched at the start of a name as in Ansible, or searched in it. Rewrites named groups, `\\Z`
 * and a leading `(?i)`; undefined: JavaScript cannot read it.
 */
export function pythonToRegExp(text: string, how: "match" | "search" = "match"): RegExp | undefined {
  const flags = /^\(\?([ism]+)\)/.exec(text);
  const body = text
    .slice(flags?.[0].length ?? 0)
    .replaceAll("(?P<", "(?<")
    .replace(/\\Z/g, "$")
    .replace(/\\A/g, "^");
  const start = how === "match" ? `^(?:${body})` : body;
  return compile(start, `${flags?.[1] ?? ""}u`) ?? compile(start, flags?.[1] ?? "");
}

function compile(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}
