import {
  command,
  defineRole,
  directory,
  type Facts,
  file,
  healthCommand,
  pkg,
  quote,
  type Resource,
  type RoleContext,
  type Topology,
  unit,
} from "provision";
import { z } from "zod";
import { type AgentCheck, agentChecks, agentService } from "./checks.ts";

const percent = z.int().min(1).max(100);
const rising = ({ warning, critical }: { warning: number; critical: number }): boolean => warning <= critical;
const risingOnly = "`warning` must not be above `critical`";

const vars = z.strictObject({
  port: z.int().min(1).max(65535).default(5666).describe("TCP port it listens on"),
  load: z
    .strictObject({
      warning: z.number().positive().max(10_000).default(4).describe("Warns above so much"),
      critical: z.number().positive().max(10_000).default(8).describe("Critical above so much"),
    })
    .refine(rising, risingOnly)
    .prefault({})
    .describe("Average load of the last 15 minutes, for each CPU"),
  memory: z
    .strictObject({
      warning: percent.default(90).describe("Warns from so many percent on"),
      critical: percent.default(97).describe("Critical from so many percent on"),
    })
    .refine(rising, risingOnly)
    .prefault({})
    .describe("Memory in use, without what the kernel would give up. Swap warns and is critical alike"),
  disk: z
    .strictObject({
      warning: percent.default(85).describe("Warns from so many percent on"),
      critical: percent.default(95).describe("Critical from so many percent on"),
    })
    .refine(rising, risingOnly)
    .prefault({})
    .describe("Space or inodes in use of any local file system"),
  certificateDays: z
    .strictObject({
      warning: z.int().min(1).max(36_500).default(21).describe("Warns when it is valid for fewer days"),
      critical: z.int().min(1).max(36_500).default(7).describe("Critical when it is valid for fewer days"),
    })
    .refine(({ warning, critical }) => critical <= warning, "`critical` must not be above `warning`")
    .prefault({})
    .describe("The agent's own certificate"),
  ignoredUnits: z
    .array(
      z.string().regex(/^([\w@.:*?-]|\\x[0-9a-f]{2})+$/, "the name of a unit, in which * and ? may stand"),
    )
    .default(["user@*.service", "user-runtime-dir@*.service"])
    .describe("Units that may fail without a word. Default: what systemd starts for people who log in"),
});
type Vars = z.infer<typeof vars>;
type Context = RoleContext<Vars>;

const settings = "/etc/nagios/provision";
const program = "/usr/lib/provision/checks";
const service = "nagios-nrpe-server.service";

/** The agent of monitoring on every host: runs the checks of its own host, which are fixed, for the monitoring servers. */
export const nrpe = defineRole({
  name: "nrpe",
  tier: "base",
  summary: "The agent of Nagios on every host: fixed checks, asked for with a certificate",
  vars,
  provides: ({ vars }) => ({
    [agentService]: {
      port: vars.port,
      // By what listens: a connection that is made and not used would wait for its end, and be logged as an attempt.
      health: command(`ss -Hltn "sport = :${vars.port}" | grep -q .`),
      redundancy: "balanced",
      failover: "Each agent watches its own host only; a host whose agent is silent is itself an alert.",
    },
  }),
  secrets: ({ host, address }) => ({
    "nrpe/ca": { type: "authority", name: "provision monitoring agents" },
    "nrpe/clients": { type: "authority", name: "provision monitoring servers" },
    [`nrpe/${host.name}`]: { type: "certificate", authority: "nrpe/ca", names: [host.name, address] },
  }),
  // Which sudo the agent calls: `sudo-rs` is a link from it, or it is one to that.
  facts: {
    sudo: "for one in /usr/lib/cargo/bin/sudo /usr/bin/sudo-rs; do if [ /usr/bin/sudo -ef $one ]; then echo rs; fi; done",
  },
  resources: (context) => {
    const checks = agentChecks(context.topology, context.host.name);
    const [own, configured] = [identity(context), configuration(context, checks)];
    const rooted = checks.some((check) => check.root);
    return [
      pkg("nagios-nrpe-server", { heldUnits: [service] }),
      pkg("openssl"),
      ...(rooted ? [pkg("sudo")] : []),
      ...own,
      ...commands(context, checks),
      ...configured,
      // It keeps nothing, so a restart costs nothing; a reload would leave the old certificate in use.
      unit(service, { restartOn: [...own, ...configured] }),
    ];
  },
});

/** Its own certificate, and the authority of those who may ask. */
function identity({ host, certificate }: Context): readonly Resource[] {
  const own = certificate(`nrpe/${host.name}`);
  return [
    directory("/usr/lib/provision"),
    directory(settings),
    file(`${settings}/clients.pem`, { content: certificate("nrpe/clients").certificate }),
    file(`${settings}/certificate.pem`, { content: own.certificate }),
    file(`${settings}/key.pem`, {
      content: { bytes: new TextEncoder().encode(own.key), secret: true },
      group: "nagios",
      mode: "0640",
    }),
  ];
}

/** One program for all checks of the host, so that one which is not wanted any more leaves nothing behind. */
function commands({ vars, facts, render }: Context, checks: readonly AgentCheck[]): readonly Resource[] {
  const { load, memory, disk, certificateDays, ignoredUnits } = vars;
  const scale = (perCpu: number): number => Math.round(perCpu * facts.cpus * 100);
  const data = {
    load: { warning: scale(load.warning), critical: scale(load.critical) },
    memory,
    disk,
    certificate: {
      path: `${settings}/certificate.pem`,
      warning: certificateDays.warning * 86_400,
      critical: certificateDays.critical * 86_400,
    },
    // What systemd escapes is a plain backslash, not one of the shell.
    ignoredUnits: ignoredUnits.join(" | ").replaceAll("\\", "\\\\"),
    ignoring: ignoredUnits.length > 0,
    checks: checks.map(({ name, summary, source }) => ({ name, summary, call: callOf(name, source) })),
  };
  const rooted = checks.filter((check) => check.root).map(({ name }) => name);
  return [
    file(program, { content: render("checks.sh", data), mode: "0755", check: "sh -n %s" }),
    rooted.length === 0
      ? file("/etc/sudoers.d/provision-nrpe", { absent: true, confirm: {} })
      : file("/etc/sudoers.d/provision-nrpe", {
          content: render("sudoers", { program, names: rooted, quiet: !isSudoRs(facts) }),
          mode: "0440",
          check: "visudo -cqf %s",
          confirm: {},
        }),
  ];
}

/** sudo-rs refuses a file with settings that it does not know. */
const isSudoRs = (facts: Facts): boolean => facts.role.get("sudo")?.includes("rs") === true;

function callOf(name: string, source: AgentCheck["source"]): string {
  switch (source.type) {
    case "base":
      return name.replaceAll("-", "_");
    case "health":
      return `health ${quote(source.endpoint.service)} ${quote(healthCommand(source.endpoint))}`;
    case "role":
      return `own ${quote(source.check.command)}`;
  }
}

function configuration(context: Context, checks: readonly AgentCheck[]): readonly Resource[] {
  const { address, facts, vars, topology, render } = context;
  const data = {
    port: vars.port,
    settings,
    // A host that is reached by a name, or by an address that a router translates, is asked on any of its own.
    bound: facts.addresses.some((one) => one.address === address),
    address,
    askers: askers(topology),
    commands: checks.map(({ name, root }) => ({
      name,
      line: root ? `/usr/bin/sudo -n ${program} ${name}` : `${program} ${name}`,
    })),
  };
  return [
    directory("/etc/systemd/system/nagios-nrpe-server.service.d"),
    file("/etc/systemd/system/nagios-nrpe-server.service.d/provision.conf", {
      content: render("unit.conf", {}),
    }),
    file("/etc/nagios/nrpe.cfg", { content: render("nrpe.cfg", data) }),
    file("/etc/nagios/nrpe.d/provision.cfg", { content: render("commands.cfg", data) }),
  ];
}

/** Who may ask: the hosts with a role that uses agents. */
const askers = (topology: Topology): readonly string[] =>
  topology.hosts
    .filter(({ members }) => members.some(({ role }) => topology.needs.get(role)?.includes(agentService)))
    .map(({ address }) => address);
