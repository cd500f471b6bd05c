import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { common } from "../../../roles/common/role.ts";
import type { Json } from "../../../src/model/json.ts";
import { Daemons } from "../daemon.ts";
import { desiredOn, type HostSpec, textAt } from "../scenario.ts";

const daemons = new Daemons();
afterAll(() => daemons.end());

const host = (address: string | undefined, vars: Json = {}): HostSpec => ({
  ...(address === undefined ? {} : { address }),
  roles: { common: vars },
});

const hostsOf = (name: string, specs: Readonly<Record<string, HostSpec>>): string =>
  textAt("/etc/hosts", desiredOn(name, specs));

/** The lines behind the loopback's. */
const linesOf = (name: string, specs: Readonly<Record<string, HostSpec>>): readonly string[] =>
  (hostsOf(name, specs).split("\n\n")[1] ?? "").trim().split("\n");

const renames = (name: string, specs: Readonly<Record<string, HostSpec>>): boolean =>
  desiredOn(name, specs).some(({ key }) => key === "/etc/hostname");

describe("/etc/hosts", () => {
  it("has hosts with _ in their names, and the C library finds them", () => {
    const text = hostsOf("web_1", { web_1: host("10.0.0.1"), web_2: host("FD00:0::2") });
    expect(text).toContain("10.0.0.1\tweb_1\nfd00::2\tweb_2\n");
    const file = join(daemons.folder, "hosts");
    writeFileSync(file, text);
    const look = `mount --bind ${file} /etc/hosts; getent hosts web_1 web_2 old-name`;
    expect(execFileSync("unshare", ["-m", "sh", "-c", look], { encoding: "utf8" }).split(/\s+/)).toEqual([
      "10.0.0.1",
      "web_1",
      "fd00::2",
      "web_2",
      // Nobody gets a name with _: the one that the host has stays, and is found.
      "127.0.1.1",
      "old-name",
      "",
    ]);
  });

  it("says which hosts it cannot hold, and why", () => {
    const specs = { "web@1": host("10.0.0.1"), web2: host("10.0.0.2"), web3: host("127.0.0.1") };
    expect(linesOf("web2", specs)).toEqual([
      "10.0.0.2\tweb2",
      '# No line for "web@1" at 10.0.0.1: a name in this file may contain only letters, digits, and - _ . between them.',
      '# No line for "web3" at 127.0.0.1: every host uses this address for itself.',
    ]);
    expect(linesOf("web3", specs)[1]).toBe("127.0.1.1\tweb3");
  });

  it("has no line that calls another host localhost, and none whose name is an address", () => {
    const specs = { localhost: host("10.0.0.9"), "10.0.0.5": host(undefined), web1: host("10.0.0.1") };
    expect(linesOf("web1", specs)).toEqual([
      "10.0.0.1\tweb1",
      '# No line for "localhost" at 10.0.0.9: every host uses this name for itself.',
    ]);
  });
});

describe("the name of a host", () => {
  it.each(["localhost", "localhost.localdomain", "10.0.0.5", "web_1"])(
    "stays what it is where the inventory says %s",
    (name) => {
      expect(renames(name, { [name]: host("10.0.0.1") })).toBe(false);
      expect(hostsOf(name, { [name]: host("10.0.0.1") })).toContain("127.0.1.1\told-name\n");
    },
  );

  it("is that of the inventory, or what it says", () => {
    expect(renames("web1", { web1: host("10.0.0.1") })).toBe(true);
    expect(renames("localhost", { localhost: host("10.0.0.1", { hostname: "web1" }) })).toBe(true);
    expect(hostsOf("localhost", { localhost: host("10.0.0.1", { hostname: "web1" }) })).toContain(
      "127.0.1.1\tweb1\n",
    );
  });

  it("cannot be set to localhost", () => {
    expect(common.vars.safeParse({ hostname: "localhost" }).success).toBe(false);
  });
});
