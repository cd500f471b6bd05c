import { directory, file, type Resource, type RoleContext } from "provision";
import { needOpenFiles } from "../limits.ts";
import type { Flavour } from "./flavour/flavour.ts";
import type { Vars } from "./vars.ts";

/** The lower limit of the packages' units (MySQL's; MariaDB's is 32768). */
const packaged = 10_000;

/**
 * The limit of open files if the inventory sets `max_connections`: both daemons need up to five files for each connection,
 * and some thousand for tables.
 */
export function limitsOf({ vars, facts, render }: RoleContext<Vars>, flavour: Flavour): readonly Resource[] {
  const connections = Number(vars.settings.max_connections);
  if (!Number.isInteger(connections)) return [];
  const files = Math.max(packaged, connections * 5 + 5000);
  needOpenFiles(facts, files, "mysql.settings.max_connections");
  const folder = `/etc/systemd/system/${flavour.unit}.d`;
  return [
    directory(folder),
    file(`${folder}/provision-limits.conf`, { content: render("limits.conf", { files }) }),
  ];
}
