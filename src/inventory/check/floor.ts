import { z } from "zod";
import type { JsonObject } from "../../model/json.ts";
import type { AnyRole, Schema } from "../../model/role.ts";
import type { Floor } from "../../model/topology.ts";

const sharePattern = /^(?:[1-9][0-9]?|100)%$/;

const share = z
  .templateLiteral([z.number(), "%"])
  .refine((text) => sharePattern.test(text), "a share is written as `75%`, from 1% to 100%");

/** The variable `floor` of every role with a service. */
const floorSchema = z
  .union([z.int().min(1), share], "write a number of members, or a share such as `75%`")
  .optional();

/** Its JSON Schema, for editors and docs. */
export const floorForEditors: JsonObject = {
  anyOf: [
    { type: "integer", minimum: 1 },
    { type: "string", pattern: sharePattern.source },
  ],
  description:
    "How many of the role's members must stay healthy while others are changed: a number, or a share such as `75%`. Default: three quarters, rounded up, at least one, at most all but one",
};

/** A role's variables and the floor of its services. */
export interface Settings {
  readonly vars: unknown;
  readonly floor?: Floor;
}

/** Whether the engine reads `floor` of this role. A role with its own variable of that name keeps it. */
export function takesFloor(role: AnyRole): boolean {
  const shape: unknown = Reflect.get(role.vars, "shape");
  return role.provides !== undefined && !(typeof shape === "object" && shape !== null && "floor" in shape);
}

/** The schema of the variables under a role's name: the role's own, and the floor of its services. */
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

/** The names of the variables, for error messages. */
function shapeOf({ vars }: AnyRole, more: object = {}): object {
  const shape: unknown = Reflect.get(vars, "shape");
  return typeof shape === "object" && shape !== null ? { shape: { ...shape, ...more } } : {};
}
