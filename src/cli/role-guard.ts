import { join } from "node:path";
import type { AnyRole } from "../model/role.ts";
import { RoleStop } from "../model/role-stop.ts";
import type { Source } from "../model/source.ts";
import { thrownProblem } from "./role-problem.ts";

/** What a function of a role must give back: the test, and the words for it. */
interface Shape {
  readonly fits: (value: unknown) => boolean;
  readonly is: string;
}

const mapping: Shape = { fits: isMapping, is: "a mapping" };
const list: Shape = { fits: Array.isArray, is: "a list" };
const number: Shape = { fits: Number.isFinite, is: "a number" };

const shapes = {
  needs: mapping,
  provides: {
    fits: (value) => (Array.isArray(value) ? value : [value]).every(providesServices),
    is: "a mapping from names to services, each with `port`, `health` and `redundancy`",
  },
  objections: list,
  refuses: list,
  checks: list,
  assets: list,
  secrets: mapping,
  rank: number,
  live: list,
  resources: {
    fits: (value) => Array.isArray(value) && value.every(isResource),
    is: "a list of resources, such as `[pkg(…), file(…), unit(…)]`",
  },
} satisfies Readonly<Partial<Record<keyof AnyRole, Shape>>>;

/**
 * The same role, whose functions say which line of the project stopped them: a slip in a user's file is told like one in
 * the inventory. `source`: where the role stands; its file is relative to `cwd`.
 */
export function guardedRole(role: AnyRole, source: Source, cwd: string): AnyRole {
  const guard = <A extends unknown[], R>(field: keyof typeof shapes, call: (...args: A) => R) => {
    return (...args: A): R => {
      const value = attempt(() => call.apply(role, args), role.name, field, source, cwd);
      if (shapes[field].fits(value)) return value;
      throw stopped(role.name, `\`${field}\` must give ${shapes[field].is}`, source);
    };
  };
  const { needs, provides, objections, refuses, checks, assets, secrets, rank, live } = role;
  return {
    ...role,
    ...(typeof needs === "function" ? { needs: guard("needs", needs) } : {}),
    ...(provides === undefined ? {} : { provides: guard("provides", provides) }),
    ...(objections === undefined ? {} : { objections: guard("objections", objections) }),
    ...(refuses === undefined ? {} : { refuses: guard("refuses", refuses) }),
    ...(checks === undefined ? {} : { checks: guard("checks", checks) }),
    ...(assets === undefined ? {} : { assets: guard("assets", assets) }),
    ...(secrets === undefined ? {} : { secrets: guard("secrets", secrets) }),
    ...(rank === undefined ? {} : { rank: guard("rank", rank) }),
    ...(live === undefined ? {} : { live: { ...live, notes: guard("live", live.notes) } }),
    resources: guard("resources", role.resources),
  };
}

function attempt<R>(call: () => R, role: string, field: string, source: Source, cwd: string): R {
  try {
    return call();
  } catch (error) {
    // What the engine itself says, of a template or a secret, it says better.
    if (error instanceof RoleStop) throw error;
    const { message, source: at = source, hint } = thrownProblem(error, join(cwd, source.file), cwd);
    throw stopped(role, `\`${field}\`: ${message}`, at, hint);
  }
}

function stopped(role: string, words: string, source: Source, hint?: string): RoleStop {
  const message = `role \`${role}\`: ${words}`;
  return new RoleStop({ code: "role-failed", message, source, ...(hint === undefined ? {} : { hint }) });
}

const providesServices = (value: unknown): boolean =>
  isMapping(value) && Object.values(value).every(isService);

function isService(value: unknown): boolean {
  if (!isMapping(value)) return false;
  const { port, health, redundancy } = {
    port: undefined,
    health: undefined,
    redundancy: undefined,
    ...value,
  };
  return Number.isInteger(port) && isMapping(health) && typeof redundancy === "string";
}

function isResource(value: unknown): boolean {
  return isMapping(value) && "kind" in value && "key" in value && "desired" in value;
}

function isMapping(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Promise);
}
