import { z } from "zod";
import type { JsonObject } from "../../model/json.ts";
import type { AnyRole, Schema } from "../../model/role.ts";
import type { Floor } from "../../model/topology.ts";

const sharePattern = /^(?:[1-9][0-9]?|100)%$/;

const share = z
  .templateLiteral([z.number(), "%"])
  .refine((text) => sharePattern.test(text), "a share is written as `75%`, from 1% to 100%");

/** The variable of every role with a service, beside its own ones. */
const floorSchema = z
  .union([z.int().min(1), share], "write a number of members, or a share as `75%`")
  .optional();

/** The same for editors and for the docs. */
export const floorForEditors: JsonObject = {
  anyOf: [
    { type: "integer", minimum: 1 },
    { type: "string", pattern: sharePattern.source },
  ],
  description:
    "How many of the role's members must stay healthy while others are changed: a number, or a share as `75%`. Default: three quarters, rounded up, at least one, at most all but one",
};

/** A role's variables, and the floor that stands among them. */
export interface Settings {
  readonly vars: unknown;
  readonly floor?: Floor;
}

/** True: `floor` among the variables of this role is the engine's. A role with a variable of that name keeps its own. */
export function takesFloor(role: AnyRole): boolean {
  const shape: unknown = Reflect.get(role.vars, "shape");
  return role.provides !== undefined && !(typeof shape === "object" && shape !== null && "floor" in shape);
}

/** What may stand under a role's name in an inventory: the role's own variables, and the floor of its services. */
export function settingsSchema(role: AnyRole): Schema<Settings> {
  if (!takesFloor(role))
    return { ...shapeOf(role), safeParse: (input) => wrapped(role.vars.safeParse(input)) };
  return {
    ...shapeOf(role, { floor: floorSchema }),
    safeParse(input) {
      if (typeof input !== "object" || input === null) return wrapped(role.vars.safeParse(input));
      const { floor: given, ...own }: { readonly floor?: unknown } = { ...input };
      const vars = role.vars.safeParse(own);
      const floor = floorSchema.safeParse(given);
      if (vars.success && floor.success)
        return {
          success: true,
          data: { vars: vars.data, ...(floor.data === undefined ? {} : { floor: floor.data }) },
        };
      const ofFloor = (floor.error?.issues ?? []).map((issue) => ({
        ...issue,
        path: ["floor", ...issue.path],
      }));
      return { success: false, error: { issues: [...(vars.success ? [] : vars.error.issues), ...ofFloor] } };
    },
  };
}

type Parsed<V> = ReturnType<Schema<V>["safeParse"]>;

const wrapped = (parsed: Parsed<unknown>): Parsed<Settings> =>
  parsed.success ? { success: true, data: { vars: parsed.data } } : parsed;

/** What the words for a problem look up: which variables there are. */
function shapeOf({ vars }: AnyRole, more: object = {}): object {
  const shape: unknown = Reflect.get(vars, "shape");
  return typeof shape === "object" && shape !== null ? { shape: { ...shape, ...more } } : {};
}
