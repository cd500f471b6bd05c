import { describe, expect, it } from "vitest";
import type { Change } from "../../src/model/plan.ts";
import type { Resource, State } from "../../src/model/resource.ts";
import { guard } from "../../src/plan/guard.ts";
import { kinds } from "../../src/resources/kinds.ts";
import { unit } from "../../src/resources/unit.ts";

function change(kind: string, key: string, desired: State | null): Change {
  const action = desired === null ? "delete" : "update";
  const base = { action, role: "x", observed: { status: "absent" }, fields: [], cause: "new" } as const;
  return { ...base, id: `${kind}:${key}`, resource: { kind, key, desired } };
}

/** As a role would make it. */
const of = ({ kind, key, desired }: Resource): Change => change(kind, key, desired);

const refusals = (changes: readonly Change[], unchanged = 100) =>
  guard([{ host: "web1", changes, orphans: [], unchanged }], kinds).map(({ message }) => message);

describe("guard", () => {
  it.each([
    change("package", "openssh-server", null),
    change("user", "root", null),
    change("directory", "/etc", null),
    change("file", "/var/lib", null),
    change("package", "openssh-server:amd64", null),
    of(unit("ssh.service", { running: false })),
    of(unit("ssh", { masked: true })),
    of(unit("ssh", { enabled: false })),
    of(unit("ssh.socket", { running: false })),
    { ...change("package", "sudo", null), action: "undecided" as const },
  ])("refuses $id", (one) => {
    expect(refusals([one])).toHaveLength(1);
  });

  it.each([
    change("package", "nginx-light", null),
    change("user", "app", null),
    change("directory", "/srv/app", null),
    change("file", "/etc/nginx/nginx.conf", null),
    of(unit("nginx", { running: false })),
    of(unit("ssh", { running: true, enabled: true })),
  ])("lets $id pass", (one) => {
    expect(refusals([one])).toEqual([]);
  });

  it("refuses the removal of a large share of the resources, but not of a few", () => {
    const files = (count: number) =>
      Array.from({ length: count }, (_, n) => change("file", `/srv/${n}`, null));
    expect(refusals(files(5), 0)).toEqual([]);
    expect(refusals(files(10), 90)).toEqual([]);
    expect(refusals(files(40), 60)).toEqual(["40 of 100 resources would be removed"]);
  });
});
