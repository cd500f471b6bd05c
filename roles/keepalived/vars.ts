import { network as floating } from "provision";
import { z } from "zod";

const routerId = z
  .int()
  .min(1)
  .max(255)
  .optional()
  .describe("VRRP router id. Default: from the first address, so that neighbours do not share one");
const interfaceName = z
  .string()
  .regex(/^[\w.@-]{1,15}$/, "not the name of a network interface")
  .optional()
  .describe("Network interface of the addresses. Default: found by the host's own addresses");

const instance = z.strictObject({
  addresses: z.array(floating).min(1).describe("Addresses that move together"),
  preferred: z
    .string()
    .optional()
    .describe(
      "Host that has them when all is well. Default: each instance another one, in the inventory's order",
    ),
  routerId,
  interface: interfaceName,
});

/** The variables of the role keepalived. */
export const vars = z
  .strictObject({
    addresses: z
      .array(floating)
      .default([])
      .describe(
        "Active-passive: addresses that one host holds until it fails, as 10.0.0.10/24. It stays where it is when the other host returns",
      ),
    instances: z
      .record(z.string().regex(/^[A-Za-z][\w-]{0,30}$/, "a short word"), instance)
      .default({})
      .describe(
        "Active-active, instead of `addresses`: name → addresses. Each host holds some when all is well; users get all of them by DNS",
      ),
    interface: interfaceName,
    routerId,
    advertInterval: z
      .number()
      .min(0.05)
      .max(10)
      .default(0.2)
      .describe(
        "Seconds between two signs of life. After three without one the address moves. Below 0.2 a busy machine may be taken for a dead one",
      ),
    preemptDelay: z
      .int()
      .min(0)
      .max(1000)
      .default(60)
      .describe(
        "Active-active: seconds that a host which returned must be well before it gets its addresses back",
      ),
    follow: z
      .array(z.string().regex(/^[\w:.\\@-]+$/, "not the name of a systemd unit"))
      .optional()
      .describe(
        "systemd services without which a host must not hold an address. Default: that of the role which provides `web` on the same host",
      ),
    onChange: z
      .string()
      .default("")
      .describe(
        "Shell lines run after each change, with $instance and $state (MASTER, BACKUP, FAULT), as where a cloud must be told who has the address",
      ),
  })
  .refine(
    ({ addresses, instances }) => addresses.length === 0 || Object.keys(instances).length === 0,
    "give `addresses` or `instances`, not both",
  );
export type Vars = z.infer<typeof vars>;
