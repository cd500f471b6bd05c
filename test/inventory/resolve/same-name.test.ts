import { describe, expect, it } from "vitest";
import { readBad, readGood, summaries } from "../files.ts";

describe("a group and a host of one name", () => {
  it.each([
    ["a member of its own group", "all: {children: {seed: {hosts: {seed: }}}}"],
    ["a member of another group", "seed: {hosts: {a: }}\nweb: {hosts: {seed: }}"],
    ["with a port, which Ansible keeps", "seed: {hosts: {'seed:2222': }}"],
    [
      "with variables that Ansible reads before the group",
      "web: {hosts: {seed: {x: 1}}}\nseed: {hosts: {a: }}",
    ],
  ])("is a warning where nothing is lost: %s", (_, text) => {
    const { warnings } = readGood({ "hosts.yml": text });
    expect(warnings.map(({ message }) => message)).toEqual([
      "`seed` is both a group and a host: as a limit it means the host",
    ]);
  });

  it("also with files of their own", () => {
    const { inventory } = readGood({
      "hosts.yml": "seed: {hosts: {seed: , b: }}",
      "group_vars/seed.yml": "x: 1\ny: 1\n",
      "host_vars/seed.yml": "x: 2\n",
    });
    const values = ["seed", "b"].map((name) => inventory.hosts.get(name)?.vars.get("x")?.value);
    expect(values).toEqual([2, 1]);
  });

  it("is an error where Ansible would give the host's variables to the group, or lose the host", () => {
    expect(summaries(readBad({ "hosts.yml": "seed: {hosts: {seed: {x: 1}, b: }}" }))).toEqual([
      "hosts.yml:1:23: `seed` is both a group and a host, so Ansible gives the host's variables to the group | rename one of them",
    ]);
    expect(summaries(readBad({ "hosts.yml": "all: {hosts: {seed: }}\nseed: {hosts: {b: }}" }))).toEqual([
      "hosts.yml:1:15: `seed` is both a group and a host, so Ansible would put the group, not the host, into `ungrouped` | rename one of them, or put the host into a group",
    ]);
  });
});
