import { isIP, isIPv6, SocketAddress } from "node:net";

/**
 * An IPv6 address as the kernel, daemons and OpenSSH print it (RFC 5952), whatever way it was written; a zone (`%eth0`) or
 * the length of a network (`/64`) stays behind it. Any other text is given back as it is. Addresses are compared in this form.
 */
export function canonicalAddress(text: string): string {
  const [, address = "", rest = ""] = /^([^%/]*)(.*)$/s.exec(text) ?? [];
  return isIPv6(address) ? new SocketAddress({ address, family: "ipv6" }).address + rest : text;
}

/** Whether a text is an IPv4 or IPv6 address, and no name and no network. */
export const isAddress = (text: string): boolean => isIP(text) !== 0;
