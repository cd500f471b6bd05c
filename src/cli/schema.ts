import { roles as builtIn } from "../../roles/index.ts";
import { inventorySchema } from "../inventory/check/schema.ts";
import { type CommandOutput, diagnosticsText } from "./command-output.ts";
import { whyNotWritable, writeOut } from "./out-file.ts";
import { loadRoles } from "./project/own-roles.ts";
import { refusal } from "./refusal.ts";

/**
 * The JSON Schema of the inventories of the project in `cwd`, with the variables of its own roles; written to `out`, if
 * given. Code 0; 3: bad input, or a file that cannot be written; 1: writing failed, for example on a full disk. Then an
 * existing file is unchanged.
 */
export function schemaCommand(cwd: string, out?: string): CommandOutput {
  const file = out === undefined ? undefined : { option: "--out", file: out, cwd };
  const unwritable = file && whyNotWritable(file);
  if (unwritable !== undefined) return refusal([unwritable]);
  const loaded = loadRoles(cwd, builtIn);
  if (!loaded.ok) return refusal(loaded.error);
  const text = schemaText(loaded.value.roles);
  if (file === undefined) return { stdout: text, stderr: "", code: 0 };
  const unwritten = writeOut(file, text);
  if (unwritten !== undefined) return { stdout: "", stderr: diagnosticsText([unwritten]), code: 1 };
  return { stdout: "", stderr: "", code: 0 };
}

const schemaText = (roles: typeof builtIn): string => `${JSON.stringify(inventorySchema(roles), null, 1)}\n`;
