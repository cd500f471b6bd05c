// The reference page of a role.
import { relative } from "node:path";
import { code, page, section, table, written } from "./table.mjs";
import { variableTable } from "./variables.mjs";

export function rolePage(role, stack, { z, floorForEditors, takesFloor }, root) {
  const { host, resources } = stack.wantedBy(role.name);
  const own = z.toJSONSchema(role.vars, { io: "input" });
  // The engine's own variable, beside those of the role.
  const floor = takesFloor(role) ? { floor: floorForEditors } : {};
  const schema = { ...own, properties: { ...own.properties, ...floor } };
  const where = `The resources on ${host} in [stack.yml](stack.yml) with Debian 13, with nearly all variables at their defaults.`;
  return page([
    written(`roles/${role.name}/role.ts`),
    `# ${role.name}`,
    `${role.summary}. Tier: ${role.tier}.`,
    section("Services", services(role, stack), uses(role)),
    section("When a member dies", failover(role, stack)),
    section("Variables", `Under \`${role.name}:\` of a host or group.`, variableTable(schema)),
    section(
      "On a host",
      where,
      table(
        ["resource", "state", "reacts to"],
        resources.map((one) => resourceRow(one, root)),
      ),
    ),
    section("Checks", checks(role, stack)),
  ]);
}

function services(role, { topology }) {
  const own = [...topology.services.values()].filter((service) => service.role === role.name);
  return table(
    ["service", "port", "redundancy", "at least healthy", "healthy when", "who may connect"],
    own.map(({ name, redundancy, floor, endpoints: [endpoint] }) => [
      code(name),
      endpoint.protocol === "vrrp" ? "VRRP" : `${endpoint.port}/${endpoint.protocol ?? "tcp"}`,
      redundancy,
      floor,
      healthy(endpoint.health),
      access(endpoint.access),
    ]),
  );
}

function healthy(health) {
  switch (health.type) {
    case "http":
      return `GET ${health.path} answers ${health.status}`;
    case "tcp":
      return "it accepts a connection";
    default:
      return `${code(health.command.split("\n")[0])} ends with 0`;
  }
}

function access(who = "users") {
  const words = {
    users: "hosts with a role that uses it",
    host: "its own host, over loopback",
    anyone: "anyone",
  };
  return words[who] ?? who.join(", ");
}

function uses({ needs = {}, wants = {}, vars }) {
  const needed = typeof needs === "function" ? needs({ vars: vars.parse({}) }) : needs;
  const list = (services) => [...new Set(Object.values(services))].map(code).join(", ");
  return [
    Object.keys(needed).length === 0 ? "" : `Needs ${list(needed)}.`,
    Object.keys(wants).length === 0 ? "" : `Uses ${list(wants)} where a role provides it.`,
  ]
    .filter((text) => text !== "")
    .join(" ");
}

/** In the words of `provision explain`. */
function failover({ name }, { partOf, topology }) {
  const part = partOf(name);
  if (part === undefined) {
    const ways = [...topology.services.values()]
      .filter((service) => service.role === name)
      .flatMap((service) => service.endpoints.slice(0, 1))
      .filter(({ leadsTo }) => leadsTo !== undefined)
      .map(({ service, failover: words }) => `${code(service)}: ${words}`);
    return ["Every host has its own, and no other host depends on it.", ...ways].join("\n\n");
  }
  const names = new Map();
  for (const { name: service, shape, loss } of part.services)
    names.set(`${shape} ${loss}`, [...(names.get(`${shape} ${loss}`) ?? []), code(service)]);
  return [...names].map(([words, alike]) => `${alike.join(", ")}: ${words}`).join("\n\n");
}

function resourceRow({ kind, key, desired, payload, reloadOn = [], restartOn = [] }, root) {
  const template = payload?.content?.template?.file;
  const notes =
    desired === null
      ? ["must not exist"]
      : [
          ...Object.entries(desired)
            .filter(([field]) => shown[kind]?.includes(field))
            .map(([, value]) => value),
          ...(template === undefined ? [] : [`from ${code(relative(root, template))}`]),
          ...(payload?.content?.secret === true ? ["secret"] : []),
          ...(payload?.own?.check === undefined
            ? []
            : [`checked by ${code(payload.own.check.split("\n")[0])}`]),
        ];
  const watches = Object.entries({ reload: reloadOn, restart: restartOn })
    .filter(([, ids]) => ids.length > 0)
    .map(([verb, ids]) => `${verb} after ${ids.map(code).join(", ")}`);
  return [`[${kind}](../kinds/${kind}.md) ${code(key)}`, notes.join(", "), watches.join("; ")];
}

/** The fields that say more than that the resource is there. */
const shown = {
  file: ["owner", "group", "mode"],
  directory: ["owner", "group", "mode"],
  link: ["target"],
  sysctl: ["value"],
  account: ["grants"],
};

function checks({ name }, { topology }) {
  const own = topology.checks.filter(({ role }) => role === name);
  const distinct = new Map(own.map((check) => [check.name, check]));
  return table(
    ["check", "OK when"],
    [...distinct.values()].map((check) => [code(check.name), check.summary]),
  );
}
