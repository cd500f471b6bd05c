import { directory, file, type Resource, type RoleContext } from "provision";
import { needOpenFiles } from "../limits.ts";
import type { Flavour } from "./flavour/flavour.ts";
import type { Vars } from "./vars.ts";

/** What the units of the packages allow at the least (MySQL's; MariaDB's has 32768). */
const packaged = 10_000;

/**
 * The limit of open files where the inventory sets `max_connections`: both daemons want up to five files for each connection,
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
