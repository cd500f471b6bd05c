// What the types of events say of themselves: their doc comments, and those of their fields, as `--output json` writes them.
import { join } from "node:path";
import ts from "typescript";

const model = "src/model/event.ts";
const lines = "src/report/json/event-json.ts";
const json = "src/report/json/json.ts";

/** The shapes that events are made of, by the names that doc comments call them by. */
const shapes = {
  Change: [lines, "ChangeJson"],
  Field: ["src/model/plan.ts", "FieldChange"],
  Failure: ["src/model/failure.ts", "Failure"],
  Stage: ["src/model/plan.ts", "Stage"],
  HostPlan: ["src/model/plan.ts", "HostPlan"],
  HostReport: ["src/model/summary.ts", "HostReport"],
  Problem: [json, "Problem"],
};

/**
 * Events in their groups, lines that are none, and shapes. Of each what it `says` and its `fields`: name → meaning; a name that
 * ends in `?` may be absent.
 */
export function readEvents(root) {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([join(root, json)], options);
  const checker = program.getTypeChecker();
  const find = (file, name) => {
    const { statements } = program.getSourceFile(join(root, file));
    const node = statements.find((one) => one.name?.text === name);
    if (node === undefined) throw new Error(`${file} declares no ${name}`);
    return node;
  };
  const typeOf = (node) => checker.getDeclaredTypeOfSymbol(checker.getSymbolAtLocation(node.name));
  const docOf = (symbol) =>
    ts.displayPartsToString(symbol.getDocumentationComment(checker)).replaceAll(/\s*\n\s*/g, " ");
  const shapeOf = (node, type = typeOf(node)) => ({
    says: docOf(checker.getSymbolAtLocation(node.name)),
    fields: Object.fromEntries(
      inOrder(checker.getPropertiesOfType(type), node)
        .filter(({ name }) => name !== "type")
        .map((field) => [`${field.name}${field.flags & ts.SymbolFlags.Optional ? "?" : ""}`, docOf(field)]),
    ),
  });
  const nameOf = (type) => checker.getTypeOfSymbol(type.getProperty("type")).value;
  const written = new Map(typeOf(find(lines, "EventJson")).types.map((type) => [nameOf(type), type]));
  const eventOf = (node) => [nameOf(typeOf(node)), shapeOf(node, written.get(nameOf(typeOf(node))))];
  const members = (node) => node.type.types.map(({ typeName }) => find(model, typeName.text));
  return {
    groups: members(find(model, "Event")).map((group) => ({
      title: docOf(checker.getSymbolAtLocation(group.name)),
      events: Object.fromEntries(members(group).map(eventOf)),
    })),
    records: { "bad-input": shapeOf(find(json, "BadInput")) },
    shapes: Object.fromEntries(
      Object.entries(shapes).map(([title, [file, name]]) => [title, shapeOf(find(file, name))]),
    ),
  };
}

/** Fields as they are written, those of the types that it extends first. */
function inOrder(fields, node) {
  const place = ({ declarations: [field] }) => [field.parent === node ? 1 : 0, field.pos];
  return [...fields].sort((a, b) => place(a)[0] - place(b)[0] || place(a)[1] - place(b)[1]);
}
