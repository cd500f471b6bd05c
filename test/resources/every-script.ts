import type { Change } from "../../src/model/plan.ts";
import type { Resource } from "../../src/model/resource.ts";
import type { Script } from "../../src/model/script.ts";
import { directory } from "../../src/resources/directory.ts";
import { exec } from "../../src/resources/exec.ts";
import { file } from "../../src/resources/file.ts";
import { group } from "../../src/resources/group.ts";
import { kinds } from "../../src/resources/kinds.ts";
import { link } from "../../src/resources/link.ts";
import { leaveMark, observeMarks, settle } from "../../src/resources/mark.ts";
import { pkg, restorePolicy } from "../../src/resources/package.ts";
import { content, idOf } from "../../src/resources/resource.ts";
import { account } from "../../src/resources/sql/account.ts";
import { database } from "../../src/resources/sql/database.ts";
import { sysctl } from "../../src/resources/sysctl.ts";
import { unit } from "../../src/resources/unit.ts";
import { user } from "../../src/resources/user.ts";
import { hostileNames } from "./path-laws.ts";
import { kindOf, plan } from "./run.ts";

const paths = hostileNames.map((name) => [`/srv/${name}/${name}`, `/srv/other/${name}`] as const);

/** Resources of every kind, with every option and with keys that shells trip over. A new kind must be added. */
export const samples: readonly Resource[] = [
  ...paths.flatMap(([path, other]) => [
    file(path, {
      content: path,
      owner: "daemon",
      group: "0",
      mode: "0600",
      check: "nginx -t -c %s && [ -n '%s' ]",
    }),
    file(other, { absent: true }),
    directory(path, { mode: "1777" }),
    directory(other, { absent: true }),
    link(path, { target: path.slice(1) }),
    link(other, { absent: true }),
  ]),
  pkg("nginx-light", {
    version: "1:1.22~rc1+b2-9",
    heldUnits: ["nginx", "dev-a\\x2db.swap", "postgresql@15-main.service"],
  }),
  pkg("libstdc++6:i386", { absent: true }),
  pkg("g++"),
  group("law-g", { gid: 1, system: true }),
  group("plain"),
  group("no-more", { absent: true }),
  user("u_1", { uid: 5, group: "g", groups: ["b", "a"], home: "/srv/it's", shell: "/bin/sh", system: true }),
  user("u.2"),
  user("u-3", { absent: true }),
  unit("nginx", {
    reloadOn: ["file:/etc/nginx/nginx.conf"],
    restartOn: ["file:/etc/systemd/system/nginx.service.d/x.conf"],
  }),
  unit("dev-a\\x2db.swap", { running: false, enabled: false }),
  unit("-.mount", { enabled: "any" }),
  unit("foo@bar:1.timer", { running: "any", masked: "any" }),
  unit("masked", { masked: true }),
  sysctl("net.ipv4.conf.eth0/100.rp_filter", 1),
  sysctl("net/ipv4/tcp_rmem", "4096 131072 6291456"),
  sysctl("vm.swappiness", { absent: true }),
  exec('it\'s $(exit 9) "quoted"', {
    command: "echo 'a' \"$b\" `c`",
    unless: "! [ -e '/x y' ] || exit 3",
    stdin: content("s3cret", { secret: true }),
  }),
  database("notes"),
  database("Old_2", { characterSet: "latin1", collation: "latin1_bin" }),
  database("gone", { absent: true }),
  account("notes@%", {
    plugin: "mysql_native_password",
    password: "s3cret",
    tls: "ANY",
    grants: { "my_notes.*": ["SELECT", "INSERT"] },
  }),
  account("notes@10.0.0.%", {
    plugin: "caching_sha2_password",
    password: "s3cret",
    tls: "X509",
    grants: { "*.*": ["ALL", "BACKUP_ADMIN"] },
  }),
  account("watch@localhost", { plugin: "unix_socket", grants: {} }),
  account("watch@fd00::1", { plugin: "auth_socket", grants: { "*.*": ["REPLICATION CLIENT"] } }),
  account("gone@localhost", { absent: true }),
  exec("plain", { command: "true", unless: "false", reloadOn: [file("/x", { content: "" })] }),
];

/** Every change that a planner could make of a resource: made, each field changed alone, due, removed, not seen. */
function changesOf(resource: Resource): readonly Change[] {
  const id = idOf(resource);
  const { desired } = resource;
  const planned = plan(
    [resource],
    new Map([[id, desired === null ? { status: "present", state: {} } : { status: "absent" }]]),
  );
  const orphan: Change = {
    id,
    role: "test",
    action: "delete",
    resource: { kind: resource.kind, key: resource.key, desired: null },
    observed: { status: "present", state: {} },
    fields: [],
    cause: "pending",
  };
  if (desired === null) return [...planned, orphan];
  const present = Object.keys(desired).flatMap((field) =>
    plan([resource], new Map([[id, { status: "present", state: { ...desired, [field]: "other" } }]])),
  );
  const due = (["reload", "restart"] as const).flatMap((trigger) => [
    ...plan([resource], new Map([[id, { status: "present", state: desired }]]), new Map([[id, trigger]])),
    ...plan([resource], new Map([[id, { status: "absent" }]]), new Map([[id, trigger]])),
  ]);
  const unseen = plan([resource], new Map([[id, { status: "unknown", reason: "not seen" }]]));
  return [...planned, ...present, ...due, ...unseen, orphan];
}

/** Every script that the kinds can emit for the samples, by what it is for. */
export function everyScript(): ReadonlyMap<string, Script> {
  const all = new Map<string, Script>([
    ["marks", observeMarks()],
    ["policy", restorePolicy()],
  ]);
  const own = (name: string): readonly Resource[] => samples.filter((resource) => resource.kind === name);
  for (const [name, kind] of kinds) {
    all.set(`${name}: observe`, kind.observe(own(name)));
    all.set(
      `${name}: converge all`,
      kind.converge(own(name).flatMap((resource) => changesOf(resource).slice(0, 1))),
    );
    // Names that differ by their quoting alone are all in those two; here a few of them stand for all.
    const few = own(name).slice(0, 12);
    few.flatMap(changesOf).forEach((change, i) => {
      all.set(`${name}: converge ${i}`, kindOf(change.resource).converge([change]));
    });
    for (const resource of few) {
      if (kind.content !== undefined) all.set(`${idOf(resource)}: content`, kind.content(resource));
      all.set(
        `${idOf(resource)}: settle`,
        settle(idOf(resource), kind.converge(changesOf(resource).slice(0, 1))),
      );
      for (const trigger of ["reload", "restart"] as const)
        all.set(`${idOf(resource)}: ${trigger}`, leaveMark(idOf(resource), trigger));
    }
  }
  return all;
}
