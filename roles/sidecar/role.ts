import { type Check, defineRole, file, pkg, quote, type Resource, type Topology, unit } from "provision";
import { ask, drainingOver, endingSessions, programSource, programs } from "../haproxy/socket.ts";
import { needOpenFiles, openFilesFact } from "../limits.ts";
import { configData, processConnections, socket, waysOn } from "./config.ts";
import { objectionsOf } from "./objections.ts";
import { vars } from "./vars.ts";
import { own, provided, wayNamed } from "./ways.ts";

const service = "sidecar.service";
const configPath = "/etc/haproxy/sidecar.cfg";

/** The proxy of a host: roles of the host reach services of the stack through it, whichever member is healthy. */
export const sidecar = defineRole({
  name: "sidecar",
  tier: "base",
  summary: "HAProxy on each host that uses services of others: it leads to members that are healthy",
  vars,
  provides: ({ vars }) => ({ sidecar: own(vars) }),
  carries: {
    target: (name) => wayNamed(name)?.target,
    provides: provided,
    // Not writes: the leader moves before its host is changed.
    draining: drainingOver(socket, { except: "-writer" }),
  },
  objections: objectionsOf,
  assets: () => [programSource],
  checks: () => [membersCheck],
  facts: { openFiles: openFilesFact },
  resources: (context) => {
    const { host, topology, render, asset, facts, vars } = context;
    // Two for each connection, and some for checks.
    const connections = processConnections(vars, waysOn(host.name, topology));
    needOpenFiles(facts, connections * 2 + 500, "sidecar.maxConnections");
    const config = file(configPath, {
      content: render("sidecar.cfg", configData(context)),
      check: "haproxy -c -f %s >/dev/null",
    });
    const lua = endingSessions(asset);
    const save = `${ask(socket, "show servers state")} /run/sidecar/server-state`;
    const definition = file("/etc/systemd/system/sidecar.service", {
      content: render("sidecar.service", { config: configPath, save }),
    });
    return [
      pkg("haproxy", { heldUnits: ["haproxy.service"] }),
      ...withoutPackagedInstance(host.name, topology),
      ...programs(asset),
      lua,
      config,
      definition,
      // No restart, which would break requests: systemd reads the definition, with the steps of a reload, before it reloads.
      unit(service, { reloadOn: [lua, config, definition] }),
    ];
  },
});

/** The package starts an instance of its own. It is stopped, unless the host has the role `haproxy`, which uses it. */
function withoutPackagedInstance(name: string, topology: Topology): readonly Resource[] {
  const members = topology.hosts.find(({ host }) => host.name === name)?.members ?? [];
  if (members.some(({ role }) => role === "haproxy")) return [];
  return [unit("haproxy.service", { running: false, enabled: false })];
}

/** A way is healthy with one member left; this check also warns when one is missing. */
const judge = `$33 == 2 && $2 !~ /:primary$/ { if (!all[$1]++) ways[++n] = $1; if ($18 ~ /^UP/) up[$1]++ }
END {
  for (i = 1; i <= n; i++) {
    way = ways[i]
    said = said (i > 1 ? ", " : "") way " " up[way] + 0 " of " all[way]
    if (way ~ /-writer$/ ? up[way] != 1 : way !~ /-reader$/ && !up[way]) bad = 2
    if (!bad && up[way] < (way ~ /-(writer|reader)$/ ? 1 : all[way])) bad = 1
  }
  print n ? "members in use: " said : "no role of this host uses it"
  exit bad
}`;

const membersCheck: Check = {
  name: "members",
  summary: "every service that it leads to has its members",
  // The member's own check alerts when it is down.
  quietWarnings: true,
  command: `${ask(socket, "show stat")} | awk -F, ${quote(judge)}`,
  root: true,
};
