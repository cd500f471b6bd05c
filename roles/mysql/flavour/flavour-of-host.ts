import type { Facts } from "provision";
import type { Vars } from "../vars.ts";
import type { Flavour } from "./flavour.ts";
import { mariadb } from "./mariadb.ts";
import { mysql } from "./mysql.ts";

/** The flavour of a host. */
export function flavourOf({ flavour }: Vars, { os }: Facts): Flavour {
  if (flavour === "auto") return os.id === "ubuntu" ? mysql : mariadb;
  return flavour === "mysql" ? mysql : mariadb;
}
