import {
  type Content,
  content,
  exec,
  file,
  hostPort,
  quote,
  type Resource,
  type RoleContext,
  type Survival,
  sha256,
} from "provision";
import type { Flavour } from "./flavour/flavour.ts";
import { place } from "./place.ts";
import type { Vars } from "./vars.ts";

type Context = RoleContext<Vars, "members" | "copies" | "store">;

/** The folder of the keeper's program, and of the program that sends a copy. */
export const source = "roles/mysql/files";

/** Seconds of a lease and what follows from it: fast notices a lost host sooner, wide bears slow networks and busy hosts. */
const profiles = {
  fast: { ttl: 3, margin: 0.4, renew: 0.5, request: 0.6, watchdog: 2, quiet: 1.2, drop: 2 },
  norm: { ttl: 5, margin: 0.5, renew: 0.8, request: 0.7, watchdog: 3, quiet: 2, drop: 2 },
  wide: { ttl: 15, margin: 1, renew: 2.5, request: 2, watchdog: 8, quiet: 6, drop: 6 },
} as const;

/** Seconds after which systemd ends a keeper that hangs: before its lease can end. */
export const watchdogOf = ({ profile }: Vars): number => profiles[profile].watchdog;

/** What users see at most when the leader is lost (docs/keeper.md). A frozen daemon is noticed after `quiet`, a lost host when its lease ends. */
export function survivalOf({ profile }: Vars): Survival {
  const { ttl, quiet } = profiles[profile];
  const lost = ttl + 2;
  return {
    of: "writes",
    pause: { killed: 2, stopped: 2, moved: 1.7, frozen: quiet + 3, off: lost, cut: lost, islanded: lost },
  };
}

/** The address itself if it is IPv4: unique among members, and it never changes. Else a number computed from it. */
export function serverId(address: string): number {
  const hex = /^\d+\.\d+\.\d+\.\d+$/.test(address)
    ? address
        .split(".")
        .map((part) => Number(part).toString(16).padStart(2, "0"))
        .join("")
    : sha256(content(address).bytes);
  return Math.max(1, Number.parseInt(hex.slice(0, 8), 16));
}

/** The keeper's program and its settings. */
export function keeperFiles(context: Context, flavour: Flavour): readonly Resource[] {
  const modules = [...context.asset(source)].filter(([name]) => name.startsWith("keeper/"));
  const files = modules.map(([name, content]) =>
    file(`${place.keeper}/${name.slice("keeper/".length)}`, { content }),
  );
  return [
    ...files,
    noOthers(files.map(({ key }) => key)),
    file(place.settings, { content: settingsOf(context, flavour) }),
  ];
}

/** A module that an earlier version has left would be loaded in place of one of the same name. */
function noOthers(modules: readonly string[]): Resource {
  const wanted = modules.map((path) => ` -e ${quote(path)}`).join("");
  const others = `find ${place.keeper} -name '*.py' | grep -vxF${wanted}`;
  return exec("no other modules of the keeper", {
    command: `${others} | xargs -r rm -f --`,
    unless: `! { ${others}; } | grep -q .`,
  });
}

function settingsOf({ host, address, vars, peers, needs }: Context, flavour: Flavour): Content {
  const { watchdog: _, ...times } = profiles[vars.profile];
  const members = peers.map((peer) => [
    peer.host.name,
    { address: peer.address, number: serverId(peer.address) },
  ]);
  return content(
    `${JSON.stringify(
      {
        cluster: "sql",
        name: host.name,
        engine: flavour.name,
        primary: vars.primary ?? peers[0]?.host.name,
        acks: peers.length > 1 ? vars.minAcks : 0,
        members: Object.fromEntries(members),
        store: needs.store.map((endpoint) => `https://${hostPort(endpoint)}`),
        database_port: vars.port,
        read_port: vars.statePort,
        keeper_port: vars.keeperPort,
        copy_port: vars.clonePort,
        bind: address.includes(":") ? "::" : "0.0.0.0",
        folder: place.folder,
        ...times,
        patience: 2,
        handing: 3,
        tick: 0.2,
        hang: 2,
        warning: vars.lag.warning,
        critical: vars.lag.critical,
        init_connect: String(vars.settings.init_connect ?? ""),
      },
      undefined,
      1,
    )}\n`,
  );
}
