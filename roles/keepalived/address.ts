import type { Address } from "provision";

/** An address as a number, and the number of its bits. */
interface Bits {
  readonly value: bigint;
  readonly size: 32 | 128;
}

function bitsOf(address: string): Bits | undefined {
  if (/^\d+(\.\d+){3}$/.test(address)) {
    return { value: address.split(".").reduce((sum, part) => (sum << 8n) + BigInt(part), 0n), size: 32 };
  }
  if (!/^[0-9a-f:]*:[0-9a-f:.]*$/i.test(address)) return undefined;
  const parts = (text: string): readonly string[] => (text === "" ? [] : text.split(":"));
  const [head = "", tail] = withoutDots(address).split("::");
  const [before, after] = [parts(head), parts(tail ?? "")];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const all = [...before, ...Array.from({ length: Math.max(0, zeros) }, () => "0"), ...after];
  if (all.length !== 8 || all.some((part) => !/^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  return { value: all.reduce((sum, part) => (sum << 16n) + BigInt(`0x${part}`), 0n), size: 128 };
}

/** `::ffff:10.0.0.1` → `::ffff:a00:1`: the last 32 bits may have the form of an IPv4 address. */
const withoutDots = (address: string): string =>
  address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });

/** Whether two texts are the same address, in any spelling. */
export function sameAddress(a: string, b: string): boolean {
  const [left, right] = [bitsOf(a), bitsOf(b)];
  return left !== undefined && left.size === right?.size && left.value === right.value;
}

/** Whether an address is in the network of another address with this prefix length. */
function inNetwork(address: string, of: string, prefix: number): boolean {
  const [one, other] = [bitsOf(address), bitsOf(of)];
  if (one === undefined || other === undefined || one.size !== other.size) return false;
  const shift = BigInt(one.size - prefix);
  return one.value >> shift === other.value >> shift;
}

export const isIpv6 = (address: string): boolean => address.includes(":");

/** `10.0.0.10/24` → `10.0.0.10`. */
export const bare = (address: string): string => address.replace(/\/.*$/, "");

/**
 * The interface in the network of the floating address, else the interface with the host's own address. Floating addresses
 * that the host holds at the moment are ignored: the answer must not depend on their holder.
 */
export function findInterface(
  floating: readonly string[],
  own: string,
  addresses: readonly Address[],
): Address | undefined {
  const fixed = addresses.filter(({ address }) => !floating.some((one) => sameAddress(bare(one), address)));
  const [first = ""] = floating;
  return (
    fixed.find(({ address, prefix }) => inNetwork(bare(first), address, prefix)) ??
    fixed.find(({ address }) => sameAddress(address, own))
  );
}
