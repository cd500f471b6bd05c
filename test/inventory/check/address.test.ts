import { describe, expect, it } from "vitest";
import { loadProject } from "../../../src/cli/project/project.ts";
import { formatDiagnostic } from "../../../src/report/diagnostic.ts";
import { withFiles } from "../files.ts";

/** What is wrong with a stack, one of whose hosts is this line. */
function told(host: string): readonly string[] {
  const text = `all:
  children:
    web: { vars: { roles: [sidecar, nginx] }, hosts: { web1: { ansible_host: 192.0.2.21 } } }
    app:
      vars: { roles: [gunicorn] }
      hosts:
        ${host}
`;
  return withFiles({ "hosts.yml": text }, (cwd) => {
    const project = loadProject({ inventory: ["hosts.yml"], extraVars: [] }, cwd);
    return project.ok ? [] : project.error.map(formatDiagnostic);
  });
}

describe.each(["address", "ansible_host", "ansible_ssh_host"])("%s", (variable) => {
  it.each(["10.0.0.2", "2001:db8::2", "app.example.org", "app.example.org.", "my_app-1", "7up.example.org"])(
    "may be %s",
    (value) => {
      expect(told(`app1: { ${variable}: ${JSON.stringify(value)} }`)).toEqual([]);
    },
  );

  it.each([
    "10.0.0.2;\n server 6.6.6.6:80; #",
    "10.0.0.2; #",
    "10.0.0.300",
    "10.0.0.0/24",
    "a b",
    "a..b",
    "app:22",
    "[2001:db8::2]",
    "-oProxyCommand=x",
    "$(id)",
    "a\u0000b",
    `${"a".repeat(64)}.example.org`,
  ])("cannot be %j: told at its line, before any host is contacted", (value) => {
    const lines = told(`app1: { ${variable}: ${JSON.stringify(value)} }`);
    expect(lines.join("\n")).toMatch(
      new RegExp(
        `^hosts\\.yml:7:\\d+: error: ${variable} must be an IP address or a host name \\(on app1\\)`,
        "m",
      ),
    );
  });
});

describe("a host's name", () => {
  it("that is used as its address must be one", () => {
    expect(told("'a@b': {}").join("\n")).toContain(
      "the host's name is neither an address nor a host name (on a@b)",
    );
    expect(told("'a@b': { ansible_host: 10.0.0.2 }")).toEqual([]);
  });

  it("with a role is no sign of a daemon's language", () => {
    for (const name of ["a$b", 'a"b', "a;b", "a#b", "a{b}"])
      expect(told(`'${name}': { ansible_host: 10.0.0.2 }`).join("\n")).toContain(
        `\`${name}\` cannot be the name of a host with roles`,
      );
  });
});
