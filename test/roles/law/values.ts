import fc from "fast-check";
import { z } from "zod";
import type { Json } from "../../../src/model/json.ts";
import { longest, stringsOf, words } from "./strings.ts";

/** A value, or none: the variable is left out. */
export type Given = Json | undefined;

/** In place of what the schema alone cannot know (a file of the project, lines in a daemon's own language): path → values. */
export type Stand = Readonly<Record<string, readonly Json[]>>;

/** How many members lists and records are tried with. */
const sizes = [0, 1, 2, 70, 300];
const seed = 7;

/** Values that a schema takes, at random; most are small. `at` is the path, with * for any name. */
export function valuesOf(schema: z.core.$ZodType, stand: Stand, at = ""): fc.Arbitrary<Given> {
  const own = stand[at];
  if (own !== undefined) return fc.constantFrom(...own);
  const inner = optionalIn(schema);
  if (inner !== undefined) {
    const present = valuesOf(inner, stand, at);
    return fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 3, arbitrary: present });
  }
  return plainValues(schema, stand, at).filter((value) => accepts(schema, value));
}

function plainValues(schema: z.core.$ZodType, stand: Stand, at: string): fc.Arbitrary<Given> {
  if (schema instanceof z.ZodObject) return objects(schema, stand, at);
  if (schema instanceof z.ZodArray) {
    const each = present(valuesOf(schema.element, stand, below(at, "*")));
    return lengths().chain((n) => fc.array(each, { minLength: n, maxLength: n }));
  }
  if (schema instanceof z.ZodRecord) return records(schema, stand, at);
  if (schema instanceof z.ZodUnion)
    return fc.oneof(...schema.options.map((one: z.core.$ZodType) => valuesOf(one, stand, at)));
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options.map(String));
  if (schema instanceof z.ZodLiteral) return fc.constantFrom(...literals(schema));
  if (schema instanceof z.ZodBoolean) return fc.boolean();
  if (schema instanceof z.ZodNumber) return numbers(schema);
  const strings = stringsOf(schema);
  if (strings !== undefined) return strings;
  throw new Error(`${at}: no way is known to make values of ${schema._zod.def.type}`);
}

const lengths = (): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 60, arbitrary: fc.constantFrom(0, 1, 2) },
    { weight: 20, arbitrary: fc.integer({ min: 3, max: 8 }) },
    { weight: 1, arbitrary: fc.constant(70) },
  );

const present = (values: fc.Arbitrary<Given>): fc.Arbitrary<Json> =>
  values.map((value) => value ?? null).filter((value) => value !== null);

function objects(schema: z.ZodObject, stand: Stand, at: string): fc.Arbitrary<Given> {
  const fields = Object.entries(schema.shape).map(
    ([name, field]) => [name, valuesOf(field, stand, below(at, name))] as const,
  );
  return fc
    .tuple(...fields.map(([, values]) => values))
    .map((values) => object(fields.map(([name], index) => [name, values[index]] as const)));
}

function records(schema: z.ZodRecord, stand: Stand, at: string): fc.Arbitrary<Given> {
  const keys = valuesOf(schema.keyType, stand, below(at, "NAME")).map(String);
  const values = present(valuesOf(schema.valueType, stand, below(at, "*")));
  return lengths().chain((n) => fc.dictionary(keys, values, { maxKeys: n }).map((made) => ({ ...made })));
}

function numbers(schema: z.ZodNumber): fc.Arbitrary<number> {
  const [min, max] = boundsOf(schema);
  if (isWhole(schema)) return fc.integer({ min, max });
  const step = stepOf(schema);
  if (step === undefined) return fc.double({ min, max, noNaN: true });
  const steps = fc.integer({ min: Math.ceil(min / step), max: Math.floor(max / step) });
  // As it is written: 0.07, not 0.07000000000000001.
  return steps.map((many) => Number((many * step).toFixed(6)));
}

/** What a number must be a multiple of. */
function stepOf(schema: z.ZodNumber): number | undefined {
  for (const { _zod } of schema.def.checks ?? [])
    if (_zod.def.check === "multiple_of" && "value" in _zod.def) return Number(_zod.def.value);
  return undefined;
}

const isWhole = (schema: z.ZodNumber): boolean => schema.format?.includes("int") ?? false;

/** Of a number without a bound: far beyond what anybody gives. */
function boundsOf({ minValue, maxValue }: z.ZodNumber): readonly [number, number] {
  const most = 4_294_967_296;
  const finite = (value: number | null, none: number): number =>
    value === null || Math.abs(value) > most ? none : value;
  return [finite(minValue, -most), finite(maxValue, most)];
}

/**
 * Values that differ from a small one in one thing, which is at an edge: the first and last of a bound, each choice, every
 * word that is somebody's name or sign, the longest text, none, one, two, 70 and 300 members.
 */
export function edgesOf(schema: z.core.$ZodType, stand: Stand, at = ""): readonly Given[] {
  const own = stand[at];
  if (own !== undefined) return own;
  const inner = optionalIn(schema);
  if (inner !== undefined) return [undefined, ...edgesOf(inner, stand, at)];
  const all = plainEdges(schema, stand, at).filter((value) => accepts(schema, value));
  return [...new Map(all.map((value) => [JSON.stringify(value), value])).values()];
}

function plainEdges(schema: z.core.$ZodType, stand: Stand, at: string): readonly Given[] {
  if (schema instanceof z.ZodObject) return objectEdges(schema, stand, at);
  if (schema instanceof z.ZodArray) {
    const path = below(at, "*");
    const some = sampled(present(valuesOf(schema.element, stand, path)), 300);
    const [first] = some;
    return [
      ...sizes.map((size) => some.slice(0, size)),
      ...edgesOf(schema.element, stand, path).flatMap((one) => (one === undefined ? [] : [[one]])),
      ...(first === undefined ? [] : [[first, first]]),
    ];
  }
  if (schema instanceof z.ZodRecord) return recordEdges(schema, stand, at);
  if (schema instanceof z.ZodUnion)
    return schema.options.flatMap((one: z.core.$ZodType) => edgesOf(one, stand, at));
  if (schema instanceof z.ZodEnum) return schema.options.map(String);
  if (schema instanceof z.ZodLiteral) return literals(schema);
  if (schema instanceof z.ZodBoolean) return [true, false];
  if (schema instanceof z.ZodNumber) return numberEdges(schema);
  const samples = sampled(valuesOf(schema, stand, at), 12).map(String);
  const taken = (text: string): boolean => accepts(schema, text);
  return [
    ...samples.slice(0, 2),
    ...words.filter(taken),
    ...samples.slice(-1).map((text) => longest(text, taken)),
  ];
}

function numberEdges(schema: z.ZodNumber): readonly number[] {
  const [min, max] = boundsOf(schema);
  const step = isWhole(schema) ? 1 : (stepOf(schema) ?? 0.001);
  return [min, min + step, max - step, max].map((value) => Number(value.toFixed(6)));
}

function objectEdges(schema: z.ZodObject, stand: Stand, at: string): readonly Given[] {
  const path = (name: string): string => below(at, name);
  const fields = Object.entries(schema.shape);
  const smallest = object(
    fields.map(([name, field]) => [name, edgesOf(field, stand, path(name))[0]] as const),
  );
  const samples = sampled(
    objects(schema, stand, at).filter((value) => accepts(schema, value)),
    12,
  );
  const bases = [smallest, ...samples].filter(isObject);
  return [
    smallest,
    ...samples.slice(0, 3),
    ...fields.flatMap(([name, field]) =>
      edgesOf(field, stand, path(name)).flatMap((edge) => {
        const made = bases.map((base) => object(Object.entries({ ...base, [name]: edge })));
        return made.filter((value) => accepts(schema, value)).slice(0, 1);
      }),
    ),
  ];
}

function recordEdges(schema: z.ZodRecord, stand: Stand, at: string): readonly Given[] {
  const [keyPath, path] = [below(at, "NAME"), below(at, "*")];
  const names = [...new Set(sampled(valuesOf(schema.keyType, stand, keyPath).map(String), 900))].slice(
    0,
    300,
  );
  const values = sampled(present(valuesOf(schema.valueType, stand, path)), 300);
  const [one = ""] = names;
  return [
    ...sizes.map((size) => object(names.slice(0, size).map((name, index) => [name, values[index]] as const))),
    ...edgesOf(schema.keyType, stand, keyPath).map((name) => object([[String(name), values[0]]])),
    ...edgesOf(schema.valueType, stand, path).flatMap((value) =>
      value === undefined ? [] : [{ [one]: value }],
    ),
  ];
}

function literals(schema: z.ZodLiteral): readonly Json[] {
  return [...schema.values].map((value) => (typeof value === "number" ? value : String(value)));
}

/** The schema of a variable that may be left out, where this is one. */
function optionalIn(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return schema.def.innerType;
  return undefined;
}

const below = (at: string, name: string): string => (at === "" ? name : `${at}.${name}`);

const accepts = (schema: z.core.$ZodType, value: Given): boolean => z.safeParse(schema, value).success;

const sampled = <T>(values: fc.Arbitrary<T>, numRuns: number): readonly T[] =>
  fc.sample(values, { seed, numRuns });

const isObject = (value: Given): value is Readonly<Record<string, Json>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function object(entries: readonly (readonly [string, Given])[]): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
