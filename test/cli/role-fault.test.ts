import { describe, expect, it } from "vitest";
import { stopped, told } from "../../src/cli/command-output.ts";
import { guardedRole } from "../../src/cli/role-guard.ts";
import type { Host } from "../../src/model/inventory.ts";
import type { AnyRole } from "../../src/model/role.ts";
import { Refusal, RoleStop } from "../../src/model/role-stop.ts";
import { renderFailure } from "../../src/report/failure.ts";
import { ResourceError } from "../../src/resources/resource.ts";
import { roleFailure } from "../../src/run/role-failure.ts";

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
    expect(shown(0)).toContain("  -v shows where it was\n");
    expect(shown(1)).toContain("    at ");
    expect(shown(1)).toContain("role-fault.test.ts");
  });

  it("that is no error at all is a fault as well", () => {
    expect(roleFailure("so", asked)).toEqual({
      code: "role-fault",
      message: "role `page` on web1 has a fault in `resources`: so",
      source,
    });
  });

  it("is told in its own words where it refuses, with the place of its variables and no stack", () => {
    expect(roleFailure(new Refusal("primary: db9 is no host of this role", "name another"), asked)).toEqual({
      code: "role-failed",
      message: "role `page` on web1: primary: db9 is no host of this role",
      hint: "name another",
      source,
    });
  });
});

/** A role all of whose functions do the same. */
function roleOf(call: () => never): AnyRole {
  return {
    name: "page",
    tier: "web",
    summary: "One page",
    vars: { safeParse: () => ({ success: true, data: {} }) },
    needs: call,
    provides: call,
    checks: call,
    assets: call,
    secrets: call,
    rank: call,
    live: { script: "true", notes: call },
    resources: call,
  };
}

describe("every function of a role, guarded", () => {
  const functions = (role: AnyRole): readonly (readonly [string, unknown])[] => [
    ...Object.entries(role),
    ["live", role.live?.notes],
  ];

  const asking = { host, vars: {}, address: "192.0.2.1", peers: [] };
  const fields = ["needs", "provides", "checks", "assets", "secrets", "rank", "live", "resources"];

  it.each(fields)("%s: a fault is one of the role, a refusal is none", (field) => {
    const ask = (call: () => never): unknown => {
      const found = functions(guardedRole(roleOf(call))).find(
        ([name, value]) => name === field && typeof value === "function",
      )?.[1];
      if (typeof found !== "function") throw new Error(`no function ${field}`);
      return thrownBy(() => found(asking));
    };
    const fault = ask(() => {
      throw new TypeError("x is not a function");
    });
    expect(fault).toBeInstanceOf(RoleStop);
    expect(fault).toMatchObject({
      failure: {
        code: "role-fault",
        message: `role \`page\` on web1 has a fault in \`${field}\`: TypeError: x is not a function`,
        stack: expect.stringMatching(/^at /),
      },
    });
    const refusal = ask(() => {
      throw new Refusal("not so");
    });
    expect(refusal).toMatchObject({
      failure: { code: "role-failed", message: "role `page` on web1: not so" },
    });
  });
});

describe("before any host is contacted", () => {
  it("the stack of a fault is told at -v only, and does nothing to the terminal", () => {
    const problem = stopped({ code: "role-fault", message: "m", stack: "at a (x.ts:1:1)\nat \u001b[2Jb" });
    expect(told([problem])).toBe("error: m\n");
    expect(told([problem], true)).toBe("error: m\n    at a (x.ts:1:1)\n    at b\n");
  });
});
