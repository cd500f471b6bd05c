import { z } from "zod";

/** How many days before the end of a certificate monitoring warns, and calls it critical. */
export const certificateDays = z
  .strictObject({
    warning: z.int().min(1).max(36_500).default(21).describe("Days before its end from which it warns"),
    critical: z.int().min(1).max(36_500).default(7).describe("Days before its end from which it is critical"),
  })
  .refine(({ warning, critical }) => critical <= warning, "`critical` must not be above `warning`");
