import { z } from "zod";
import { canonicalAddress } from "../base/ip.ts";

const label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
/** Not a name that ends in a number: it is a mistyped IPv4 address, and a daemon would look it up in DNS. */
const notNumbers = String.raw`(?!([\w-]+\.)*[0-9]+$)`;
const sized = "(?=.{1,253}$)";
const dotted = String.raw`${label}(\.${label})*`;

const ipv6 = z.ipv6().overwrite(canonicalAddress);

/** An IP address. IPv6 gets the spelling that all daemons accept. */
export const address = z.union([z.ipv4(), ipv6], "not an IP address");

/** An IP address or a network. */
export const network = z.union(
  [z.ipv4(), ipv6, z.cidrv4(), z.cidrv6().overwrite(canonicalAddress)],
  "an address such as 10.0.0.1, or a network such as 10.0.0.0/8",
);

/** A TCP or UDP port. */
export const port = z.int().min(1).max(65535);

/** A host name as DNS allows it. */
export const hostName = z.string().regex(new RegExp(`^${sized}${notNumbers}${dotted}$`), "not a host name");

/** A host name, or all names below one, such as *.example.org. */
export const domain = z
  .string()
  .regex(new RegExp(String.raw`^(?=.{1,253}$)${notNumbers}(\*\.)?${dotted}$`), "not a host name");

const portText = String.raw`([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])`;
const ipv4Text = String.raw`((25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(25[0-5]|2[0-4]\d|1?\d?\d)`;

/** HOST:PORT. The host is a name or an address. */
export const hostAndPort = z
  .string()
  .regex(
    new RegExp(
      String.raw`^(\[[0-9a-fA-F:.]{2,45}\]|${ipv4Text}|(?=[^:]{1,253}:)(?!([\w-]+\.)*[0-9]+:)${dotted}):${portText}$`,
    ),
    "HOST:PORT, or [ADDRESS]:PORT for IPv6",
  )
  .refine((text) => {
    const [, v6] = /^\[(.*)\]/.exec(text) ?? [];
    return v6 === undefined || z.ipv6().safeParse(v6).success;
  }, "not an IPv6 address in the brackets");
