import { directory, exec, file, pkg, Refusal, type Resource, type RoleContext, unit } from "provision";
import { programFile } from "../program-file.ts";
import { accountsOf } from "./accounts.ts";
import { configOf } from "./files.ts";
import type { Flavour } from "./flavour/flavour.ts";
import { flavourOf } from "./flavour/flavour-of-host.ts";
import { keeperFiles, source, watchdogOf } from "./keeper.ts";
import { limitsOf } from "./limits.ts";
import { partsOf } from "./part.ts";
import { place } from "./place.ts";
import { contradictions, type Vars } from "./vars.ts";

type Context = RoleContext<Vars, "members" | "keepers" | "copies" | "store">;

/** What a member has on its host. */
export function resourcesOf(context: Context): readonly Resource[] {
  const flavour = flavourOf(context.vars, context.facts);
  forThisDaemon(context.vars, flavour);
  const identity = identityOf(context);
  const settings = [...daemonFiles(context, flavour), ...limitsOf(context, flavour)];
  return [
    ...flavour.packages.map((name) => pkg(name, { heldUnits: [flavour.unit, ...flavour.unwanted] })),
    ...flavour.unwanted.map((name) => unit(name, { running: false, enabled: false })),
    directory(place.folder, { group: "mysql", mode: "0750" }),
    ...identity,
    ...settings,
    unit(flavour.unit, { running: "any", enabled: false }),
    withoutKeeper(flavour),
    ...cloneResources(context, flavour, identity),
    ...keeperResources(context, flavour, identity),
    restart(context, [...identity, ...settings]),
    takesPart(context),
    ...(leads(context) ? accountsOf(context, flavour) : []),
  ];
}

/** Who gets the accounts: the leader; where there is no cluster yet, the member that will lead. */
function leads({ host, peers, vars }: Context): boolean {
  const part = partsOf(peers);
  if (["leader", "alone"].includes(part.get(host.name) ?? "")) return true;
  const fresh = [...part.values()].every((one) => one === "none");
  return fresh && host.name === (vars.primary ?? peers[0]?.host.name);
}

/** Checks again for the daemon of this host, because with `auto` only the facts tell which one it is. */
function forThisDaemon(vars: Vars, { name }: Flavour): void {
  const [wrong] = contradictions(vars, name);
  if (wrong !== undefined) throw new Refusal(`\`${["mysql", ...wrong.path].join(".")}\`: ${wrong.message}`);
}

/** Certificates, to the other members and to the store. */
function identityOf({ host, certificate }: Context): readonly Resource[] {
  const pem = (name: string, text: string, secret = false): Resource =>
    file(`${place.folder}/${name}`, {
      content: { bytes: new TextEncoder().encode(text), ...(secret ? { secret } : {}) },
      group: "mysql",
      mode: secret ? "0640" : "0644",
    });
  const own = certificate(`sql/${host.name}`);
  const store = certificate(`store/client/${host.name}`);
  return [
    pem("ca.pem", certificate("sql/ca").certificate),
    pem("cert.pem", own.certificate),
    pem("key.pem", own.key, true),
    pem("store-ca.pem", certificate("store/ca").certificate),
    pem("store-cert.pem", store.certificate),
    pem("store-key.pem", store.key, true),
  ];
}

function daemonFiles(context: Context, flavour: Flavour): readonly Resource[] {
  const folder = `/etc/systemd/system/${flavour.unit}.d`;
  return [
    file(flavour.config, { content: configOf(context, flavour), check: flavour.check }),
    directory(folder),
    file(`${folder}/provision-keeper.conf`, { content: context.render("daemon.conf", place) }),
  ];
}

function keeperResources(
  context: Context,
  flavour: Flavour,
  identity: readonly Resource[],
): readonly Resource[] {
  const { render, password, vars } = context;
  const secret = file(`${place.folder}/replication`, {
    content: { bytes: new TextEncoder().encode(`${password("sql/replication")}\n`), secret: true },
    mode: "0600",
  });
  const definition = file("/etc/systemd/system/provision-keeper.service", {
    content: render("keeper.service", { ...place, watchdog: watchdogOf(vars) }),
  });
  const files = keeperFiles(context, flavour);
  return [
    directory("/usr/local/lib/provision"),
    directory(place.keeper),
    directory(`${place.keeper}/decisions`),
    ...files,
    secret,
    definition,
    unit("provision-keeper", { restartOn: [...files, secret, definition, ...identity] }),
  ];
}

/** What the package has started, with its own settings, or what runs though nobody watches it. */
const withoutKeeper = ({ unit: name }: Flavour): Resource =>
  exec("no database without a keeper", {
    command: `systemctl stop ${name}`,
    unless: `systemctl -q is-active provision-keeper || ! systemctl -q is-active ${name}`,
  });

/** The keeper starts the daemon anew. A leader has been asked to hand over before. */
function restart({ vars }: Context, on: readonly Resource[]): Resource {
  return exec("restart of the database", {
    command: `curl -q --noproxy '*' -sS --max-time 150 -X POST -d '{}' -o /dev/stderr -w '%{http_code}' http://127.0.0.1:${vars.statePort}/restart | grep -qx 200`,
    unless: "true",
    reloadOn: on,
  });
}

/**
 * Leads or follows. A copy of the data takes as long as it takes; everything else has 240 s, and 60 s while the cluster waits
 * for a member. Who gets the accounts must take writes: a leader takes none while the others take their first copies.
 */
function takesPart(context: Context): Resource {
  const { vars } = context;
  const ask = (path: string, more = ""): string =>
    `curl -q --noproxy '*' -s --max-time 3${more} http://127.0.0.1:${vars.statePort}${path}`;
  const part = ask(leads(context) ? "/member" : "/part", " -f -o /dev/null");
  return exec("takes part in the cluster", {
    command: `end=$(($(date +%s) + 240)) leaderless=$(($(date +%s) + 60))
until ${part}; do
  now=$(date +%s)
  case $(${ask("/patroni")}) in
    *'"state": "copying"'*) end=$((now + 240)) leaderless=$((now + 60)) ;;
    *'"waits_for": ""'*) leaderless=$((now + 60)) ;;
  esac
  [ "$now" -lt "$end" ] && [ "$now" -lt "$leaderless" ] || { ${ask("/check/replication")} >&2; exit 1; }
  sleep 0.5
done`,
    unless: part,
  });
}

function cloneResources(
  context: Context,
  flavour: Flavour,
  identity: readonly Resource[],
): readonly Resource[] {
  if (flavour.name !== "mariadb") return [];
  const { render, vars, address, asset } = context;
  const donate = file("/usr/local/lib/provision/sql-donate", {
    content: programFile(asset, source, "donate"),
    mode: "0755",
  });
  const clone = file("/etc/systemd/system/provision-sql-clone.service", {
    content: render("sql-clone.service", {
      clonePort: vars.clonePort,
      family: address.includes(":") ? "ip6" : "ip4",
      folder: place.folder,
      program: "/usr/local/lib/provision/sql-donate",
    }),
  });
  return [
    directory("/usr/local/lib/provision"),
    donate,
    clone,
    unit("provision-sql-clone", { restartOn: [donate, clone, ...identity.slice(0, 3)] }),
  ];
}
