import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Refusal, RoleStop } from "../../../src/base/role-stop.ts";
import { diagnosticsText, failureDiagnostic } from "../../../src/cli/command-output.ts";
import { guardedRole } from "../../../src/cli/project/role-guard.ts";
import type { Host } from "../../../src/model/inventory.ts";
import type { AnyRole } from "../../../src/model/role.ts";
import { renderFailure } from "../../../src/report/failure.ts";
import { ResourceError } from "../../../src/resources/resource.ts";
import { roleFailure } from "../../../src/run/observe/role-failure.ts";

const source = { file: "prod.yml", line: 7, col: 9 };
const host: Host = {
  name: "web1",
  groups: ["all"],
  vars: new Map([["page", { value: {}, origin: { source } }]]),
  source: { file: "prod.yml", line: 3, col: 5 },
};
const asked = { role: "page", field: "resources", host };

/** What a role's own code may throw that is no word of its own. */
const faults: readonly (readonly [string, () => unknown])[] = [
  ["TypeError", () => Reflect.apply(Reflect.get({}, "nothing"), undefined, [])],
  ["RangeError", () => "x".repeat(-1)],
  ["SyntaxError", () => JSON.parse("{")],
  [
    "ReferenceError",
    () => {
      throw new ReferenceError("x is not defined");
    },
  ],
  [
    "Error",
    () => {
      throw new Error("no such host");
    },
  ],
  [
    "ResourceError",
    () => {
      throw new ResourceError("file:x", "write the absolute path");
    },
  ],
];

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("what a role throws", () => {
  it.each(faults)("%s: a fault of the role, with its stack at -v only", (name, call) => {
    const failure = roleFailure(thrownBy(call), asked);
    expect(failure).toMatchObject({ code: "role-fault", source, stack: expect.stringMatching(/^at /) });
    expect(failure.message).toMatch(
      new RegExp(`^role \`page\` on web1 has a fault in \`resources\`: ${name}: .`),
    );
    const shown = (verbosity: 0 | 1) =>
      renderFailure("web1", failure, { color: false, columns: 0, verbosity });
    expect(shown(0)).not.toContain("role-fault.test.ts");
    expect(shown(0)).toContain("  -v shows where\n");
    expect(shown(1)).toContain("    at ");
    expect(shown(1)).toContain("role-fault.test.ts");
  });

  it("that is not an Error is also a fault", () => {
    expect(roleFailure("so", asked)).toEqual({
      code: "role-fault",
      message: "role `page` on web1 has a fault in `resources`: so",
      source,
    });
  });

  it("of a refusal has its own message and the position of its variables, without a stack", () => {
    expect(roleFailure(new Refusal("primary: db9 is no host of this role", "name another"), asked)).toEqual({
      code: "role-failed",
      message: "role `page` on web1: primary: db9 is no host of this role",
      hint: "name another",
      source,
    });
  });
});

/** A role all of whose functions do the same; typed so that a function which the contract gets is missed here. */
function roleOf(call: () => never): Required<AnyRole> {
  return {
    name: "page",
    tier: "web",
    summary: "One page",
    vars: { safeParse: call },
    needs: call,
    wants: {},
    provides: call,
    carries: { target: call, provides: call, draining: { drain: call, restore: call } },
    objections: call,
    checks: call,
    assets: call,
    secrets: call,
    facts: {},
    peerFacts: {},
    rank: call,
    draining: { upstream: { drain: call, restore: call } },
    endSessions: { http: call },
    live: { script: "true", notes: call },
    drilling: { workload: call, rows: call, leads: "true", alerts: "true" },
    resources: call,
  };
}

/** Every function in a value, with the path to it. */
function functionsIn(value: unknown, path: readonly string[] = []): readonly Function[] {
  if (typeof value === "function") return [{ path: path.join("."), call: (asking) => value(asking) }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => functionsIn(one, [...path, name]));
}

interface Function {
  readonly path: string;
  readonly call: (asking: unknown) => unknown;
}

const throws = (error: Error) => (): never => {
  throw error;
};

/** What a function is called in a message: its field, without the names that a role gives itself. */
const fieldOf = (path: string): string =>
  path.replace(".upstream", "").replace(/^(vars|live|endSessions)\..*/, "$1");

describe("every function of a role, guarded", () => {
  const asking = { host, vars: {}, address: "192.0.2.1", peers: [] };
  const paths = functionsIn(roleOf(throws(new Error("none")))).map(({ path }) => path);

  const ask = (path: string, error: Error): unknown => {
    const found = functionsIn(guardedRole(roleOf(throws(error)))).find((one) => one.path === path);
    if (found === undefined) throw new Error(`no function ${path}`);
    return thrownBy(() => found.call(asking));
  };

  it("are all of the contract's", () => expect(paths).toHaveLength(19));

  it.each(paths)("%s: a fault is one of the role, a refusal is none", (path) => {
    const fault = ask(path, new TypeError("x is not a function"));
    expect(fault).toBeInstanceOf(RoleStop);
    expect(fault).toMatchObject({
      failure: {
        code: "role-fault",
        message: `role \`page\` on web1 has a fault in \`${fieldOf(path)}\`: TypeError: x is not a function`,
        stack: expect.stringMatching(/^at /),
      },
    });
    expect(ask(path, new Refusal("not so"))).toMatchObject({
      failure: { code: "role-failed", message: "role `page` on web1: not so" },
    });
  });

  it.each(paths.filter((path) => !["carries.target", "drilling.workload"].includes(path)))(
    "%s: what gives nothing is a fault of the role",
    (path) => {
      const nothing = guardedRole(roleOf((() => undefined) as () => never));
      const found = functionsIn(nothing).find((one) => one.path === path);
      expect(thrownBy(() => found?.call(asking))).toMatchObject({
        failure: {
          code: "role-fault",
          message: expect.stringContaining(`role \`page\`: \`${fieldOf(path)}\` must return `),
        },
      });
    },
  );

  it("leaves a schema what it is", () => {
    const vars = z.strictObject({ port: z.int().default(80) });
    const guarded = guardedRole({ ...roleOf(throws(new Error("none"))), vars }).vars;
    expect(guarded).toBeInstanceOf(z.ZodType);
    expect(guarded).toHaveProperty("shape.port");
    expect(guarded.safeParse({})).toMatchObject({ success: true, data: { port: 80 } });
  });
});

describe("before any host is contacted", () => {
  it("shows the stack of a fault only with -v, without control characters", () => {
    const problem = failureDiagnostic({
      code: "role-fault",
      message: "m",
      stack: "at a (x.ts:1:1)\nat \u001b[2Jb",
    });
    expect(diagnosticsText([problem])).toBe("error: m\n");
    expect(diagnosticsText([problem], true)).toBe("error: m\n    at a (x.ts:1:1)\n    at b\n");
  });
});
