import { describe, expect, it } from "vitest";
import {
  command,
  content,
  directory,
  exec,
  file,
  group,
  http,
  link,
  pkg,
  ResourceError,
  sysctl,
  unit,
  user,
} from "../../src/index.ts";

const good = { command: "x", unless: "y" };

/** What a role's author may get wrong, and a word of what the message must tell. */
const mistakes: readonly (readonly [string, () => unknown, string])[] = [
  ["relative path", () => file("etc/x", { content: "" }), "absolute"],
  ["dots in a path", () => file("/etc/../x", { content: "" }), "shortest form"],
  ["slash at the end", () => directory("/srv/"), "shortest form"],
  ["the root", () => directory("/"), "shortest form"],
  ["line end in a path", () => file("/etc/a\nb", { content: "" }), "control characters"],
  ["NUL in a path", () => link("/etc/a\0b", { target: "x" }), "control characters"],
  ["half a character", () => file("/etc/\ud800", { content: "" }), "control characters"],
  ["name too long", () => file(`/${"é".repeat(128)}`, { content: "" }), "255 bytes"],
  ["path too long", () => file(`/${"a/".repeat(2001)}b`, { content: "" }), "4000"],
  ["mode of three digits", () => file("/x", { content: "", mode: "644" }), '"0644"'],
  ["mode in letters", () => directory("/x", { mode: "u+x" }), '"0644"'],
  ["owner with a colon", () => file("/x", { content: "", owner: "a:b" }), "not a name"],
  ["group like an option", () => directory("/x", { group: "--reference=/etc/shadow" }), "not a name"],
  ["check without %s", () => file("/x", { content: "", check: "nginx -t" }), "%s"],
  ["empty target", () => link("/x", { target: "" }), "not empty"],
  ["package with blanks", () => pkg("nginx light"), "package's name"],
  ["package like a pattern", () => pkg("nginx*"), "package's name"],
  ["package with its version", () => pkg("nginx=1"), "package's name"],
  ["version like a pattern", () => pkg("nginx", { version: "1.22*" }), "whole version"],
  ["held unit with a bad name", () => pkg("nginx", { heldUnits: ["a b"] }), "not the name of a unit"],
  ["template unit", () => unit("postgresql@.service"), "instance"],
  ["template unit in short", () => unit("postgresql@"), "instance"],
  ["unit like an option", () => unit("--force"), "not the name of a unit"],
  ["running and masked", () => unit("a", { masked: true, running: true }), "masked"],
  ["user of 33 letters", () => user("a".repeat(33)), "32"],
  ["user like an option", () => user("-a"), "not a name"],
  ["user by number", () => user("1000"), "not a name"],
  ["shell with a colon", () => user("a", { shell: "/bin/sh:" }), "colon"],
  ["negative uid", () => user("a", { uid: -1 }), "whole number"],
  ["group id of a half", () => group("a", { gid: 0.5 }), "whole number"],
  ["parameter of one name", () => sysctl("ip_forward", 1), "parameter's name"],
  ["parameter that climbs", () => sysctl("net/../../etc/passwd", 1), "parameter's name"],
  ["parameter with two dots", () => sysctl("net..ipv4", 1), "parameter's name"],
  ["value of two lines", () => sysctl("vm.swappiness", "1\n2"), "one line"],
  ["exec without unless", () => exec("a", { ...good, unless: " " }), "unless"],
  ["exec without command", () => exec("a", { ...good, command: "" }), "command"],
  ["exec without a name", () => exec("", good), "not empty"],
];

describe("a role author's mistakes", () => {
  it.each(mistakes)("%s", (_name, make, words) => {
    expect(make).toThrow(ResourceError);
    expect(make).toThrow(words);
  });

  it("name the resource", () => {
    expect(() => file("/x", { content: "", mode: "9" })).toThrow(/^file:\/x: /);
    expect(() => user("a", { uid: -1 })).toThrow(/^user:a: /);
  });

  it("in health checks", () => {
    expect(() => http("healthz")).toThrow("begin with /");
    expect(() => http("/", { status: 20 })).toThrow("HTTP status");
    expect(() => command(" ")).toThrow("shell command");
  });
});

describe("what the constructors make", () => {
  it("one unit has one name", () => {
    expect(unit("nginx.service").key).toBe("nginx");
    expect(unit("logrotate.timer").key).toBe("logrotate.timer");
  });

  it("one parameter has one name", () => {
    expect(sysctl("net/ipv4/conf/eth0.100/rp_filter", 1)).toEqual(
      sysctl("net.ipv4.conf.eth0/100.rp_filter", " 1 "),
    );
  });

  it("watched resources become ids, given either way", () => {
    const config = file("/etc/a", { content: "" });
    const made = unit("a", { reloadOn: [config], restartOn: [config, "package:a"] });
    expect([made.reloadOn, made.restartOn]).toEqual([["file:/etc/a"], ["file:/etc/a", "package:a"]]);
    expect(unit("a")).not.toHaveProperty("reloadOn");
  });

  it("a unit that is not wanted at all may be masked or not", () => {
    expect(unit("a", { running: false, enabled: false }).desired).toEqual({
      running: false,
      enabled: false,
      stale: false,
    });
    expect(unit("a", { running: false }).desired).toHaveProperty("masked", false);
    expect(unit("a").desired).toHaveProperty("masked", false);
  });

  it("groups are sorted and named once", () => {
    expect(user("a", { groups: ["b", "a", "b"] }).desired?.groups).toEqual(["a", "b"]);
  });

  it("secret content keeps its mark", () => {
    expect(file("/x", { content: content("s", { secret: true }) }).payload?.content?.secret).toBe(true);
  });
});
