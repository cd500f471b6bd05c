import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { selectHosts } from "../../src/inventory/limit.ts";
import { readGood, withFiles } from "./files.ts";

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
    "web[2:]",
    "web[0:0]",
    "d*[0:1]",
    "~web[12]$",
    "~(web|db)1",
    "~.*lan",
    "2001:db8::1",
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
  ];

  it("for every kind of pattern", () => {
    const script = [
      "import json, sys",
      "from ansible.parsing.dataloader import DataLoader",
      "from ansible.inventory.manager import InventoryManager",
      "out = []",
      "for limit in json.loads(sys.argv[1]):",
      "    manager = InventoryManager(loader=DataLoader(), sources=['hosts.yml'])",
      "    manager.subset(limit)",
      "    out.append(sorted(h.name for h in manager.get_hosts('all')))",
      "print(json.dumps(out))",
    ].join("\n");
    const theirs = withFiles({ "hosts.yml": text }, (cwd) => {
      // Debian's own interpreter is the one that sees Debian's ansible-core.
      const result = spawnSync("/usr/bin/python3", ["-c", script, JSON.stringify(limits)], {
        cwd,
        encoding: "utf8",
      });
      if (result.status !== 0)
        throw new Error(`install the Debian package \`ansible-core\`: ${result.stderr}`);
      return JSON.parse(result.stdout);
    });
    expect(limits.map((limit) => [...select(limit)].sort())).toEqual(theirs);
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
    ["~(", 1, "`~(` is no valid pattern", undefined],
    ["web1:!web1", 1, "this limit leaves no host", undefined],
    ["", 1, "the limit is empty", "leave it out to take all hosts"],
    [" , ", 1, "the limit is empty", "leave it out to take all hosts"],
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
