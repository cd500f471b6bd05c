import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { subnetOf } from "../../src/lab/hosts.ts";
import { relayDown, relayUp, relayUrl } from "../../src/lab/nspawn/relay.ts";
import { overlap, subnetNameOf, subnetOfName } from "../../src/lab/subnet.ts";

const run = promisify(execFile);

describe("the network of a lab", () => {
  it.each([
    ["10.77.0.21", "10.77.0", "10.77.0.1", "10.77.0.0/24"],
    ["fd77::21", "fd77::", "fd77::1", "fd77::/64"],
    ["fd77:1:2:3:4:5:6:7", "fd77:1:2:3::", "fd77:1:2:3::1", "fd77:1:2:3::/64"],
    ["2001:db8:0:1::9", "2001:db8:0:1::", "2001:db8:0:1::1", "2001:db8:0:1::/64"],
  ])("of %s", (address, name, gateway, network) => {
    expect(subnetNameOf(address)).toBe(name);
    expect(subnetOfName(name)).toMatchObject({ gateway, network });
  });

  it("differs from networks that contain its addresses", () => {
    expect(overlap("10.0.0.0/8", "10.77.0.0/24")).toBe(true);
    expect(overlap("10.77.0.21", "10.77.0.0/24")).toBe(true);
    expect(overlap("10.78.0.0/24", "10.77.0.0/24")).toBe(false);
    expect(overlap("fd77::/64", "fd77::/48")).toBe(true);
    expect(overlap("fd77:0:0:1::/64", "fd77::/64")).toBe(false);
  });

  it.each([
    [["fd77::11", "10.77.0.12"], "one /24 of IPv4 or one /64 of IPv6"],
    [["fd77::11", "fd77:0:0:1::12"], "these are in fd77:0:0:1::/64, fd77::/64"],
    [["fd77::1"], "fd77::1 is not free for a host"],
    [["fe80::12"], "fe80::12 is a link-local or multicast address"],
    [["10.77.0.255"], "10.77.0.255 is not free for a host"],
    [["10.77.0.300"], "is not an IP address"],
  ])("%j are refused", (addresses, words) => {
    const done = subnetOf(addresses.map((address, i) => ({ name: `web${i}`, address })));
    expect(done).toMatchObject({
      ok: false,
      error: { input: true, message: expect.stringContaining(words) },
    });
  });
});

describe("the relay by which hosts with IPv6 addresses get their packages", () => {
  const lab = { dir: "/nowhere/lab-of-a-test", bridge: "none" };
  afterAll(() => relayDown(lab));

  it("hands on what is read, by http and through CONNECT, and nothing else, until it is taken down", async () => {
    const mirror = createServer((request, answer) => answer.end(`${request.method} ${request.url}`));
    await new Promise<void>((done) => mirror.listen(0, "127.0.0.1", done));
    const address = mirror.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/debian/x.deb`;
    expect(await relayUp(lab, "::1")).toEqual({ ok: true, value: undefined });
    const curl = async (...args: readonly string[]): Promise<string> =>
      (await run("curl", ["-qsS", "--noproxy", "", "--proxy", relayUrl("::1"), ...args, url])).stdout;
    expect(await curl()).toBe("GET /debian/x.deb");
    expect(await curl("--proxytunnel")).toBe("GET /debian/x.deb");
    expect(await curl("-o", "/dev/null", "-w", "%{http_code}", "-d", "x")).toBe("405");
    mirror.close();
    mirror.closeAllConnections();
    expect(await curl("-o", "/dev/null", "-w", "%{http_code}")).toBe("502");
    relayDown(lab);
    await expect(curl()).rejects.toThrow(/Failed to connect/);
  });
});
