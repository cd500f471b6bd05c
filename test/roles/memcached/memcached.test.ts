import { describe, expect, it } from "vitest";
import { desiredOn, type HostSpec, textAt } from "../scenario.ts";

const cache = (address: string, vars: Readonly<Record<string, string | number>> = {}): HostSpec => ({
  address,
  roles: { memcached: vars },
});

describe("the role memcached", () => {
  const specs = {
    cache1: cache("10.0.0.51", { memory: 256 }),
    cache2: cache("10.0.0.52"),
    cache3: cache("fd00::53"),
  };

  it("listens inside only, never on all addresses, and never over UDP", () => {
    const lines = textAt("/etc/memcached.conf", desiredOn("cache1", specs)).split("\n");
    expect(lines.filter((line) => line.startsWith("-l"))).toEqual(["-l 10.0.0.51", "-l 127.0.0.1"]);
    expect(lines).toEqual(expect.arrayContaining(["-U 0", "-m 256", "-p 11211"]));
  });

  it("is filled from every other copy, and from none where it is alone", () => {
    const peers = (name: string, stack: typeof specs | { cache1: HostSpec }): readonly string[] =>
      textAt("/etc/memcached-copies.conf", desiredOn(name, { ...stack })).match(/^peer .*$/gm) ?? [];
    expect(peers("cache2", specs)).toEqual(["peer 10.0.0.51:11211", "peer [fd00::53]:11211"]);
    expect(peers("cache1", { cache1: cache("10.0.0.51") })).toEqual([]);
  });

  it("restarts memcached for its own settings alone: a new copy in the stack costs nobody what he holds", () => {
    const unit = (key: string) =>
      desiredOn("cache1", specs).find((one) => one.kind === "unit" && one.key === key);
    expect(unit("memcached")?.restartOn).toEqual(["file:/etc/memcached.conf"]);
    expect(unit("memcached")?.reloadOn).toBeUndefined();
    const without = { cache1: specs.cache1, cache2: specs.cache2 };
    const config = (stack: Readonly<Record<string, HostSpec>>) =>
      textAt("/etc/memcached.conf", desiredOn("cache1", stack));
    expect(config(without)).toBe(config(specs));
  });
});
