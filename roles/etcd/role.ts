import {
  command,
  defineRole,
  directory,
  exec,
  type Facts,
  pkg,
  Refusal,
  type Resource,
  unit,
} from "provision";
import { checksOf } from "./checks.ts";
import { defragmentation } from "./defragmentation.ts";
import { type Context, daemonFiles, identity, ownVoter, program, source, votersOf } from "./files.ts";
import { firstStep, isLast, memberFact, rankOf } from "./formation.ts";
import { leads, live } from "./live.ts";
import { objectionsOf } from "./objections.ts";
import { hasData, place } from "./place.ts";
import { voting } from "./probe.ts";
import { vars } from "./vars.ts";

/** The quorum store: a few values that all voters agree on, as long as a majority of them answers. */
export const etcd = defineRole({
  name: "etcd",
  tier: "store",
  summary:
    "The quorum store (etcd): an odd number of voters that agree on who leads, as long as a majority answers",
  vars,
  needs: { members: "store-peers", store: "store" },
  provides: ({ vars }) => ({
    store: {
      port: vars.clientPort,
      portFrom: "clientPort",
      // Root, because the store answers only those with a certificate, and the voter's key is its own.
      health: command(`${place.program} check health`, { root: true }),
      redundancy: "quorum",
      speaks: "etcd",
      failover:
        "The others go on without it; when it was their leader, nothing is written for 1 to 2 s. Without a majority nothing can be written until enough voters are back.",
      survives: { pause: { killed: 0.5, frozen: 0.5, off: 0.5, cut: 0.5 }, breaks: "nothing" },
    },
    "store-peers": {
      port: vars.peerPort,
      portFrom: "peerPort",
      health: command(`ss -Hltn "sport = :${vars.peerPort}" | grep -q .`),
      redundancy: "quorum",
      failover: "Voters copy the data of the store to each other over this port.",
    },
  }),
  drilling: { leads },
  objections: objectionsOf,
  assets: () => [source],
  secrets: ({ host, address }) => ({
    "store/ca": { type: "authority", name: "store" },
    [`store/${host.name}`]: {
      type: "certificate",
      authority: "store/ca",
      // The last three are its own: the gateway asks its server over them, and is checked like any client.
      names: [...new Set([host.name, address, "localhost", "127.0.0.1", "::1"])],
    },
  }),
  peerFacts: { member: memberFact },
  live,
  rank: ({ host, peers }) => rankOf(peers, host.name),
  checks: ({ vars }) => checksOf(vars),
  resources: (context) => {
    needVersion(context.facts);
    const { authority, own } = identity(context);
    const settings = daemonFiles(context);
    return [
      pkg("etcd-server", { heldUnits: [place.unit] }),
      pkg("etcd-client"), // for people: snapshots, and a look at the store
      pkg("curl"),
      pkg("openssl"),
      pkg("python3"),
      directory(place.settings),
      directory(place.dropIns),
      authority,
      ...own,
      ...settings,
      ...program(context),
      placeInStore(context),
      unit(place.unit, { restartOn: [authority, ...settings] }),
      voter(context),
      ...defragmentation(context),
    ];
  },
});

/** Before 3.4 a member cannot join as a learner, and one that fails to start can stop the whole store. */
function needVersion({ os: { id, version } }: Facts): void {
  const oldest: Readonly<Record<string, number>> = { debian: 12, ubuntu: 24.04 };
  const least = oldest[id];
  if (least !== undefined && Number.parseFloat(version) < least)
    throw new Refusal(
      `${id} ${version} has an etcd before 3.4, which cannot add voters safely`,
      "give the role `etcd` to hosts with Debian 12, Ubuntu 24.04 or newer",
    );
}

/** Before the first start: a new store, or a place in the living one. */
function placeInStore({ host, peers }: Context): Resource {
  return exec("place in the store", {
    command: `${place.program} ${firstStep(peers, host.name)}`,
    unless: hasData,
  });
}

/** After the start. The last voter also removes those that left the inventory. */
function voter(context: Context): Resource {
  const { host, peers, vars } = context;
  const last = isLast(peers, host.name);
  return exec("voter of the store", {
    command: `${place.program} settle${last ? " last" : ""}`,
    unless: voting(vars.clientPort, ownVoter(context), last ? votersOf(context) : undefined),
  });
}
