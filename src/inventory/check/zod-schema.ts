// Reads the structure of zod's schemas without their types.

/** Whether a schema, or a branch of it, accepts only whole numbers. */
export function takesWhole(schema: unknown): boolean {
  const branches = property(schema, "options");
  const all: readonly unknown[] = Array.isArray(branches) ? branches : [schema];
  return all.some((one) => property(one, "isInt") === true);
}

/** The keys of an object schema. */
export function keysOf(schema: unknown, path: readonly string[]): readonly string[] {
  const shape = property(schemaAt(schema, path), "shape");
  return typeof shape === "object" && shape !== null ? Object.keys(shape) : [];
}

/** The schema of the value at a path, without optional, default and list wrappers. */
export function schemaAt(schema: unknown, path: readonly string[]): unknown {
  let at: unknown = unwrap(schema);
  for (const step of path) {
    const shape = property(at, "shape");
    at = unwrap(
      shape === undefined ? (property(at, "element") ?? property(at, "valueType")) : property(shape, step),
    );
  }
  return at;
}

function unwrap(schema: unknown): unknown {
  let at = schema;
  for (let inner = property(property(at, "def"), "innerType"); inner !== undefined; ) {
    at = inner;
    inner = property(property(at, "def"), "innerType");
  }
  return at;
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
