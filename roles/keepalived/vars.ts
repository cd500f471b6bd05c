import { network as floating } from "provision";
import { z } from "zod";

const routerId = z
  .int()
  .min(1)
  .max(255)
  .optional()
  .describe("VRRP router id. Default: computed from the first address, so that stacks on one network differ");
const interfaceName = z
  .string()
  .regex(/^[\w.@-]{1,15}$/, "not the name of a network interface")
  .optional()
  .describe(
    "Network interface of the addresses. Default: the one in their network, by the host's own addresses",
  );

const instance = z.strictObject({
  addresses: z.array(floating).min(1).describe("Addresses that move together"),
  preferred: z
    .string()
    .optional()
    .describe(
      "Host that holds them while all hosts are healthy. Default: another one for each instance, in the inventory's order",
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
        "Active-passive: addresses that one host holds until it fails, as 10.0.0.10/24. They do not move back when that host returns",
      ),
    instances: z
      .record(z.string().regex(/^[A-Za-z][\w-]{0,30}$/, "a short word"), instance)
      .default({})
      .describe(
        "Active-active, instead of `addresses`: name → addresses. Each host holds some while all are healthy; DNS gives users all of them",
      ),
    interface: interfaceName,
    routerId,
    advertInterval: z
      .number()
      .min(0.05)
      .max(10)
      .multipleOf(0.01)
      .default(0.2)
      .describe(
        "Seconds between two adverts. After three missing adverts the address moves. Below 0.2, a busy machine may count as dead",
      ),
    preemptDelay: z
      .int()
      .min(0)
      .max(1000)
      .default(60)
      .describe(
        "Active-active: seconds that a returned host must be healthy before it gets its addresses back",
      ),
    follow: z
      .array(z.string().regex(/^\w[\w:.@-]{0,199}$/, "not the name of a systemd unit"))
      .optional()
      .describe(
        "systemd services that a host needs to hold an address. Default: the service of the role that provides `web` on the same host",
      ),
    onChange: z
      .string()
      .default("")
      .describe(
        "Shell lines that run after each change, with $instance and $state (MASTER, BACKUP, FAULT); for example to tell a cloud which host has the address",
      ),
  })
  .refine(
    ({ addresses, instances }) => addresses.length === 0 || Object.keys(instances).length === 0,
    "give `addresses` or `instances`, not both",
  );
export type Vars = z.infer<typeof vars>;
