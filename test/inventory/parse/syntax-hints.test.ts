import { describe, expect, it } from "vitest";
import { oneHost, readBad, summaries } from "../files.ts";

function told(text: string): readonly string[] {
  return summaries(readBad({ "hosts.yml": text }));
}

describe("slips of those who come from elsewhere", () => {
  it.each([
    ["x: {{ foo }}", 'put quotes around {{ foo }}: "{{ foo }}"'],
    ["x: {{ foo }}/bar", 'put quotes around {{ foo }}/bar: "{{ foo }}/bar"'],
    ["nginx: {port: {{ port }}}", 'put quotes around {{ port }}: "{{ port }}"'],
    ["x:\n  - {{ foo }}", 'put quotes around {{ foo }}: "{{ foo }}"'],
    ["vars: {x: 1}", "write the host's variables directly below its name"],
  ])("%s", (line, hint) => {
    expect(readBad(oneHost(line)).map((problem) => problem.hint)).toEqual([hint]);
  });

  it("a line of an INI inventory", () => {
    expect(told("all:\n  hosts:\n    web1: ansible_host=1.2.3.4 ansible_port=22\n")).toEqual([
      "hosts.yml:3:11: the variables of `web1` must be a mapping, this is text | write { ansible_host: 1.2.3.4, ansible_port: 22 }",
    ]);
  });

  it.each([
    ["gunicorn={workers: 2}", '{"gunicorn": {"workers": 2}}'],
    ["roles=[common, nginx]", '{"roles": ["common", "nginx"]}'],
  ])("-e %s", (text, json) => {
    const problems = readBad(oneHost("x: 1"), { extraVars: [text] });
    expect(problems.map(({ hint }) => hint)).toEqual([`write -e '${json}'`]);
  });
});
