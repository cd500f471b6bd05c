import {
  type Content,
  defineRole,
  directory,
  exec,
  file,
  network,
  pkg,
  port,
  type Resource,
  type RoleContext,
  sha256,
  unit,
} from "provision";
import { z } from "zod";
import { loginPortFact, loginPorts } from "./login-port.ts";
import { type Rule, ruleLines, serviceRules, unknownAddresses } from "./rules.ts";

const badPort = "a port such as 8080, or a range such as 8000-8010";
const range = z
  .string()
  .regex(/^[1-9]\d{0,4}-[1-9]\d{0,4}$/, badPort)
  .refine((text) => {
    const [first = 0, last = 0] = text.split("-").map(Number);
    return first >= 1 && first < last && last <= 65535;
  }, badPort);
const ports = z.union([port, range], badPort);

const opening = z.strictObject({
  name: z
    .string()
    .regex(/^[\w .-]{1,60}$/, "at most 60 letters, digits, blanks, _ . -")
    .describe("Purpose of the opening"),
  ports: z.array(ports).min(1).describe("Ports, and ranges such as `8000-8010`"),
  protocol: z.enum(["tcp", "udp"]).default("tcp").describe("tcp or udp"),
  from: z
    .union([z.literal("anyone"), z.array(network).min(1)], "`anyone`, or a list of addresses and networks")
    .describe("Who may connect: `anyone`, or addresses and networks"),
});

const ssh = z.strictObject({
  networks: z
    .array(network)
    .default([])
    .describe("Addresses and networks that may log in; empty: anyone may try"),
  port: port.optional().describe("Port of sshd. Default: the port of the run's own login"),
});

const vars = z.strictObject({
  ssh: ssh.prefault({}).describe("Who may log in"),
  allow: z
    .array(opening)
    .default([])
    .describe(
      "Open ports in addition to those of the host's services, such as `{name: metrics, ports: [9100], from: [10.0.0.0/8]}`; `protocol` is tcp or udp, `from` may be `anyone`",
    ),
  interfaces: z
    .array(z.string().regex(/^[\w.:@-]{1,15}$/, "not the name of a network interface"))
    .default([])
    .describe("Network interfaces without a filter, such as that of a VPN"),
  ping: z.boolean().default(true).describe("Answer pings"),
  logDropped: z
    .boolean()
    .default(false)
    .describe("Log dropped packets in the kernel's log, at most ten lines a minute"),
  confirmSeconds: z
    .int()
    .min(5)
    .max(600)
    .default(30)
    .describe("Seconds in which a new login must succeed through new rules; otherwise the host undoes them"),
});
type Vars = z.infer<typeof vars>;
type Context = RoleContext<Vars>;

const table = "inet provision";
/** The rules that the boot loads: only rules that a new login has confirmed. */
const rulesPath = "/etc/nftables.d/provision.nft";
/** The last loaded rules: hash of the file, and hash of the kernel's listing. A reboot removes both this and the rules. */
const loadedPath = "/run/provision-firewall";
const list = `nft -s list table ${table}`;

/** A table of its own in nftables: it never touches other tables, such as those of containers. */
export const firewall = defineRole({
  name: "firewall",
  tier: "base",
  summary:
    "Allows users of the host's services, from the topology, and logins from the networks that you name; drops everything else",
  vars,
  facts: { loginPort: loginPortFact },
  objections: ({ host, topology }) => unknownAddresses(host.name, topology),
  checks: () => [
    {
      name: "rules",
      summary: "the firewall's rules are loaded",
      command: `if nft list table ${table} >/dev/null 2>&1; then echo 'the rules are loaded'; else echo 'no rules are loaded'; exit 2; fi`,
      root: true,
    },
  ],
  resources: (context) => {
    const rules = context.render("provision.nft", rulesetData(context));
    return [
      pkg("nftables"),
      load(rules, context.vars.confirmSeconds),
      directory("/etc/nftables.d"),
      file(rulesPath, { content: rules, check: "nft -c -f %s" }),
      file("/etc/systemd/system/provision-firewall.service", {
        content: context.render("provision-firewall.service", { table, rulesPath, loadedPath, list }),
      }),
      unit("provision-firewall.service"),
    ];
  },
});

/**
 * Loads the rules in one transaction; open connections stay open. To find drift, it compares the kernel's listing with the
 * listing right after loading.
 */
function load(rules: Content, seconds: number): Resource {
  const loaded = `"${sha256(rules.bytes)} $(${list} | sha256sum)"`;
  return exec("firewall", {
    command: `nft -f - && echo ${loaded} >${loadedPath}`,
    stdin: rules,
    unless: `read -r loaded <${loadedPath} && [ "$loaded" = ${loaded} ]`,
    confirm: {
      // The undo restores the loaded rules, because they allowed this login; the files may differ.
      save: `if nft list tables ${table.split(" ")[0]} | grep -qx 'table ${table}'; then ${list}; fi`,
      undo: `{ echo 'table ${table}'; echo 'delete table ${table}'; cat; } | nft -f - && rm -f ${loadedPath}`,
      seconds,
    },
  });
}

function rulesetData({ host, facts, vars, topology }: Context): Readonly<Record<string, unknown>> {
  return {
    table,
    interfaces: vars.interfaces.map((name) => `"${name}"`),
    ping: vars.ping,
    logDropped: vars.logDropped,
    rules: [
      ...sshRules(vars, loginPorts(host, facts)),
      ...serviceRules(host.name, topology),
      ...vars.allow.flatMap(allowRules),
    ],
  };
}

function sshRules({ ssh }: Vars, loggedInBy: readonly number[]): readonly Rule[] {
  const opening = { protocol: "tcp" as const, ports: ssh.port === undefined ? loggedInBy : [ssh.port] };
  if (ssh.networks.length === 0)
    return ruleLines("logins, from anyone", "ssh", { ...opening, from: "anyone" });
  return ssh.networks.flatMap((from) =>
    ruleLines(`logins, from ${from}`, "ssh", { ...opening, from: [from] }),
  );
}

function allowRules({ name, ports, protocol, from }: z.infer<typeof opening>): readonly Rule[] {
  return ports.flatMap((one) =>
    (from === "anyone" ? ["anyone" as const] : from.map((source) => [source])).flatMap((source) =>
      ruleLines(`${name}, for ${source === "anyone" ? source : source.join()}`, name, {
        protocol,
        ports: [one],
        from: source,
      }),
    ),
  );
}
