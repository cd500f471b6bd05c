import type { Kind } from "../model/kind.ts";
import { directoryKind } from "./directory.ts";
import { execKind } from "./exec.ts";
import { fileKind } from "./file.ts";
import { groupKind } from "./group.ts";
import { linkKind } from "./link.ts";
import { packageKind } from "./package.ts";
import { accountKind } from "./sql/account.ts";
import { databaseKind } from "./sql/database.ts";
import { sysctlKind } from "./sysctl.ts";
import { unitKind } from "./unit.ts";
import { userKind } from "./user.ts";

const all: readonly Kind[] = [
  packageKind,
  groupKind,
  userKind,
  directoryKind,
  fileKind,
  linkKind,
  sysctlKind,
  execKind,
  unitKind,
  databaseKind,
  accountKind,
];

/** Every kind, by its name. */
export const kinds: ReadonlyMap<string, Kind> = new Map(all.map((kind) => [kind.name, kind]));
