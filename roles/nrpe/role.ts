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
import { certificateDays } from "../certificate-days.ts";
import { type AgentCheck, agentChecks, agentService } from "./checks.ts";

const percent = z.int().min(1).max(100);
const rising = ({ warning, critical }: { warning: number; critical: number }): boolean => warning <= critical;
const risingOnly = "`warning` must not be above `critical`";

const vars = z.strictObject({
  port: z.int().min(1).max(65535).default(5666).describe("TCP port of the agent"),
  load: z
    .strictObject({
      warning: z.number().positive().max(10_000).default(4).describe("Load above which it warns"),
      critical: z.number().positive().max(10_000).default(8).describe("Load above which it is critical"),
    })
    .refine(rising, risingOnly)
    .prefault({})
    .describe("Average load of the last 15 minutes, for each CPU"),
  memory: z
    .strictObject({
      warning: percent.default(90).describe("Percent from which it warns"),
      critical: percent.default(97).describe("Percent from which it is critical"),
    })
    .refine(rising, risingOnly)
    .prefault({})
    .describe("Used memory, without memory that the kernel can free. Used swap has the same limits"),
  disk: z
    .strictObject({
      warning: percent.default(85).describe("Percent from which it warns"),
      critical: percent.default(95).describe("Percent from which it is critical"),
    })
    .refine(rising, risingOnly)
    .prefault({})
    .describe("Used space or inodes of any local file system"),
  certificateDays: certificateDays.prefault({}).describe("The agent's own certificate"),
  ignoredUnits: z
    .array(
      z.string().regex(/^([\w@.:*?-]|\\x[0-9a-f]{2})+$/, "the name of a unit, which may contain * and ?"),
    )
    .default(["user@*.service", "user-runtime-dir@*.service"])
    .describe("Units whose failure is ignored. Default: units that systemd starts for users who log in"),
});
type Vars = z.infer<typeof vars>;
type Context = RoleContext<Vars>;

const settings = "/etc/nagios/provision";
const program = "/usr/lib/provision/checks";
const service = "nagios-nrpe-server.service";

/** The agent of monitoring on every host: runs a fixed list of checks of its own host for the monitoring servers. */
export const nrpe = defineRole({
  name: "nrpe",
  tier: "base",
  summary: "The agent of Nagios on every host: a fixed list of checks, for servers with a certificate",
  vars,
  provides: ({ vars }) => ({
    [agentService]: {
      port: vars.port,
      // Looks for the listening socket: an unused connection would stay open, and the agent would log it as an attempt.
      health: command(`ss -Hltn "sport = :${vars.port}" | grep -q .`),
      redundancy: "balanced",
      failover: "Each agent watches only its own host; an agent that does not answer causes an alert.",
    },
  }),
  secrets: ({ host, address }) => ({
    "nrpe/ca": { type: "authority", name: "provision monitoring agents" },
    "nrpe/clients": { type: "authority", name: "provision monitoring servers" },
    [`nrpe/${host.name}`]: { type: "certificate", authority: "nrpe/ca", names: [host.name, address] },
  }),
  // Whether `sudo` is sudo-rs: one of the two names is a link to the other.
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
      // It has no state, so a restart costs nothing; after a reload it would still use the old certificate.
      unit(service, { restartOn: [...own, ...configured] }),
    ];
  },
});

/** The agent's certificate, and the authority of the monitoring servers. */
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

/** One program for all checks of the host, so that a removed check leaves no file. */
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
    // systemd's names contain backslashes: escape them for the shell.
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

/** sudo-rs refuses a file with unknown settings. */
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
    // A host that is reached by a name or a translated address listens on all of its own addresses.
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

/** Addresses that may connect: the hosts with a role that uses agents. */
const askers = (topology: Topology): readonly string[] =>
  topology.hosts
    .filter(({ members }) => members.some(({ role }) => topology.needs.get(role)?.includes(agentService)))
    .map(({ address }) => address);
