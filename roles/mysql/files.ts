import type { Content, RoleContext } from "provision";
import type { Flavour } from "./flavour/flavour.ts";
import { serverId } from "./keeper.ts";
import { place } from "./place.ts";
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

const bindOf = (address: string): string => (address.includes(":") ? "::" : "0.0.0.0");

const listed = (
  settings: Readonly<Record<string, string | number | boolean>>,
): readonly { readonly name: string; readonly value: string }[] =>
  Object.entries(settings).map(([name, value]) => ({
    name,
    value: typeof value === "boolean" ? String(Number(value)) : String(value),
  }));
