import { describe, expect, it } from "vitest";
import { hostOf, oneHost, onlyValue, readBad, readGood, summaries } from "../files.ts";

describe("references between variables", () => {
  it("keep their type when they are the whole value", () => {
    const reading = readGood(
      oneHost(`n: 80
f: 1.10
b: yes
l: [1, {x: "{{ n }}"}]
m: {deep: {list: [a, b]}}
rn: "{{ n }}"
rb: "{{b}}"
rl: "{{ l }}"
dotted: "{{ m.deep.list[1] }}"
quoted: "{{ m['deep']['list'] }}"
chain: "{{ rl }}"
`),
    );
    expect(onlyValue(reading, "rn")).toBe(80);
    expect(onlyValue(reading, "rb")).toBe(true);
    expect(JSON.stringify(onlyValue(reading, "chain"))).toBe('[1,{"x":80}]');
    expect(onlyValue(reading, "dotted")).toBe("b");
    expect(onlyValue(reading, "quoted")).toEqual(["a", "b"]);
  });

  it("print as Python prints them inside longer strings", () => {
    const lines =
      'f: 8.0\nb: yes\nn:\nd: 2024-01-02 03:04:05\no: 0644\ns: "php{{ f }} {{ b }} [{{ n }}] {{ d }} {{ o }}"\n';
    expect(onlyValue(readGood(oneHost(lines)), "s")).toBe("php8.0 True [] 2024-01-02 03:04:05 420");
  });

  it("see the host, its groups and other hosts", () => {
    const reading = readGood(
      {
        "inv/hosts.yml": `web:
  vars:
    me: "{{ inventory_hostname_short }} of {{ inventory_hostname }}"
    mine: "{{ group_names }}"
    first: "{{ groups.web[0] }}"
    peer: "{{ hostvars['b.lan'].port }}"
    file: "{{ inventory_file }}"
  hosts:
    a.lan:
    b.lan: {port: "{{ base }}", base: 7}
`,
      },
      { paths: ["inv/hosts.yml"] },
    );
    const host = hostOf(reading, "a.lan");
    expect(host.vars.get("me")?.value).toBe("a of a.lan");
    expect(host.vars.get("mine")?.value).toEqual(["web"]);
    expect(host.vars.get("first")?.value).toBe("a.lan");
    expect(host.vars.get("peer")?.value).toBe(7);
    expect(host.vars.get("file")?.value).toMatch(/^\/.*\/inv\/hosts\.yml$/);
    expect(host.groups).toEqual(["all", "web"]);
  });

  it("differ from host to host though the line is the same", () => {
    const reading = readGood({
      "hosts.yml": "all:\n  vars: {url: 'http://{{ name }}/'}\n  hosts: {a: {name: x}, b: {name: y}}\n",
    });
    expect(hostOf(reading, "a").vars.get("url")?.value).toBe("http://x/");
    expect(hostOf(reading, "b").vars.get("url")?.value).toBe("http://y/");
  });

  it("!unsafe values and unknown ansible_ variables stay as they are", () => {
    const reading = readGood(
      oneHost('u: !unsafe "{{ x | y }}"\nansible_python_interpreter: "{{ ansible_playbook_python }}"'),
    );
    expect(onlyValue(reading, "u")).toBe("{{ x | y }}");
    expect(onlyValue(reading, "ansible_python_interpreter")).toBe("{{ ansible_playbook_python }}");
  });

  it("names that were referred to are known", () => {
    expect([...readGood(oneHost('a: {b: 1}\nc: "{{ a.b }}"')).references]).toEqual(["a"]);
  });
});

describe("references that cannot be resolved", () => {
  it.each([
    [
      'domain: x\naddress: "http://{{ domian }}/"',
      "hosts.yml:5:27: `domian` is not defined (on h) | did you mean `domain`?",
    ],
    [
      'address: "{{ ansible_hostname }}"',
      "hosts.yml:4:20: `ansible_hostname` is not defined (on h) | facts of hosts are not known while the inventory is read",
    ],
    [
      'm: {port: 1}\naddress: "{{ m.prot }}"',
      "hosts.yml:5:20: there is no `prot` in `m` (on h) | did you mean `port`?",
    ],
    [
      "address: '{{ b }}'\nb: '{{ c.x }}'\nc: {x: 'is {{ address }}'}",
      "hosts.yml:6:21: these variables refer to each other in a cycle: address → b → c → address (on h)",
    ],
    [
      "l: [1]\naddress: 'x {{ l }}'",
      "hosts.yml:5:22: `l` is a list, which cannot be part of a longer text (on h)",
    ],
    [
      "address: \"{{ x | default('y') }}\"",
      "hosts.yml:4:20: `{{ x | default('y') }}` is not supported: only {{ name }} and {{ name.part }} are (on h) | write !unsafe before a value that must keep its braces",
    ],
    [
      "address: '{% if x %}'",
      "hosts.yml:4:17: `{%` is not supported: only {{ name }} is (on h) | write !unsafe before a value that must keep its braces",
    ],
    [
      "address: '{{ x'",
      "hosts.yml:4:17: `{{` has no `}}` after it (on h) | write !unsafe before a value that must keep its braces",
    ],
    ["address: \"{{ hostvars['i'].x }}\"", "hosts.yml:4:20: there is no host `i` (on h)"],
  ])("%s", (lines, message) => {
    expect(summaries(readBad(oneHost(lines)))).toEqual([message]);
  });

  it("name all hosts that lack a variable, in one error", () => {
    const problems = readBad({
      "hosts.yml": "all:\n  vars: {address: '{{ w }}', roles: [web]}\n  hosts: {'h[1:9]': , g: {w: 1}}\n",
    });
    expect(summaries(problems)).toEqual(["hosts.yml:2:23: `w` is not defined (on h1, h2 and 7 more)"]);
  });

  it("are not reported if a file that may define them is missing", () => {
    const problems = readBad({ ...oneHost("address: '{{ w }}'"), "group_vars/all.yml": "w: [\n" });
    expect(problems.map((d) => d.source?.file)).toEqual(["group_vars/all.yml"]);
  });
});

describe("what nothing uses may be as Ansible likes it", () => {
  const vault = "!vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    6162";

  it("stays as it is written", () => {
    const reading = readGood(
      oneHost(
        `a: "{{ x | default('y') }}"\nb: {c: "{% if x %}", d: 1}\ne: "{{ ansible_hostname }}"\np:\n  q: ${vault}`,
      ),
    );
    expect(onlyValue(reading, "a")).toBe("{{ x | default('y') }}");
    expect(onlyValue(reading, "b")).toEqual({ c: "{% if x %}", d: 1 });
    expect(onlyValue(reading, "e")).toBe("{{ ansible_hostname }}");
    expect(reading.warnings).toEqual([]);
  });

  it.each([
    ["roles", "roles: ['{{ x | y }}']"],
    ["a role's variables", "roles: [nginx]\nnginx: {port: '{{ x | y }}'}"],
    ["a connection variable", "ansible_host: '{{ x | y }}'"],
    ["lab", "lab: {suite: '{{ x | y }}'}"],
    ["what they refer to", "address: '{{ a.b }}'\na: {b: '{{ c }}'}\nc: '{{ x | y }}'"],
    ["a vault that is referred to", `address: '{{ a }}'\na: ${vault}`],
    ["a vault in a role's variables", `roles: [app]\napp:\n  a: ${vault}`],
  ])("not so %s", (_, lines) => {
    expect(readBad(oneHost(lines))).toHaveLength(1);
  });

  it("the variables of a role the host does not play are not used", () => {
    readGood(oneHost("roles: [nginx]\napp: {a: '{{ x | y }}'}"));
  });
});

describe("values keep their place", () => {
  const reading = readGood({
    "hosts.yml":
      "web:\n  vars:\n    nginx: {port: 80, tags: [a, bb]}\n    same: '{{ nginx }}'\n  hosts: {a: }\n",
    "group_vars/web.json": '{"x": {"y": 1}}',
  });
  const vars = hostOf(reading, "a").vars;

  it("in YAML, down to list entries", () => {
    const origin = vars.get("nginx")?.origin;
    expect(origin?.source).toMatchObject({ file: "hosts.yml", line: 3, col: 12 });
    expect(origin?.children?.get("tags")?.children?.get("1")?.source).toEqual({
      file: "hosts.yml",
      line: 3,
      col: 33,
      endCol: 35,
    });
  });

  it("in JSON", () => {
    expect(vars.get("x")?.origin.children?.get("y")?.source).toEqual({
      file: "group_vars/web.json",
      line: 1,
      col: 13,
    });
  });

  it("a reference points at the reference, the values in it at where they stand", () => {
    const origin = vars.get("same")?.origin;
    expect(origin?.source.line).toBe(4);
    expect(origin?.children?.get("port")?.source.line).toBe(3);
  });

  it("columns count characters", () => {
    const astral = readGood(oneHost("v: ['🚀🚀', x]"));
    expect(hostOf(astral, "h").vars.get("v")?.origin.children?.get("1")?.source.col).toBe(17);
  });

  it("`__proto__` is an ordinary name", () => {
    const value = onlyValue(readGood(oneHost("v: {__proto__: {x: 1}, constructor: 2}")), "v");
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(JSON.stringify(value)).toBe('{"__proto__":{"x":1},"constructor":2}');
    expect(Object.getOwnPropertyDescriptor(Object.prototype, "x")).toBeUndefined();
  });
});
