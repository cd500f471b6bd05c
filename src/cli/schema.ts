import { roles as builtIn } from "../../roles/index.ts";
import { formatDiagnostic } from "../inventory/diagnostic.ts";
import { inventorySchema } from "../inventory/schema.ts";
import { badInput } from "../report/exit-code.ts";
import type { CommandOutput } from "./inventory.ts";
import { loadRoles } from "./own-roles.ts";

/** The JSON Schema of the inventories of the project in `cwd`, with the variables of its own roles. Code 0, or 3. */
export function schemaCommand(cwd: string): CommandOutput {
  const loaded = loadRoles(cwd, builtIn);
  if (loaded.ok) return { stdout: schemaText(loaded.value.roles), stderr: "", code: 0 };
  const stderr = loaded.error.map((problem) => `${formatDiagnostic(problem)}\n`).join("");
  return { stdout: "", stderr, code: badInput };
}

const schemaText = (roles: typeof builtIn): string => `${JSON.stringify(inventorySchema(roles), null, 1)}\n`;
