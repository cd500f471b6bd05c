import type { AnyRole } from "provision";
import { common } from "./common.ts";
import { gunicorn } from "./gunicorn.ts";
import { nginx } from "./nginx.ts";

const list: readonly AnyRole[] = [common, gunicorn, nginx];

/** All built-in roles, by name. A new one is one file, its templates, and one line in the list above. */
export const roles: ReadonlyMap<string, AnyRole> = new Map(list.map((role) => [role.name, role]));
