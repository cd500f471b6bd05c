import { isIP, isIPv6, SocketAddress } from "node:net";

/**
 * An IPv6 address as the kernel, daemons and OpenSSH print it (RFC 5952). It keeps a zone (`%eth0`) or the length of a
 * network (`/64`). Any other text is returned unchanged. Compare addresses in this form.
 */
export function canonicalAddress(text: string): string {
  const [, address = "", rest = ""] = /^([^%/]*)(.*)$/s.exec(text) ?? [];
  return isIPv6(address) ? new SocketAddress({ address, family: "ipv6" }).address + rest : text;
}

/** Whether a text is an IPv4 or IPv6 address. Names and networks are not. */
export const isAddress = (text: string): boolean => isIP(text) !== 0;
