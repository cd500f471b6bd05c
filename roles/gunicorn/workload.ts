import type { Workload } from "provision";
import { isSample } from "./release.ts";
import type { Vars } from "./vars.ts";

/** The requests with which a drill uses the sample application; undefined: the application is another one. */
export function workloadOf(vars: Vars): Workload | undefined {
  if (!isSample(vars)) return undefined;
  if (vars.database === undefined) return { read: { path: "/whoami" } };
  return {
    read: { path: "/whoami" },
    write: { method: "POST", path: "/notes", body: { id: "{id}", text: "drill {id}" } },
    own: { path: "/notes/{id}?from=primary" },
    cached: { path: "/notes/{id}", hit: ["x-cache", "hit"] },
    stored: { database: vars.database, table: "notes", column: "id" },
  };
}
