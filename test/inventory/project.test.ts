import { describe, expect, it } from "vitest";
import { labHosts } from "../../src/cli/lab/lab-command.ts";
import { loadProject, type Project } from "../../src/cli/project/project.ts";
import { formatDiagnostic } from "../../src/report/diagnostic.ts";
import { type Files, summaries, withFiles } from "./files.ts";

interface Input {
  readonly limit?: string;
  readonly extraVars?: readonly string[];
}

const options = ({ limit, extraVars = [] }: Input) => ({
  inventory: ["hosts.yml"],
  extraVars,
  ...(limit === undefined ? {} : { limit }),
});

/** All that is wrong with a project. */
function refused(files: Files, input: Input = {}): readonly string[] {
  return withFiles(files, (cwd) => {
    const project = loadProject(options(input), cwd);
    if (project.ok) throw new Error("this project should have been refused");
    return summaries(project.error);
  });
}

function loaded(files: Files): Project {
  return withFiles(files, (cwd) => {
    const project = loadProject(options({}), cwd);
    if (!project.ok) throw new Error(project.error.map(formatDiagnostic).join("\n"));
    return project.value;
  });
}

/** Two tiers that are right, with these lines in front. */
const stack = (hosts: string): Files => ({ "hosts.yml": `app:\n  hosts:\n${hosts}` });

describe("one run reports", () => {
  it("of references, role names, role variables, connections, names, limits, templates", () => {
    const files = {
      "hosts.yml": `all:
  hosts:
    app1: {roles: [common, gunicron], common: {hostname: 12}, ansible_port: none}
    app2: {rolse: [common], address: "{{ nowhere }}"}
    app4: {roles: [common], adress: 10.0.0.4, ansible_host: "{{ nowhere }}"}
    app3: {roles: [gunicorn], gunicorn: {port: "{{ nowhere }}", worker: 2, timeout: 4000}, x: {y: 1, y: 2}}
`,
      "templates/nginx/nginx.conf.hbs": "{{#if x}}",
    };
    expect(refused(files, { limit: "web" }).map((line) => line.replace(/ \|.*/s, ""))).toEqual([
      "hosts.yml:3:28: there is no role `gunicron` (on app1)",
      "hosts.yml:3:58: `common.hostname` must be text, this is a number (12) (on app1)",
      "hosts.yml:3:77: ansible_port must be a port from 1 to 65535, this is text (on app1)",
      "hosts.yml:4:12: `rolse` is not a known variable, and nothing refers to it (on app2)",
      "hosts.yml:5:29: `adress` is not a known variable, and nothing refers to it (on app4)",
      "hosts.yml:5:65: `nowhere` is not defined (on app4)",
      "hosts.yml:6:52: `nowhere` is not defined (on app3)",
      "hosts.yml:6:65: `gunicorn` has no variable `worker` (on app3)",
      "hosts.yml:6:85: `gunicorn.timeout` must be at most 3600 (on app3)",
      "hosts.yml:6:102: the key `y` is here twice",
      expect.stringMatching(/templates\/nginx\/nginx.conf.hbs:1:1: /),
      "--limit:1:1: no host and no group is called `web`",
    ]);
  });

  it("of services and files too, when the roles are sound", () => {
    const web = "    w: {roles: [nginx], nginx: {static: {/x/: gone}}, ansible_port: none}\n";
    expect(refused(stack(web)).map((line) => line.replace(/ \|.*/, ""))).toEqual([
      "hosts.yml:3:16: role `nginx` needs the service `wsgi`, which no host of the inventory provides",
      "hosts.yml:3:69: ansible_port must be a port from 1 to 65535, this is text (on w)",
    ]);
    const app = "    a: {roles: [gunicorn], gunicorn: {app: {directory: gone}}, ansible_port: none}\n";
    expect(refused(stack(app))).toEqual([
      expect.stringMatching(/^hosts.yml:3:\d+: no file or folder gone/),
      "hosts.yml:3:78: ansible_port must be a port from 1 to 65535, this is text (on a)",
    ]);
  });

  it("nothing that only follows from what was lost", () => {
    const files = {
      ...stack("    a: {roles: [nginx], rolse: [common]}\n"),
      "group_vars/all.yml": "x: [\n",
    };
    expect(refused(files, { limit: "db" }).map((line) => line.replace(/:.*/, ""))).toEqual([
      "group_vars/all.yml",
    ]);
    const broken = refused(
      stack("    a: {roles: [gunicorn], gunicorn: {app: {git: 'https://h/x', revision: '{{ w }}'}}}\n"),
    );
    expect(broken).toEqual(["hosts.yml:3:79: `w` is not defined (on a)"]);
  });

  it("one mistake in a group once, with its hosts", () => {
    const files = {
      "hosts.yml": `app:
  vars:
    roles: [common, gunicorn]
    gunicorn: {port: "80"}
    ansible_port: none
  hosts: {'app[1:100]': }
`,
    };
    expect(refused(files)).toEqual([
      "hosts.yml:4:22: `gunicorn.port` must be a whole number, this is text (on app1, app2 and 98 more) | leave the quotes out: 80",
      "hosts.yml:5:19: ansible_port must be a port from 1 to 65535, this is text (on app1, app2 and 98 more)",
    ]);
  });
});

describe("the words of the roles", () => {
  it.each([
    ["nginx", "nginx: {workers: many}", "`nginx.workers`: `auto`, or a whole number from 1 to 512"],
    [
      "nginx",
      "nginx: {trustedProxies: [everyone]}",
      "`nginx.trustedProxies.0`: an address such as 10.0.0.1, or a network such as 10.0.0.0/8",
    ],
    [
      "nginx",
      "nginx: {static: {public: x}}",
      "the name `public` in `nginx.static`: a path like /static/, with a slash at both ends, at most 200 characters",
    ],
    [
      "common",
      "common: {extraHosts: {here: [a]}}",
      "the name `here` in `common.extraHosts`: not an IP address",
    ],
    [
      "common",
      "common: {time: {servers: [a b]}}",
      "`common.time.servers.0`: neither an address nor a host name",
    ],
    ["common", "common: {sysctl: {a.b: [1]}}", "`common.sysctl.a.b`: one line of text, or a number"],
  ])("%s: %s", (role, line, message) => {
    const [told, ...others] = refused(stack(`    h: {roles: [${role}], ${line}}\n`));
    expect(told?.replace(/^[^ ]* /, "")).toBe(`${message} (on h)`);
    expect(others).toEqual([]);
  });
});

describe("a host without roles", () => {
  it("is named, unless it is meant to have none", () => {
    const { warnings } = loaded(stack("    a: {roles: [gunicorn]}\n    b: {roles: []}\n    c:\n"));
    expect(summaries(warnings)).toEqual([
      "hosts.yml:5:5: there are no `roles` for c: provision skips them | set `roles`; `roles: []` if the host has none",
    ]);
  });
});

describe("lab hosts", () => {
  const lab = (text: string): readonly string[] =>
    withFiles(stack(`    a: {ansible_host: 10.77.0.2, lab: ${text}}\n`), (cwd) => {
      const hosts = labHosts(options({}), cwd);
      return hosts.ok ? hosts.value.map((host) => JSON.stringify(host)) : summaries(hosts.error);
    });

  it.each([
    [
      "{suite: trixie, packages: minimal}",
      '{"name":"a","address":"10.77.0.2","suite":"trixie","packages":"minimal"}',
    ],
    [
      "{memory: 768, cpus: 2, box: debian/bookworm64}",
      '{"name":"a","address":"10.77.0.2","memory":768,"cpus":2,"box":"debian/bookworm64"}',
    ],
    ["{memory: 1 GB}", "hosts.yml:3:48: `lab.memory` must be a number above 0, this is text (on a)"],
    ["{suit: trixie}", "hosts.yml:3:40: `lab` has no field `suit` (on a) | did you mean `suite`?"],
    ["{suite: 13}", "hosts.yml:3:47: `lab.suite` must be text, this is a number (13) (on a)"],
    ["trixie", "hosts.yml:3:39: `lab` must be a mapping, this is text (on a) | write lab: { suite: trixie }"],
    [
      "{packages: all}",
      "hosts.yml:3:50: `lab.packages` is all (on a) | the only choice is `minimal`: nothing but systemd and sshd",
    ],
  ])("lab: %s", (text, told) => {
    expect(lab(text)).toEqual([told]);
  });
});
