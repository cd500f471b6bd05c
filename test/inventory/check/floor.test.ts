import { describe, expect, it } from "vitest";
import { roles } from "../../../roles/index.ts";
import { loadProject } from "../../../src/cli/project/project.ts";
import { takesFloor } from "../../../src/inventory/check/floor.ts";
import type { Service } from "../../../src/model/topology.ts";
import { summaries, withFiles } from "../files.ts";

/** Ten web servers with these variables, and what they need. */
function load(nginx: string) {
  const text = `all:
  children:
    web: { vars: { roles: [sidecar, nginx], nginx: ${nginx} }, hosts: { "web[01:10]": } }
    app: { vars: { roles: [gunicorn] }, hosts: { app1: , app2:  } }
`;
  return withFiles({ "hosts.yml": text }, (cwd) =>
    loadProject({ inventory: ["hosts.yml"], extraVars: [] }, cwd),
  );
}

function http(nginx: string): Service | undefined {
  const project = load(nginx);
  if (!project.ok) throw new Error(summaries(project.error).join("\n"));
  return project.value.topology.services.get("http");
}

function refused(nginx: string): readonly string[] {
  const project = load(nginx);
  return project.ok ? [] : summaries(project.error).map((line) => line.replace(/ \(on .*/, ""));
}

describe("the variable `floor`", () => {
  it("is taken by every role with a service", () => {
    const providing = [...roles.values()].filter(({ provides }) => provides !== undefined);
    expect(providing.length).toBeGreaterThan(8);
    expect(providing.filter((role) => !takesFloor(role))).toEqual([]);
  });

  it("is a number or a share, beside the role's own variables", () => {
    expect(http("{}")).toMatchObject({ floor: 8, minimum: 1 });
    expect(http("{ floor: 5, port: 81 }")).toMatchObject({
      floor: 5,
      endpoints: [{ port: 81 }, ...Array(9).fill({})],
    });
    expect(http('{ floor: "45%" }')).toMatchObject({ floor: 5, minimum: 5 });
    expect(http("{ floor: 90% }")).toMatchObject({ floor: 9 });
  });

  it.each([
    ["0", "`nginx.floor` must be at least 1"],
    ["-1", "`nginx.floor` must be at least 1"],
    ["1.5", "`nginx.floor`: write a number of members, or a share such as `75%`"],
    ["true", "`nginx.floor`: write a number of members, or a share such as `75%`"],
    ["120%", "`nginx.floor`: a share is written as `75%`, from 1% to 100%"],
    ["0%", "`nginx.floor`: a share is written as `75%`, from 1% to 100%"],
    ["most", "`nginx.floor`: write a number of members, or a share such as `75%`"],
    ["[1]", "`nginx.floor`: write a number of members, or a share such as `75%`"],
  ])("is refused as %s, at its place", (floor, words) => {
    const [first, ...others] = refused(`{ floor: ${floor} }`);
    expect(first).toContain(`hosts.yml:3:61: ${words}`);
    expect(others).toEqual([]);
  });

  it("is reported with all other errors, and is a candidate for misspelt names", () => {
    expect(refused("{ flor: 3, port: x }").length).toBe(2);
    expect(refused("{ flor: 3 }")[0]).toContain("`nginx` has no variable `flor`");
  });
});
