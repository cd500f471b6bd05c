import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalAddress } from "../../src/base/ip.ts";

describe("the canonical form of an address", () => {
  it.each([
    ["2001:DB8:0:0::10", "2001:db8::10"],
    ["2001:0db8:0000:0000:0000:0000:0000:0010", "2001:db8::10"],
    ["2001:DB8:0::10/64", "2001:db8::10/64"],
    ["FE80:0::1%eth0", "fe80::1%eth0"],
    ["::ffff:c000:201", "::ffff:192.0.2.1"],
    ["0:0:0:0:0:0:0:1", "::1"],
  ])("%s is %s", (written, canonical) => {
    expect(canonicalAddress(written)).toBe(canonical);
  });

  it.each(["192.0.2.1", "10.0.0.0/8", "web1.Example.net", "", "anyone", "a:b", "[::1]:80"])(
    "of %j is the text itself",
    (text) => {
      expect(canonicalAddress(text)).toBe(text);
    },
  );

  it("is what the C library prints", () => {
    const addresses = fc.sample(fc.ipV6(), 300);
    const print =
      "import socket, sys\nfor a in sys.argv[1:]: print(socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, a)))";
    const printed = execFileSync("python3", ["-c", print, ...addresses], { encoding: "utf8" })
      .trim()
      .split("\n");
    expect(addresses.map(canonicalAddress)).toEqual(printed);
  });
});
