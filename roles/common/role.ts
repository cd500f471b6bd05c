import {
  address,
  defineRole,
  directory,
  exec,
  type Facts,
  file,
  pkg,
  quote,
  type Resource,
  type RoleContext,
  sysctl,
  unit,
} from "provision";
import { z } from "zod";
import { cloudInit, cloudInitFacts } from "./cloud-init.ts";
import { hostEntries, hostName, isLoopbackName, longestHostname, ownName } from "./names.ts";

const hostNames = z.array(z.string().regex(hostName, "not a host name")).min(1);
const packageName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9+.-]+(:[a-z0-9]+)?$/, "not the name of a Debian package");
const notAServer = "neither an address nor a host name";
const server = z.union([z.ipv4(), z.ipv6(), z.string().regex(hostName, notAServer)], notAServer);

const time = z.strictObject({
  daemon: z
    .enum(["chrony", "systemd-timesyncd", "none"])
    .default("chrony")
    .describe("Daemon that sets the clock. A container gets none: it uses the clock of its host"),
  servers: z.array(server).default([]).describe("Time servers, in addition to those of the distribution"),
});

const apt = z.strictObject({
  recommends: z.boolean().default(false).describe("Install recommended packages too, not only dependencies"),
  heldBack: z
    .array(
      z
        .string()
        .regex(
          /^[a-z0-9][a-z0-9+.-]*\$?$/,
          "the beginning of a package's name, or the whole name followed by $",
        ),
    )
    .default([
      "apache2",
      "galera-",
      "gunicorn$",
      "haproxy$",
      "keepalived$",
      "mariadb-",
      "memcached$",
      "mysql-",
      "nagios",
      "nginx",
      "postgresql-",
      "redis-",
    ])
    .describe(
      "Packages that unattended-upgrades must not upgrade, because it would restart them on all hosts of a tier in the same hour. Has an effect only where it is installed",
    ),
});

const vars = z.strictObject({
  hostname: z
    .string()
    .regex(hostName, "not a host name")
    .max(longestHostname)
    .refine((name) => !isLoopbackName(name), "every host uses this name for itself")
    .optional()
    .describe(
      "Name of the host. Default: its name in the inventory, if that is a valid host name and not `localhost`; else the host keeps its name",
    ),
  hostsFile: z
    .boolean()
    .default(true)
    .describe(
      "Write all of /etc/hosts: localhost, and every host of the inventory with a role and an address. Comments in it name the hosts that it cannot contain, and why",
    ),
  extraHosts: z
    .record(address, hostNames)
    .default({})
    .describe("Additional lines of /etc/hosts: address → names"),
  packages: z.array(packageName).default([]).describe("Debian packages to install on every host"),
  sysctl: z
    .record(
      z.string().regex(/^(?=.{1,200}$)[A-Za-z0-9_-]+([./][\w:@-]+)+$/, "not the name of a kernel parameter"),
      z.union(
        [
          z.string().regex(/^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$/, "one line, not empty"),
          z.number(),
        ],
        "one line of text, or a number",
      ),
    )
    .default({})
    .describe("Kernel parameters: name → value"),
  time: time.prefault({}).describe("The clock"),
  apt: apt.prefault({}).describe("Settings of apt"),
});
type Vars = z.infer<typeof vars>;
type Context = RoleContext<Vars>;

/** The base of every host: its name, the names of other hosts, the time, settings of apt. */
export const common = defineRole({
  name: "common",
  tier: "base",
  summary: "Host name, /etc/hosts, time, apt settings, packages and kernel parameters of every host",
  vars,
  facts: {
    // systemd writes the kind of container there.
    container:
      'if [ -e /run/systemd/container ]; then read -r name </run/systemd/container; echo "$name"; else echo none; fi',
    ...cloudInitFacts,
    unattendedUpgrades: "if [ -e /usr/bin/unattended-upgrade ]; then echo installed; fi",
  },
  resources: (context) => [
    ...aptSettings(context),
    ...names(context),
    ...context.vars.packages.map((name) => pkg(name)),
    ...clock(context),
    ...Object.entries(context.vars.sysctl).map(([key, value]) => sysctl(key, value)),
  ],
});

function aptSettings({ vars, facts, render }: Context): readonly Resource[] {
  const check = "apt-config --config-file=%s dump";
  const settings = file("/etc/apt/apt.conf.d/90provision", {
    content: render("apt.conf", { recommends: vars.apt.recommends }),
    check,
  });
  if (vars.apt.heldBack.length === 0 || fact(facts, "unattendedUpgrades") === "") return [settings];
  const content = render("unattended-upgrades.conf", { packages: vars.apt.heldBack });
  return [settings, file("/etc/apt/apt.conf.d/52provision-unattended-upgrades", { content, check })];
}

function names({ host, vars, facts, topology, render }: Context): readonly Resource[] {
  const name = ownName(host, vars.hostname);
  const hostname = name === undefined ? [] : nameOf(name);
  const named = name !== undefined;
  if (!vars.hostsFile) return [...cloudInit(facts, { hostname: named, hosts: undefined }), ...hostname];
  const content = render("hosts", hostEntries({ topology, facts, own: name, extraHosts: vars.extraHosts }));
  // /etc/hosts first, so that `sudo` and daemons can resolve the host's new name.
  return [
    ...cloudInit(facts, { hostname: named, hosts: content }),
    file("/etc/hosts", { content }),
    ...hostname,
  ];
}

function nameOf(name: string): readonly Resource[] {
  return [
    file("/etc/hostname", { content: `${name}\n` }),
    exec("hostname", {
      command: "hostname -F /etc/hostname",
      unless: `read -r name </proc/sys/kernel/hostname && [ "$name" = ${quote(name)} ]`,
    }),
  ];
}

function clock({ vars, facts, render }: Context): readonly Resource[] {
  const { daemon, servers } = vars.time;
  if (daemon === "none" || !["", "none"].includes(fact(facts, "container"))) return [];
  const service = `${daemon}.service`;
  const packages = pkg(daemon, { heldUnits: [service] });
  if (servers.length === 0) return [packages, unit(service)];
  const [folder, path, content] =
    daemon === "chrony"
      ? [
          "/etc/chrony/sources.d",
          "/etc/chrony/sources.d/provision.sources",
          render("chrony.sources", { servers }),
        ]
      : [
          "/etc/systemd/timesyncd.conf.d",
          "/etc/systemd/timesyncd.conf.d/provision.conf",
          render("timesyncd.conf", { servers }),
        ];
  const settings = file(path, { content });
  return [packages, directory(folder), settings, unit(service, { restartOn: [settings] })];
}

const fact = (facts: Facts, name: string): string => facts.role.get(name)?.trim() ?? "";
