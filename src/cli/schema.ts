import { roles as builtIn } from "../../roles/index.ts";
import { inventorySchema } from "../inventory/schema.ts";
import { type CommandOutput, refusal } from "./command-output.ts";
import { writeOut } from "./out-file.ts";
import { loadRoles } from "./own-roles.ts";

/**
 * The JSON Schema of the inventories of the project in `cwd`, with the variables of its own roles; to `out`, where that is
 * given. Code 0, or 3: then a file that was there is what it was.
 */
export function schemaCommand(cwd: string, out?: string): CommandOutput {
  const loaded = loadRoles(cwd, builtIn);
  if (!loaded.ok) return refusal(loaded.error);
  const text = schemaText(loaded.value.roles);
  if (out === undefined) return { stdout: text, stderr: "", code: 0 };
  const unwritten = writeOut({ option: "--out", file: out, cwd }, text);
  return unwritten === undefined ? { stdout: "", stderr: "", code: 0 } : refusal([unwritten]);
}

const schemaText = (roles: typeof builtIn): string => `${JSON.stringify(inventorySchema(roles), null, 1)}\n`;
