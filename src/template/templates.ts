import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Handlebars from "handlebars";
import { nearest } from "../base/nearest.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Failure } from "../model/failure.ts";
import type { Content } from "../model/resource.ts";
import type { Diagnostic } from "../model/source.ts";
import type { Program } from "./ast.ts";
import { functions } from "./functions.ts";
import { type Instrumented, instrument } from "./instrument.ts";
import { escapeStamps, removeStamps } from "./line-stamps.ts";
import { ownPack, type Packed, type PackedSite } from "./pack.ts";
import { syntaxProblem } from "./syntax-problem.ts";
import { unusedOverrides } from "./unused-overrides.ts";
import {
  checked,
  getStrict,
  isTrue,
  iterable,
  plainObject,
  printable,
  type Site,
  TemplateFault,
} from "./values.ts";

/** All templates of a project: `<role>/<name>` → template. */
export interface Templates {
  readonly byName: ReadonlyMap<string, Template>;
}

interface Template {
  readonly file: string;
  /** Renders with stamps in the output. Handlebars compiles it at its first use. */
  readonly run: Handlebars.TemplateDelegate;
  readonly calls: Instrumented["calls"];
}

/**
 * Reads and checks `FOLDER/<role>/<name>.hbs` of each folder. A later folder may replace a template, add partials for its
 * own version, and contain the templates of `ownRoles`. Any other file is an error, because it would never be used.
 * The error contains all problems of all templates.
 */
export function loadTemplates(
  folders: readonly string[],
  ownRoles: ReadonlySet<string> = new Set(),
  pack: readonly Packed[] = ownPack,
): Result<Templates, readonly Diagnostic[]> {
  const engine = new Engine(pack);
  const own = new Set<string>();
  const added = new Map<string, string>();
  for (const folder of folders) {
    if (!existsSync(folder))
      engine.problems.push({ severity: "error", message: `there is no template folder ${folder}` });
    else
      for (const { role, name, file } of listTemplates(folder)) {
        const key = `${role}/${name}`;
        if (folder === folders[0]) own.add(key);
        else added.set(key, file);
        engine.add(key, file);
      }
  }
  engine.checkCalls();
  engine.problems.push(...unusedOverrides({ own, ownRoles, added, callsOf: (key) => engine.callsOf(key) }));
  return engine.problems.length > 0 ? err(engine.problems) : ok({ byName: engine.templates });
}

/** Renders `<role>/<name>`. The failure names the template, line and column, the value and its problem. */
export function render(
  templates: Templates,
  role: string,
  name: string,
  data: Readonly<Record<string, unknown>>,
): Result<Content, Failure> {
  const template = templates.byName.get(`${role}/${name}`);
  if (template === undefined) return err(noTemplate(templates, role, name));
  try {
    const { text, lines } = removeStamps(template.run(data, { partials: partialsOf(templates, role) }));
    return ok({ bytes: new TextEncoder().encode(text), template: { file: template.file, lines } });
  } catch (error) {
    if (!(error instanceof TemplateFault)) throw error;
    return err(failureOf(error));
  }
}

/** The templates of a folder, sorted by file. */
export function listTemplates(folder: string): { role: string; name: string; file: string }[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: role }) =>
      readdirSync(join(folder, role))
        .filter((file) => file.endsWith(".hbs"))
        .map((file) => ({ role, name: file.slice(0, -".hbs".length), file: join(folder, role, file) })),
    )
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** How Handlebars compiles a rewritten template. */
export const compileOptions = {
  strict: true,
  noEscape: true,
  knownHelpersOnly: true,
  preventIndent: true,
  ignoreStandalone: true, // the parser has already handled standalone tags
  knownHelpers: { $get: true, $print: true, $call: true, $condition: true, $iterable: true, $object: true },
};

/** A Handlebars instance that has only the checks as helpers, and the templates that were read so far. */
class Engine {
  readonly templates = new Map<string, Template>();
  readonly problems: Diagnostic[] = [];
  readonly #handlebars = Handlebars.create();
  readonly #packed: ReadonlyMap<string, Packed>;
  /** By index. The sites of the pack come first. */
  readonly #sites: Site[];

  constructor(pack: readonly Packed[]) {
    this.#packed = new Map(pack.map((one) => [one.key, one]));
    this.#sites = new Array(pack.reduce((sum, { sites }) => sum + sites.length, 0));
    this.#check("$get", (site, root, ...parts) => getStrict(site, root, parts.map(String)));
    this.#check("$print", (site, value) => escapeStamps(printable(site, checked(site, value))));
    this.#check("$condition", isTrue);
    this.#check("$iterable", iterable);
    this.#check("$object", (site, value) => plainObject(site, value, "with"));
    this.#check("$call", (site, name, ...args) =>
      checked(site, functions.get(String(name))?.call(site, args)),
    );
  }

  #check(name: string, check: (site: Site, ...args: readonly unknown[]) => unknown): void {
    this.#handlebars.registerHelper(name, (id: number, ...args: unknown[]) => {
      const site = this.#sites[id];
      if (site === undefined) throw new Error(`no template site ${id}`);
      return check(site, ...args.slice(0, -1)); // the last one is Handlebars' options
    });
  }

  add(key: string, file: string): void {
    const text = read(file);
    if (typeof text !== "string") {
      this.problems.push(text);
      return;
    }
    const packed = this.#packed.get(key);
    if (packed?.sha256 === createHash("sha256").update(text).digest("hex")) this.#unpack(packed, file, text);
    else this.#compile(key, file, text);
  }

  #unpack({ key, first, sites, calls, spec }: Packed, file: string, text: string): void {
    const lines = text.split("\n");
    const complete = (site: PackedSite): Site => ({ ...site, file, excerpt: lines[site.line - 1] ?? "" });
    for (const [index, site] of sites.entries()) this.#sites[first + index] = complete(site);
    const run = this.#handlebars.template(spec);
    this.templates.set(key, {
      file,
      calls: calls.map(({ name, site }) => ({ name, site: complete(site) })),
      run,
    });
  }

  #compile(key: string, file: string, text: string): void {
    try {
      const parsed: unknown = this.#handlebars.parse(text);
      const { program, calls, problems } = instrument(parsed as Program, file, text, this.#sites);
      this.problems.push(...problems);
      this.templates.set(key, { file, calls, run: this.#handlebars.compile(program, { ...compileOptions }) });
    } catch (error) {
      this.problems.push(syntaxProblem(file, text, error));
    }
  }

  /** `<role>/<name>` of the partials that a template calls. */
  callsOf(key: string): readonly string[] {
    const role = key.slice(0, key.indexOf("/"));
    return (this.templates.get(key)?.calls ?? []).map(({ name }) => `${role}/${name}`);
  }

  /** Each partial must exist beside its caller, and may not call itself, directly or through other partials. */
  checkCalls(): void {
    for (const key of this.templates.keys()) this.#follow(key, []);
  }

  #follow(key: string, path: readonly string[]): void {
    const role = key.slice(0, key.indexOf("/"));
    for (const { name, site } of this.templates.get(key)?.calls ?? []) {
      const called = `${role}/${name}`;
      const chain = [...path, key];
      if (!this.templates.has(called)) {
        if (path.length === 0) this.problems.push(callProblem(site, "does not exist"));
      } else if (!chain.includes(called)) this.#follow(called, chain);
      else if (called === chain[0]) this.problems.push(callProblem(site, "calls itself"));
    }
  }
}

function partialsOf(templates: Templates, role: string): Record<string, Handlebars.TemplateDelegate> {
  const prefix = `${role}/`;
  const own = [...templates.byName].filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, template]) => [key.slice(prefix.length), template.run]));
}

function place({ file, line, col, endCol }: Site): {
  file: string;
  line: number;
  col: number;
  endCol?: number;
} {
  return { file, line, col, ...(endCol === undefined ? {} : { endCol }) };
}

function callProblem(site: Site, what: string): Diagnostic {
  return {
    severity: "error",
    message: `the partial "${site.text}" ${what}`,
    source: place(site),
    excerpt: site.excerpt,
  };
}

/** The text of a template, or why it cannot be read. */
function read(file: string): string | Diagnostic {
  try {
    const bytes = new Uint8Array(readFileSync(file));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = error instanceof TypeError ? "is not UTF-8 text" : `cannot be read: ${reason}`;
    return { severity: "error", message, source: { file, line: 1, col: 1 } };
  }
}

function failureOf({ site, message, hint }: TemplateFault): Failure {
  return {
    code: "role-failed",
    message: `${site.file}:${site.line}:${site.col}: ${message}`,
    detail: site.excerpt,
    ...(hint === undefined ? {} : { hint }),
    source: place(site),
  };
}

function noTemplate(templates: Templates, role: string, name: string): Failure {
  const near = nearest(`${role}/${name}`, [...templates.byName.keys()]);
  const hint = near === undefined ? {} : { hint: `did you mean "${near}"?` };
  return { code: "role-failed", message: `there is no template "${role}/${name}"`, ...hint };
}
