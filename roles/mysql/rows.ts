import { quote, type StoredIds, sqlClient } from "provision";

/** Prints a column of a table, as this member has it, with the daemon's own client. */
export const rows = ({ database, table, column }: StoredIds): string => `${sqlClient}
sql_client 50 --skip-column-names --execute ${quote(`SELECT ${name(column)} FROM ${name(database)}.${name(table)}`)}`;

/** A name in a statement. */
const name = (text: string): string => `\`${text.replaceAll("`", "``")}\``;
