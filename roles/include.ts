import { z } from "zod";

/** Paths in a folder of the project that are copied although they would be left out. */
export const include = z
  .array(
    z
      .string()
      .regex(
        /^(?!\.{1,2}(\/|$))[^/\p{Cc}]+(\/(?!\.{1,2}(\/|$))[^/\p{Cc}]+)*$/u,
        "a path inside the folder, like .env or config/.env",
      ),
  )
  .default([]);
