import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { selectHosts } from "../../../src/inventory/resolve/limit.ts";
import { readGood, withFiles } from "../files.ts";

const text = `all:
  children:
    web:
      hosts: {"web[1:4]": }
      children: {edge: {hosts: {edge1.lan: , web1: }}}
    db: {hosts: {db1: , "db2": }}
    dc1: {hosts: {web1: , web3: , db1: }}
    empty:
  hosts: {lonely: , "2001:db8::1": , "10.0.0.1": }
`;
const { inventory } = readGood({ "hosts.yml": text });

function select(limit: string): readonly string[] {
  const selected = selectHosts(inventory, limit);
  if (!selected.ok) throw new Error(selected.error.message);
  return selected.value;
}

interface Theirs {
  readonly hosts: readonly string[];
  /** A pattern matched nothing, or is none: a warning or an error. */
  readonly refused: boolean;
}

/** What Ansible's own code selects with each limit. */
function oracle(limits: readonly string[]): readonly Theirs[] {
  return withFiles({ "hosts.yml": text }, (cwd) => {
    // Debian's own interpreter is the one that sees Debian's ansible-core.
    const script = join(import.meta.dirname, "limit-oracle.py");
    const options = { cwd, encoding: "utf8", input: JSON.stringify(limits) } as const;
    const result = spawnSync("/usr/bin/python3", [script], options);
    if (result.status !== 0) throw new Error(`install the Debian package \`ansible-core\`: ${result.stderr}`);
    return JSON.parse(result.stdout);
  });
}

describe("the same hosts as Ansible", () => {
  const limits = [
    "web1",
    "web",
    "web:db",
    "web,db",
    "web:&dc1",
    "web:&dc1:!web3",
    "!web",
    "&dc1",
    "all:!web:!db",
    "web*",
    "*.lan",
    "web?",
    "w[e]b1",
    "web[!12]",
    "web[0]",
    "web[-1]",
    "web[1:2]",
    "web[0:2]",
    "web[2:]",
    "web[0:0]",
    "web[2:0]",
    "web*[5]",
    "w*[3:6]",
    "d*[0:1]",
    "~web[12]$",
    "~(web|db)1",
    "~.*lan",
    "~web[1-3]:!~.*2$",
    "~w.*:&~.*[13]$",
    "web:!~web[23]",
    "~(?i)WEB1",
    "~web\\d$",
    "2001:db8::1",
    "2001:db8::*,",
    "!2001:db8::1,all",
    "10.0.0.1",
    "10.0.*",
    "web1, db2 ",
    "db[0]:web[1]",
    "edge",
    "ungrouped",
    "db1:db2",
    "lonely,edge1.lan",
    "~(?P<x>db)2",
    "dc1:!db",
    "w*:!*1",
    "d[bc]*",
    "web[0],&dc1",
    "all:&web:&dc1:!web1",
    "web[1:3]:!web[1]",
    "[dw]*[0:3]",
    "[!dw]*",
    "web[0-1]",
  ];

  it("for every kind of pattern", () => {
    const theirs = oracle(limits);
    expect(limits.filter((_, i) => theirs[i]?.refused)).toEqual([]);
    expect(limits.map((limit) => [...select(limit)].sort())).toEqual(theirs.map(({ hosts }) => hosts));
  });

  it("for patterns put together at random, and refused where Ansible warns of a pattern or finds no host", () => {
    const name = fc.constantFrom(
      "web",
      "web1",
      "web2",
      "db",
      "db1",
      "dc1",
      "edge",
      "edge1.lan",
      "all",
      "lonely",
      "10.0.0.1",
    );
    const glob = fc.constantFrom(
      "web*",
      "w?b[1-3]",
      "*",
      "d*",
      "*.lan",
      "[!w]*",
      "[a-d]*",
      "x*",
      "*1",
      "10.*",
      "2001*",
    );
    const regex = fc.constantFrom(
      "~web[1-3]",
      "~.*1$",
      "~(web|db)",
      "~d.*",
      "~w",
      "~[^w]",
      "~web\\d",
      "~.*\\.lan$",
      "~(",
    );
    const subscript = fc.constantFrom(
      "",
      "",
      "",
      "[0]",
      "[-1]",
      "[1]",
      "[0:1]",
      "[1:]",
      "[2:0]",
      "[9]",
      "[1:9]",
      "[1-2]",
    );
    const one = fc.oneof(
      fc.tuple(fc.oneof(name, glob), subscript).map((parts) => parts.join("")),
      regex,
    );
    const signed = fc.tuple(fc.constantFrom("", "", "&", "!"), one).map((parts) => parts.join(""));
    const limit = fc
      .tuple(fc.array(signed, { minLength: 1, maxLength: 4 }), fc.constantFrom(":", ",", ", "))
      .map(([parts, separator]) => parts.join(separator));
    const seed = Date.now() % 1_000_000;
    const many = fc.sample(limit, { numRuns: 2000, seed });
    const theirs = oracle(many);
    const ours = many.map((each) => {
      const selected = selectHosts(inventory, each);
      return selected.ok ? [...selected.value].sort() : "refused";
    });
    const wanted = theirs.map(({ hosts, refused }) => (refused ? "refused" : hosts));
    const wrong = many.flatMap((each, i) =>
      JSON.stringify(ours[i]) === JSON.stringify(wanted[i])
        ? []
        : [{ each, ours: ours[i], theirs: theirs[i] }],
    );
    expect(wrong.slice(0, 5), `seed ${seed}`).toEqual([]);
  });

  it("a glob over IPv6 addresses is one pattern; Ansible would find all hosts behind its last colon", () => {
    expect(select("2001:db8::*")).toEqual(["2001:db8::1"]);
    expect(select("2001:*:*")).toEqual(["2001:db8::1"]);
    expect(select("!2001:db8::*")).not.toContain("2001:db8::1");
    expect(select("db:dc1:*")).toHaveLength(inventory.hosts.size);
    expect(selectHosts(inventory, "2001:db9::*").ok).toBe(false);
    expect(selectHosts(inventory, "[2001:db8::1]")).toMatchObject({
      ok: false,
      error: { hint: "did you mean `2001:db8::1`?" },
    });
  });
});

describe("selectHosts", () => {
  it("keeps the order of the inventory", () => {
    expect(select("db1,web3,web1")).toEqual(["web1", "web3", "db1"]);
  });

  it("reads patterns from a file", () => {
    withFiles({ list: "web1\n\n db \n" }, (cwd) => {
      expect(select(`@${cwd}/list`)).toEqual(["web1", "db1", "db2"]);
      expect(select(`@${cwd}/list,!db`)).toEqual(["web1"]);
    });
  });

  it.each([
    ["wbe", 1, "no host and no group is called `wbe`", "did you mean `web`?"],
    ["web1,lonley", 6, "no host and no group is called `lonley`", "did you mean `lonely`?"],
    ["web:!dbb1", 5, "no host and no group is called `dbb1`", "did you mean `db1`?"],
    ["web:&nothing", 5, "no host and no group is called `nothing`", undefined],
    ["x*", 1, "no host and no group is called `x*`", undefined],
    ["empty", 1, "the group `empty` has no hosts", undefined],
    ["web[9]", 1, "`web[9]` selects no host: `web` has 5, counted from 0", undefined],
    ["~(", 1, "`~(` is not a valid pattern", undefined],
    ["web1:!web1", 1, "this limit selects no host", undefined],
    ["", 1, "the limit is empty", "remove -l to select all hosts"],
    [" , ", 1, "the limit is empty", "remove -l to select all hosts"],
    ["@/nowhere", 1, "cannot read /nowhere: there is no such file", undefined],
  ])("refuses %s", (limit, col, message, hint) => {
    const selected = selectHosts(inventory, limit);
    expect(selected).toMatchObject({
      ok: false,
      error: { message, source: { file: "--limit", line: 1, col } },
    });
    expect(selected.ok ? undefined : selected.error.hint).toBe(hint);
  });
});
