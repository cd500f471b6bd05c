import { z } from "zod";

const path = z.string().regex(/^\/[^\s]*$/, "a path like /items");
const text = z.string().min(1);

const request = z.strictObject({
  method: z.enum(["GET", "POST", "PUT"]).default("GET").describe("Method of the request"),
  path: path.describe("Its path and query; `{id}` is the id"),
  body: z.record(text, text).optional().describe("Its body, sent as JSON; `{id}` is the id"),
});

/** The variable `drill` of an inventory. */
export const drillSettings = z.strictObject({
  allowed: z.boolean().default(false).describe("`provision drill` may break these hosts"),
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Where users reach the stack. Default: the floating address"),
  read: path
    .optional()
    .describe("A page that needs no write. Default: that of the sample application, else /"),
  write: request.optional().describe("Writes an id; an answer of 200 to 299 acknowledges it"),
  list: request.optional().describe("Lists ids: every id in the answer is there"),
  power_off: text
    .optional()
    .describe(
      "Command on this machine that cuts the power of `{host}`, without a shutdown. Default: the lab's own",
    ),
  power_on: text.optional().describe("Command on this machine that powers `{host}` on"),
});

export type DrillSettings = z.infer<typeof drillSettings>;
