import {
  content,
  defineRole,
  directory,
  type Endpoint,
  file,
  http,
  pkg,
  quote,
  Refusal,
  type Resource,
  type RoleContext,
  unit,
} from "provision";
import { agentChecks, agentService } from "../nrpe/checks.ts";
import { nagiosName } from "./names.ts";
import { objectsOf } from "./objects.ts";
import { type Vars, vars } from "./vars.ts";
import { webOf } from "./web.ts";

type Context = RoleContext<Vars, "agents" | "web">;

const settings = "/etc/nagios4/provision";
const objects = `${settings}/objects.cfg`;
const journal = "/var/lib/nagios4/provision-alerts";
const programs = "/usr/lib/provision";
const service = "nagios4.service";
const agentUnit = "nagios-nrpe-server.service";

/** Options of check_nrpe: its certificate, and the authority of the agents. */
const agentOptions = `-A ${settings}/agents.pem -C ${settings}/client.pem -K ${settings}/client-key.pem -S TLSv1.2+`;

/** Monitoring servers: each watches everything, one sends the alerts. */
export const nagios = defineRole({
  name: "nagios",
  tier: "monitoring",
  summary: "Nagios 4: a check and an alert for every service on every host, made from the topology",
  vars,
  needs: { agents: agentService },
  wants: { web: "web" },
  provides: ({ vars }) => ({
    nagios: {
      port: vars.port,
      health: http("/nagios4/", { status: 401, tls: true }),
      redundancy: "balanced",
      access: vars.networks.length === 0 ? "users" : vars.networks,
      failover:
        "Each server watches everything. The first working server sends the alerts; the next one sends alerts that the first did not send.",
      survives: { breaks: "nothing" },
    },
  }),
  checks: () => [
    {
      name: "works",
      summary: "Nagios runs and updates its status file",
      command: `${programs}/nagios-alive`,
    },
  ],
  drilling: {
    alerts: `sed -n 's/^sent;\\([0-9]*\\);\\([^;]*\\);\\([^;]*\\);\\([^;]*\\);\\(.*\\)/\\1 \\2 \\3 \\4 \\5/p' ${journal} 2>/dev/null || :`,
  },
  secrets: ({ host, address }) => ({
    "nrpe/ca": { type: "authority", name: "provision monitoring agents" },
    "nrpe/clients": { type: "authority", name: "provision monitoring servers" },
    [`nrpe/client/${host.name}`]: { type: "certificate", authority: "nrpe/clients", names: [host.name] },
    "nagios/ca": { type: "authority", name: "provision monitoring pages" },
    [`nagios/${host.name}`]: { type: "certificate", authority: "nagios/ca", names: [host.name, address] },
    "nagios/admin": { type: "password" },
  }),
  // Whether the host already has another mail program.
  facts: { otherMail: "if [ -e /usr/sbin/sendmail ] && [ ! -e /usr/bin/msmtp ]; then echo yes; fi" },
  resources: (context) => {
    const ownAgent = context.needs.agents.some(({ host }) => host === context.host.name);
    if (!ownAgent)
      throw new Refusal(
        "the host also needs the role `nrpe`, over which the other monitoring servers ask this one",
      );
    return [
      ...packages(context),
      directory(programs),
      directory(settings),
      directory("/etc/nagios4/conf.d"),
      ...scripts(context),
      ...identity(context),
      ...alerting(context),
      ...daemon(context),
      ...pages(context),
    ];
  },
});

function packages({ facts, vars, render }: Context): readonly Resource[] {
  // Nagios depends on a mail program, and apt would choose a listening mail server. msmtp only forwards mail.
  const mail = facts.role.get("otherMail")?.trim() === "yes" ? [] : [pkg("msmtp-mta")];
  const account =
    mail.length === 0 || vars.mail === undefined
      ? []
      : [file("/etc/msmtprc", { content: render("msmtprc", vars.mail), owner: "root", group: "root" })];
  const held = { heldUnits: [service, "apache2.service", agentUnit] };
  return [
    ...mail,
    ...[
      "nagios4-core",
      "nagios4-cgi",
      "apache2",
      "nagios-nrpe-plugin",
      "monitoring-plugins-basic",
      "curl",
    ].map((name) => pkg(name, held)),
    ...account,
  ];
}

function scripts({ host, vars, peers, needs, render }: Context): readonly Resource[] {
  const names = peers.map((peer) => peer.host.name);
  const own = names.indexOf(host.name);
  const others = peers.flatMap((peer, index) => {
    const agent = needs.agents.find((endpoint) => endpoint.host === peer.host.name);
    if (index === own || agent === undefined) return [];
    const { address, port } = agent;
    return [{ host: quote(nagiosName(peer.host.name)), address: quote(address), port, before: index < own }];
  });
  const data = {
    agent: agentOptions,
    settings,
    journal,
    peers: others,
    self: quote(nagiosName(host.name)),
    mailed: vars.mail !== undefined,
    from: vars.mail?.from ?? "",
    to: vars.mail?.to ?? [],
    ways: [vars.webhook, vars.mail].filter((way) => way !== undefined).length || 1,
    // Nagios writes the file every 5 s; a busy host gets some more time.
    staleSeconds: 30,
  };
  return ["ask", "alert", "journal", "alive", "redundancy", "exactly", "summary", "check"].map((name) =>
    file(`${programs}/nagios-${name}`, {
      content: render(`${name}.sh`, data),
      mode: "0755",
      check: "sh -n %s",
    }),
  );
}

/** The server's own certificate, and the authority of the agents. */
function identity({ host, certificate }: Context): readonly Resource[] {
  const client = certificate(`nrpe/client/${host.name}`);
  return [
    file(`${settings}/agents.pem`, { content: certificate("nrpe/ca").certificate }),
    file(`${settings}/client.pem`, { content: client.certificate }),
    file(`${settings}/client-key.pem`, {
      content: content(client.key, { secret: true }),
      group: "nagios",
      mode: "0640",
    }),
  ];
}

/** The receiver of alerts, and the commands for the other servers. */
function alerting({ vars, render }: Context): readonly Resource[] {
  const asked = file("/etc/nagios/nrpe.d/provision-nagios.cfg", {
    content: render("agent-commands.cfg", {}),
  });
  const hook = `${settings}/webhook.curl`;
  return [
    // The URL is often a secret, so it must not be in an argument.
    vars.webhook === undefined
      ? file(hook, { absent: true })
      : file(hook, {
          content: content(`url = "${vars.webhook}"\n`, { secret: true }),
          group: "nagios",
          mode: "0640",
        }),
    asked,
    unit(agentUnit, { restartOn: [asked] }),
  ];
}

function daemon({ vars, topology, needs, render }: Context): readonly Resource[] {
  const agents: readonly Endpoint[] = needs.agents;
  const monitored = objectsOf(topology, agents, (host) => agentChecks(topology, host), vars);
  const resource = file("/etc/nagios4/resource.cfg", {
    content: "# Managed by provision.\n$USER1$=/usr/lib/nagios/plugins\n",
    group: "nagios",
    mode: "0640",
  });
  const all = file(objects, {
    content: render("objects.cfg", { ...monitored, agent: agentOptions, ...timesOf(vars) }),
    check: `${programs}/nagios-check objects %s`,
  });
  const main = file("/etc/nagios4/nagios.cfg", {
    content: render("nagios.cfg", { objects, delay: firstDelay(monitored) }),
    check: `${programs}/nagios-check main %s`,
  });
  const dropIn = file("/etc/systemd/system/nagios4.service.d/provision.conf", {
    content: render("unit.conf", {}),
  });
  return [
    resource,
    all,
    main,
    directory("/etc/systemd/system/nagios4.service.d"),
    dropIn,
    unit(service, { reloadOn: [all, resource], restartOn: [main, dropIn] }),
  ];
}

/** Seconds between checks, and until a server sends an alert that another server should have sent. */
function timesOf({ interval, retry, attempts }: Vars) {
  // Time in which another server detects the same failure: its next check, the repeats, and slow answers.
  const patience = (between: number): number => between + attempts * retry + 20;
  const slowInterval = interval * 5;
  return {
    interval,
    retry,
    attempts,
    slowInterval,
    patience: patience(interval),
    slowPatience: patience(slowInterval),
  };
}

/** Seconds between the first checks of two things: eight a second at the most, and all within a minute. */
function firstDelay({ hosts }: ReturnType<typeof objectsOf>): string {
  const checks = hosts.reduce((sum, { services }) => sum + services.length, 0);
  return Math.max(0.01, Math.min(0.125, 60 / Math.max(1, checks))).toFixed(3);
}

function pages({ host, vars, render, password, certificate }: Context): readonly Resource[] {
  return webOf({
    host: host.name,
    port: vars.port,
    networks: vars.networks,
    settings,
    user: "nagiosadmin",
    password: password("nagios/admin"),
    certificate: certificate(`nagios/${host.name}`),
    render,
  });
}
