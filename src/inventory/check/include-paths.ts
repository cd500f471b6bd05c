import { z } from "zod";

const path = /^(?!\.{1,2}(\/|$))[^/\p{Cc}]+(\/(?!\.{1,2}(\/|$))[^/\p{Cc}]+)*$/u;

/** A role's variable for `AssetFolder.include`: paths in a folder of the project. */
export const includePaths = z
  .array(z.string().regex(path, "a path inside the folder, like .env or config/.env"))
  .default([]);
