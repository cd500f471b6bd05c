import { type Content, content, quote, type RoleContext, sha256 } from "provision";
import type { Flavour } from "./flavour/flavour.ts";
import { waitMilliseconds } from "./flavour/flavour-of-host.ts";
import { place, responder, stateFunction } from "./state.ts";
import type { Vars } from "./vars.ts";

type Context = RoleContext<Vars>;

/** The settings of the daemon. */
export function configOf({ address, vars, render }: Context, flavour: Flavour): Content {
  const id = serverId(address);
  return render("settings.cnf", {
    serverId: id,
    bind: bindOf(address),
    port: vars.port,
    address,
    folder: place.folder,
    pid: place.pid,
    settings: listed(flavour.settings(vars)),
    own: listed(vars.settings),
  });
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

const bindOf = (address: string): string => (address.includes(":") ? "::" : "0.0.0.0");

const listed = (
  settings: Readonly<Record<string, string | number | boolean>>,
): readonly { readonly name: string; readonly value: string }[] =>
  Object.entries(settings).map(([name, value]) => ({
    name,
    value: typeof value === "boolean" ? String(Number(value)) : String(value),
  }));

/** The program that carries out the steps on a member. */
export function programOf({ vars, peers, render }: Context, flavour: Flavour): Content {
  const statements = Object.entries(flavour.statements).map(([name, text]) => [
    name,
    quote(text.replaceAll("{{port}}", String(vars.port))),
  ]);
  return render("provision-sql", {
    ...place,
    markFolder: place.mark.replace(/\/[^/]*$/, ""),
    state: stateFunction,
    flavour: flavour.name,
    unit: flavour.unit,
    s: Object.fromEntries(statements),
    wait: waitMilliseconds(vars),
    endless: vars.semiSyncSeconds === "never",
    replicas: peers.length - 1,
    responder,
    port: vars.port,
    clonePort: vars.clonePort,
  });
}

/** The program that reports the state of this member. */
export function responderOf({ address, vars, peers, render }: Context): Content {
  return render("sql-state.py", {
    statePort: vars.statePort,
    replicas: peers.length - 1,
    warning: vars.lag.warning,
    critical: vars.lag.critical,
    socket: place.socket,
    cloning: place.cloning,
    responder,
    bind: bindOf(address),
    ipv6: address.includes(":"),
  });
}
