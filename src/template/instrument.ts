import type { Diagnostic } from "../model/source.ts";
import type {
  BlockStatement,
  ContentStatement,
  Location,
  MustacheStatement,
  PartialStatement,
  Program,
  Statement,
  Strip,
} from "./ast.ts";
import { Checks } from "./checks.ts";
import { contentStamp, enterStamp, escapeStamps, leaveStamp, valueStamp } from "./line-stamps.ts";
import type { Site } from "./values.ts";

/** A rewritten tree: every value passes a check, and stamps in the output say which template line printed each part. */
export interface Instrumented {
  readonly program: Program;
  /** The partials that the template calls. */
  readonly calls: readonly { readonly name: string; readonly site: Site }[];
  readonly problems: readonly Diagnostic[];
}

/** The blocks, and the check of their only argument. */
const blocks: ReadonlyMap<string, string> = new Map([
  ["if", "$condition"],
  ["unless", "$condition"],
  ["each", "$iterable"],
  ["with", "$object"],
]);

const noStrip: Strip = { open: false, close: false };

/**
 * Rewrites a parsed template. For example, `{{a.b}}` becomes `{{$print SITE ($get SITE this "a" "b")}}`. SITE is an index
 * in `sites`: a failed check reports this place.
 */
export function instrument(program: Program, file: string, text: string, sites: Site[]): Instrumented {
  const checks = new Checks(file, text, sites);
  const rewriter = new Rewriter(checks);
  return { program: rewriter.program(program, []), calls: rewriter.calls, problems: checks.problems };
}

class Rewriter {
  readonly #checks: Checks;
  readonly calls: { name: string; site: Site }[] = [];

  constructor(checks: Checks) {
    this.#checks = checks;
  }

  /** `scope`: the block parameters that are visible, the innermost first. */
  program(program: Program, scope: readonly string[]): Program {
    const inner = [...(program.blockParams ?? []), ...scope];
    return { ...program, body: program.body.flatMap((statement) => this.#statement(statement, inner)) };
  }

  #statement(statement: Statement, scope: readonly string[]): readonly Statement[] {
    const { loc } = statement;
    switch (statement.type) {
      case "CommentStatement":
        return [];
      case "ContentStatement":
        return statement.value === ""
          ? []
          : [content(contentStamp(firstLine(statement)) + escapeStamps(statement.value), loc)];
      case "MustacheStatement":
        return [content(valueStamp(loc.start.line), loc), this.#print(statement, scope)];
      case "BlockStatement":
        return [this.#block(statement, scope)];
      case "PartialStatement":
        return this.#partial(statement, scope);
      default:
        this.#checks.refuse(
          loc,
          "templates cannot use decorators, inline partials or partial blocks",
          "call a partial: {{> name}}",
        );
        return [];
    }
  }

  /** `{{path}}` or `{{function argument}}`. */
  #print(statement: MustacheStatement, scope: readonly string[]): MustacheStatement {
    const { path, params, hash, loc } = statement;
    const calls = params.length > 0 || (hash?.pairs.length ?? 0) > 0;
    if (!calls && path.type !== "PathExpression")
      this.#checks.refuse(loc, "this is a literal: write its text without braces");
    const value = calls ? ({ type: "SubExpression", path, params, hash, loc } as const) : path;
    const checked = this.#checks.expression(value, scope);
    const print = this.#checks.call("$print", this.#checks.site(statement, scope), [checked], loc);
    return { ...print, type: "MustacheStatement", escaped: false, strip: noStrip };
  }

  #block(block: BlockStatement, scope: readonly string[]): Statement {
    const name = block.path.type === "PathExpression" ? block.path.original : "";
    const check = blocks.get(name);
    const [param] = block.params;
    if (check === undefined) {
      this.#checks.refuse(
        block.loc,
        `there is no block "#${name}"`,
        `blocks are: ${[...blocks.keys()].join(", ")}`,
      );
    } else if (param === undefined || block.params.length > 1 || (block.hash?.pairs.length ?? 0) > 0) {
      this.#checks.refuse(block.loc, `"#${name}" takes exactly one argument`);
    }
    const checkedParam =
      param === undefined
        ? []
        : [
            this.#checks.call(
              check ?? "$condition",
              this.#checks.site(param, scope),
              [this.#checks.expression(param, scope)],
              param.loc,
            ),
          ];
    return {
      ...block,
      params: checkedParam,
      program: block.program && this.program(block.program, scope),
      inverse: block.inverse && this.program(block.inverse, scope),
      openStrip: noStrip,
      inverseStrip: noStrip,
      closeStrip: noStrip,
    };
  }

  #partial(partial: PartialStatement, scope: readonly string[]): readonly Statement[] {
    const { name, loc } = partial;
    if (name.type === "SubExpression") {
      this.#checks.refuse(loc, "the name of a partial cannot be computed: write it out");
      return [];
    }
    const called = "original" in name ? String(name.original) : "";
    this.calls.push({ name: called, site: this.#checks.describe(loc, called, scope) });
    const pairs = partial.hash?.pairs.map((pair) => ({
      ...pair,
      value: this.#checks.expression(pair.value, scope),
    }));
    return [
      content(enterStamp(loc.start.line) + escapeStamps(partial.indent), loc),
      {
        ...partial,
        params: partial.params.map((param) => this.#checks.expression(param, scope)),
        hash: partial.hash && pairs ? { ...partial.hash, pairs } : undefined,
        indent: "",
        strip: noStrip,
      },
      content(leaveStamp, loc),
    ];
  }
}

function content(value: string, loc: Location): ContentStatement {
  // Handlebars reads `original` only to find standalone tags, which it did before the rewriting.
  return { type: "ContentStatement", value, original: "-", loc };
}

/** The template line where `value` begins. The whitespace that was removed before it may contain line ends. */
function firstLine({ value, original, loc }: ContentStatement): number {
  // Only whitespace was removed after `value`, so its last occurrence in `original` is the right one.
  const before = original.slice(0, original.lastIndexOf(value));
  return loc.start.line + before.split("\n").length - 1;
}
