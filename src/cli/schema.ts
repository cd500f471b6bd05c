import { roles as builtIn } from "../../roles/index.ts";
import { inventorySchema } from "../inventory/check/schema.ts";
import { type CommandOutput, told } from "./command-output.ts";
import { whyNotWritable, writeOut } from "./out-file.ts";
import { loadRoles } from "./project/own-roles.ts";
import { refusal } from "./refusal.ts";

/**
 * The JSON Schema of the inventories of the project in `cwd`, with the variables of its own roles; to `out`, where that is
 * given. Code 0; 3: bad input, a file that cannot be written too; 1: the writing failed, as on a full disk. A file that was
 * there is then what it was.
 */
export function schemaCommand(cwd: string, out?: string): CommandOutput {
  const asked = out === undefined ? undefined : { option: "--out", file: out, cwd };
  const unwritable = asked && whyNotWritable(asked);
  if (unwritable !== undefined) return refusal([unwritable]);
  const loaded = loadRoles(cwd, builtIn);
  if (!loaded.ok) return refusal(loaded.error);
  const text = schemaText(loaded.value.roles);
  if (asked === undefined) return { stdout: text, stderr: "", code: 0 };
  const unwritten = writeOut(asked, text);
  if (unwritten !== undefined) return { stdout: "", stderr: told([unwritten]), code: 1 };
  return { stdout: "", stderr: "", code: 0 };
}

const schemaText = (roles: typeof builtIn): string => `${JSON.stringify(inventorySchema(roles), null, 1)}\n`;
