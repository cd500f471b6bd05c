import { nearest } from "../base/nearest.ts";
import type { Diagnostic } from "../model/source.ts";
import type { Expression, Location, PathExpression, SubExpression } from "./ast.ts";
import { functions } from "./functions.ts";
import type { Site } from "./values.ts";

/** Rewrites the expressions of one template: every value passes a check that knows its place in the template. */
export class Checks {
  readonly #file: string;
  readonly #lines: readonly string[];
  readonly #sites: Site[];
  readonly problems: Diagnostic[] = [];

  /** Adds new sites to `sites`. A check receives the index of its site at run time. */
  constructor(file: string, text: string, sites: Site[]) {
    this.#file = file;
    this.#lines = text.split("\n");
    this.#sites = sites;
  }

  /** The expression with a check around every value. */
  expression(expression: Expression, scope: readonly string[]): Expression {
    switch (expression.type) {
      case "PathExpression":
        return this.#path(expression, scope);
      case "SubExpression":
        return this.#function(expression, scope);
      case "UndefinedLiteral":
        this.refuse(expression.loc, "undefined is not a value in templates");
        return expression;
      default:
        return expression;
    }
  }

  #path(path: PathExpression, scope: readonly string[]): Expression {
    const { loc, parts } = path;
    if (path.data && path.depth > 0)
      this.refuse(
        loc,
        `templates cannot use "${path.original}"`,
        "give the value a name: {{#each list as |value index|}}",
      );
    const scoped = /^\.|^this\b/.test(path.original);
    const byName =
      path.data || (path.depth === 0 && !scoped && parts[0] !== undefined && scope.includes(parts[0]));
    const root = byName ? parts.slice(0, 1) : [];
    const original = byName ? `${path.data ? "@" : ""}${parts[0] ?? ""}` : path.depth > 0 ? ".." : "this";
    const rest = parts
      .slice(root.length)
      .map((part) => ({ type: "StringLiteral" as const, value: part, original: part, loc }));
    return this.call(
      "$get",
      this.describe(loc, path.original, scope),
      [{ ...path, parts: root, original }, ...rest],
      loc,
    );
  }

  #function(call: SubExpression, scope: readonly string[]): Expression {
    const name = call.path.type === "PathExpression" ? call.path.original : "";
    const known = functions.get(name);
    if (known === undefined) {
      const near = nearest(name, [...functions.keys()]);
      const all = `functions are: ${[...functions.keys()].join(", ")}`;
      this.refuse(
        call.loc,
        `there is no function "${name}"`,
        near === undefined ? all : `did you mean "${near}"?`,
      );
      return call;
    }
    const [fewest, most] = known.arity;
    const given = call.params.length;
    if (given < fewest || given > most || (call.hash?.pairs.length ?? 0) > 0)
      this.refuse(call.loc, `the arguments are wrong: use ${known.doc.split(":")[0]}`);
    const literal = { type: "StringLiteral" as const, value: name, original: name, loc: call.loc };
    const params = call.params.map((param) => this.expression(param, scope));
    return this.call("$call", this.site(call, scope), [literal, ...params], call.loc);
  }

  /** A call of a check. Its first argument is the index of its site. */
  call(name: string, site: Site, params: readonly Expression[], loc: Location): SubExpression {
    const id = this.#sites.push(site) - 1;
    const path: PathExpression = {
      type: "PathExpression",
      data: false,
      depth: 0,
      parts: [name],
      original: name,
      loc,
    };
    const number = { type: "NumberLiteral" as const, value: id, original: id, loc };
    return { type: "SubExpression", path, params: [number, ...params], loc };
  }

  /** The site of an expression, with its text in the template. */
  site(node: { readonly loc: Location }, scope: readonly string[]): Site {
    const { start, end } = node.loc;
    const line = this.#lines[start.line - 1] ?? "";
    const text = line.slice(start.column, start.line === end.line ? end.column : line.length);
    return this.describe(node.loc, text.replace(/^\{+[&~]*\s*/, "").replace(/\s*~?\}+$/, ""), scope);
  }

  /** A site with a text of the caller. */
  describe({ start, end }: Location, text: string, scope: readonly string[]): Site {
    const place = { file: this.#file, line: start.line, col: start.column + 1 };
    const excerpt = this.#lines[start.line - 1] ?? "";
    return { ...place, ...(end.line === start.line ? { endCol: end.column + 1 } : {}), text, excerpt, scope };
  }

  /** Adds an error that is visible without rendering. */
  refuse(loc: Location, message: string, hint?: string): void {
    const { file, line, col, excerpt } = this.describe(loc, "", []);
    this.problems.push({
      severity: "error",
      message,
      source: { file, line, col },
      excerpt,
      ...(hint ? { hint } : {}),
    });
  }
}
