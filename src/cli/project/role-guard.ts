import { join } from "node:path";
import { RoleStop } from "../../base/role-stop.ts";
import type { Host } from "../../model/inventory.ts";
import type { AnyRole, Carries, Draining, Drilling, Schema } from "../../model/role.ts";
import type { Source } from "../../model/source.ts";
import { type Asked, roleFailure } from "../../run/observe/role-failure.ts";
import { thrownProblem } from "./role-problem.ts";

/** The required type of a function's result: the test, and its description. */
interface Shape {
  readonly isValid: (value: unknown) => boolean;
  readonly is: string;
}

const mapping: Shape = { isValid: isMapping, is: "a mapping" };
const list: Shape = { isValid: Array.isArray, is: "a list" };

const text: Shape = { isValid: (value) => typeof value === "string", is: "text" };

/** By field of a role; `draining.drain`: by a function inside the field. */
const shapes = {
  vars: {
    isValid: (value) => isMapping(value) && "success" in value,
    is: "a schema, such as `z.strictObject({})`, without asynchronous checks",
  },
  needs: mapping,
  provides: {
    isValid: (value) => (Array.isArray(value) ? value : [value]).every(providesServices),
    is: "a mapping from names to services, each with `port`, `health` and `redundancy`",
  },
  "carries.target": {
    isValid: (value) => value === undefined || typeof value === "string",
    is: "the name of a service, or nothing",
  },
  "carries.provides": {
    isValid: (value) => [value].flat().every(providesServices),
    is: "a mapping from names to services, each with `port`, `health`, `redundancy` and `leadsTo`",
  },
  objections: list,
  checks: list,
  assets: list,
  secrets: mapping,
  rank: {
    isValid: (value) => Number.isFinite(value) || value === "together",
    is: "a number, or `together`",
  },
  "carries.draining.drain": text,
  "carries.draining.restore": text,
  "draining.drain": text,
  "draining.restore": text,
  endSessions: text,
  live: list,
  "drilling.workload": {
    isValid: (value) => value === undefined || (isMapping(value) && "read" in value),
    is: "a mapping with `read`, or nothing",
  },
  "drilling.rows": text,
  resources: {
    isValid: (value) => Array.isArray(value) && value.every(isResource),
    is: "a list of resources, such as `[pkg(…), file(…), unit(…)]`",
  },
} satisfies Readonly<Record<string, Shape>>;

/** The definition of a role of the project. */
interface RoleOrigin {
  /** The file is relative to `cwd`. */
  readonly source: Source;
  readonly cwd: string;
}

/** Guards one function of a role. `self`: its `this`. */
type Guard = <A extends unknown[], R>(
  field: keyof typeof shapes,
  call: (...args: A) => R,
  self?: object,
) => (...args: A) => R;

/**
 * The same role, with functions that throw a `RoleStop`: a refusal with its own message, any other exception as a fault of
 * the role. For a role of the project (`at`), the error has the line that threw, as for a mistake in the inventory.
 */
export function guardedRole(role: AnyRole, at?: RoleOrigin): AnyRole {
  const guard: Guard = (field, call, self = role) => {
    return (...args) => {
      const value = attempt(() => call.apply(self, args), { role: role.name, field, host: hostIn(args) }, at);
      if (shapes[field].isValid(value)) return value;
      const message = `role \`${role.name}\`: \`${field}\` must return ${shapes[field].is}`;
      throw new RoleStop({ code: "role-fault", message, ...(at === undefined ? {} : { source: at.source }) });
    };
  };
  const { needs, provides, carries, objections, checks, assets, secrets, rank, live } = role;
  const { draining, endSessions, drilling } = role;
  return {
    ...role,
    vars: guardedSchema(role.vars, guard),
    ...(typeof needs === "function" ? { needs: guard("needs", needs) } : {}),
    ...(provides === undefined ? {} : { provides: guard("provides", provides) }),
    ...(carries === undefined ? {} : { carries: guardedCarries(carries, guard) }),
    ...(objections === undefined ? {} : { objections: guard("objections", objections) }),
    ...(checks === undefined ? {} : { checks: guard("checks", checks) }),
    ...(assets === undefined ? {} : { assets: guard("assets", assets) }),
    ...(secrets === undefined ? {} : { secrets: guard("secrets", secrets) }),
    ...(rank === undefined ? {} : { rank: guard("rank", rank) }),
    ...(draining === undefined ? {} : { draining: each(draining, (one) => guardedDraining(one, guard)) }),
    ...(endSessions === undefined
      ? {}
      : { endSessions: each(endSessions, (one) => guard("endSessions", one)) }),
    ...(live === undefined ? {} : { live: { ...live, notes: guard("live", live.notes, live) } }),
    ...(drilling === undefined ? {} : { drilling: guardedDrilling(drilling, guard) }),
    resources: guard("resources", role.resources),
  };
}

/** Keeps the properties of the schema, because the documentation reads them. */
function guardedSchema(vars: Schema<unknown>, guard: Guard): Schema<unknown> {
  const safeParse = guard("vars", vars.safeParse, vars);
  return Object.create(vars, { safeParse: { value: safeParse, enumerable: true } });
}

const guardedDraining = (
  how: Draining,
  guard: Guard,
  at: "draining" | "carries.draining" = "draining",
): Draining => ({
  drain: guard(`${at}.drain`, how.drain, how),
  restore: guard(`${at}.restore`, how.restore, how),
});

const guardedCarries = (carries: Carries, guard: Guard): Carries => ({
  target: guard("carries.target", carries.target, carries),
  provides: guard("carries.provides", carries.provides, carries),
  draining: guardedDraining(carries.draining, guard, "carries.draining"),
});

const guardedDrilling = (drilling: Drilling, guard: Guard): Drilling => {
  const { workload, rows } = drilling;
  return {
    ...drilling,
    ...(workload === undefined ? {} : { workload: guard("drilling.workload", workload, drilling) }),
    ...(rows === undefined ? {} : { rows: guard("drilling.rows", rows, drilling) }),
  };
};

function each<T>(
  named: Readonly<Partial<Record<string, T>>>,
  change: (one: T) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, one]) => (one === undefined ? [] : [[name, change(one)]])),
  );
}

function attempt<R>(call: () => R, asked: Asked, at: RoleOrigin | undefined): R {
  try {
    return call();
  } catch (error) {
    // The engine's own error, of a template or a secret, is more exact.
    if (error instanceof RoleStop) throw error;
    throw new RoleStop(roleFailure(error, asked, at && lineOf(error, at)));
  }
}

const lineOf = (error: unknown, { source, cwd }: RoleOrigin): Source =>
  thrownProblem(error, join(cwd, source.file), cwd).source ?? source;

/** The host in the arguments of a role's function. */
function hostIn([context]: readonly unknown[]): Host | undefined {
  if (!isMapping(context) || !("host" in context)) return undefined;
  const { host } = context;
  return isHost(host) ? host : undefined;
}

const providesServices = (value: unknown): boolean =>
  isMapping(value) && Object.values(value).every(isService);

const isHost = (value: unknown): value is Host =>
  isMapping(value) && "name" in value && "vars" in value && value.vars instanceof Map;

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
