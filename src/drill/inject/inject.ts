import { setTimeout as sleep } from "node:timers/promises";
import { err, ok, type Result } from "../../base/result.ts";
import type { Fault } from "../../model/drill.ts";
import type { LoadRequest } from "../../model/role.ts";
import type { Topology } from "../../model/topology.ts";
import { sh } from "../../script/script.ts";
import type { Hosts } from "../hosts.ts";
import { type Breakage, breakageOf, healNow, hurtFor, type InnerWay, missingPrograms } from "./breakage.ts";
import { findUnit, unitName } from "./daemon.ts";
import { islandOf, writesFrom } from "./island.ts";
import type { Power } from "./power.ts";

/** What breaks hosts, and makes the moves that a person would ask for. */
export interface Injector {
  readonly hosts: Hosts;
  readonly topology: Topology;
  readonly power: Power | undefined;
  /** The write of the load. */
  readonly write: LoadRequest | undefined;
  /** Moves the leader of a service as planned. */
  move(service: string): Promise<Result<void, string>>;
  /** Restarts a role on all of its hosts, by a run. */
  restart(role: string, units: ReadonlyMap<string, string>): Promise<Result<void, string>>;
}

/** Something that is broken. */
export interface Broken {
  /** Heals it, and tells what a person would have had to do: `db1: start mariadb.service`. */
  heal(): Promise<readonly string[]>;
  /** What goes on meanwhile, inside: gives the ids that were acknowledged there. */
  meanwhile?(): Promise<readonly string[]>;
}

const nothingToHeal: Broken = { heal: async () => [] };

/** Seconds after which a host heals itself, beyond the time that the drill wants. */
const SPARE = 20;

/** Seconds in which a host that was broken must answer again. */
const REACH = 60;

/** Breaks these hosts as the fault says. */
export async function inject(
  injector: Injector,
  fault: Fault,
  victims: readonly string[],
): Promise<Result<Broken, string>> {
  const { way } = fault;
  if (way === "moved") return done(await injector.move(fault.service));
  if (way === "off") return powerOff(injector, fault, victims);
  if (way === "restarted") {
    const units = await unitsOf(injector, fault, victims);
    return units.ok ? done(await injector.restart(fault.role, units.value)) : units;
  }
  if (way === "islanded") return cutOffTogether(injector, fault, victims);
  if (way === "alerted") return stopUnwatched(injector, fault, victims);
  return breakInside(injector, { ...fault, way }, victims);
}

/** The first victim is off, a host of monitoring; on the second, the daemon is stopped that must be told of. */
async function stopUnwatched(
  injector: Injector,
  fault: Fault,
  [watching = "", told = ""]: readonly string[],
): Promise<Result<Broken, string>> {
  const off = await powerOff(injector, fault, [watching]);
  if (!off.ok) return off;
  const service = fault.with ?? fault.service;
  const stopped = await breakInside(injector, { ...fault, service, way: "stopped" }, [told]);
  if (!stopped.ok) await off.value.heal();
  if (!stopped.ok) return stopped;
  return ok({ heal: async () => [...(await stopped.value.heal()), ...(await off.value.heal())] });
}

const done = (result: Result<void, string>): Result<Broken, string> =>
  result.ok ? ok(nothingToHeal) : result;

async function powerOff(
  { power }: Injector,
  { seconds }: Fault,
  victims: readonly string[],
): Promise<Result<Broken, string>> {
  if (power === undefined) return err("nobody can cut the power of these hosts");
  const cancels = victims.map((host) => power.onAfter(host, seconds + SPARE));
  const offs = await Promise.all(victims.map((host) => power.off(host)));
  const failed = offs.find((off) => !off.ok);
  if (failed?.ok === false) return failed;
  return ok({
    heal: async () => {
      const ons = await Promise.all(victims.map((host) => power.on(host)));
      for (const cancel of cancels) cancel();
      return ons.flatMap((on) => (on.ok ? [] : [on.error]));
    },
  });
}

/** The leader and a client are cut off from all others; the client goes on to write. */
async function cutOffTogether(
  injector: Injector,
  fault: Fault,
  victims: readonly string[],
): Promise<Result<Broken, string>> {
  const { hosts, topology, write } = injector;
  const client = victims.at(-1) ?? "";
  const endpoint = topology.services.get(fault.with ?? "")?.endpoints.find(({ host }) => host === client);
  if (endpoint === undefined || write === undefined) return err("no application of this stack writes");
  const island = islandOf(victims, topology);
  if (!island.ok) return island;
  const broken = await hurtAll(
    injector,
    { ...fault, way: "cut" },
    victims.map((host) => ({ host, unit: "", breakage: island.value })),
  );
  if (!broken.ok) return broken;
  return ok({
    ...broken.value,
    meanwhile: async () => {
      const said = await hosts.ask(
        client,
        writesFrom(endpoint, write, fault.seconds - 1),
        fault.seconds + 15,
      );
      return said.ok ? said.value.split("\n").filter((id) => /^[0-9a-f-]{36}$/.test(id)) : [];
    },
  });
}

async function breakInside(
  injector: Injector,
  fault: Fault & { readonly way: InnerWay },
  victims: readonly string[],
): Promise<Result<Broken, string>> {
  const units = await unitsOf(injector, fault, victims);
  if (!units.ok) return units;
  const breakages = [...units.value].map(([host, unit]) => ({
    host,
    unit,
    breakage: breakageOf(fault.way, unit),
  }));
  return hurtAll(injector, fault, breakages);
}

/** A host, and how it is broken. */
interface Hurt {
  readonly host: string;
  /** Empty: the host itself. */
  readonly unit: string;
  readonly breakage: Breakage;
}

async function hurtAll(
  { hosts }: Injector,
  fault: Fault,
  breakages: readonly Hurt[],
): Promise<Result<Broken, string>> {
  const hurt = await Promise.all(
    breakages.map(({ host, breakage }) => hosts.ask(host, hurtFor(healAfter(fault), breakage), 15)),
  );
  const failed = hurt.find((one) => !one.ok);
  if (failed?.ok === false) return err(failed.error.message);
  return ok({
    heal: async () => {
      const all = breakages.map(async ({ host, unit, breakage }) => {
        const down = fault.way === "killed" && (await isDown(hosts, host, unit));
        const healed = await untilHealed(hosts, host, breakage);
        if (!healed) return [`${host}: could not be reached within ${REACH} s after its fault`];
        return down ? [`${host}: ${unit} did not start again by itself`] : [];
      });
      return (await Promise.all(all)).flat();
    },
  });
}

/** A host that is cut off cannot be asked to heal: it does so itself, in time. */
const healAfter = ({ way, seconds }: Fault): number => (way === "cut" ? seconds : seconds + SPARE);

async function untilHealed(hosts: Hosts, host: string, breakage: Breakage): Promise<boolean> {
  const end = performance.now() + REACH * 1000;
  while (performance.now() < end) {
    if ((await hosts.ask(host, healNow(breakage), 10)).ok) return true;
    await sleep(300);
  }
  return false;
}

async function isDown(hosts: Hosts, host: string, unit: string): Promise<boolean> {
  const said = await hosts.ask(host, sh`systemctl is-active -- ${unit} || :`, 15);
  return said.ok && !["active", "activating", "reloading"].includes(said.value);
}

/** The daemon of the fault's service on each of these hosts. */
async function unitsOf(
  injector: Injector,
  fault: Fault,
  victims: readonly string[],
): Promise<Result<ReadonlyMap<string, string>, string>> {
  const found = new Map<string, string>();
  for (const host of victims) {
    const unit = await unitOn(injector, fault, host);
    if (!unit.ok) return unit;
    found.set(host, unit.value);
  }
  return ok(found);
}

/** What is done to a host, whichever daemons it has. */
const ofHost: ReadonlySet<string> = new Set(["cut", "lossy", "busy"]);

async function unitOn(
  { hosts, topology }: Injector,
  { service, way }: Fault,
  host: string,
): Promise<Result<string, string>> {
  const endpoint = topology.services.get(service)?.endpoints.find((one) => one.host === host);
  if (endpoint === undefined) return err(`${host} has no ${service}`);
  const missing = await hosts.ask(host, missingPrograms(way), 15);
  if (!missing.ok) return err(missing.error.message);
  if (missing.value !== "") return err(`${host} lacks ${missing.value.split("\n").join(" and ")}`);
  if (ofHost.has(way)) return ok("");
  const said = await hosts.ask(host, findUnit(endpoint), 30);
  if (!said.ok) return err(said.error.message);
  if (unitName.test(said.value)) return ok(said.value);
  return err(`${host}: no unit of systemd listens on port ${endpoint.port} of ${service}`);
}
