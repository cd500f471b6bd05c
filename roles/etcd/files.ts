import { directory, file, hostPort, type Resource, type RoleContext } from "provision";
import { programFile } from "../program-file.ts";
import { place } from "./place.ts";
import type { Voter } from "./probe.ts";
import type { Vars } from "./vars.ts";

/** What the role's resources are made from. */
export type Context = RoleContext<Vars, "members" | "store">;

/** The folder of the program for the steps of a voter. */
export const source = "roles/etcd/files";
const programs = ["store.py", "voters.py", "care.py", "etcd-voter"] as const;

/** All voters of the inventory: name, peer URL, client URL. */
export const votersOf = ({
  peers,
}: Pick<Context, "peers">): readonly (Voter & { readonly client: string })[] =>
  peers.map(({ host, address, vars }) => ({
    name: host.name,
    peer: `https://${hostPort({ address, port: vars.peerPort })}`,
    client: `https://${hostPort({ address, port: vars.clientPort })}`,
  }));

/** This host among them. */
export function ownVoter(context: Pick<Context, "host" | "peers">): ReturnType<typeof votersOf>[number] {
  const own = votersOf(context).find(({ name }) => name === context.host.name);
  if (own === undefined) throw new Error(`${context.host.name} is not among its peers`);
  return own;
}

/** The voter's certificate. etcd reads it anew at each handshake, but the authority only at its start. */
export function identity({ host, certificate }: Context): {
  readonly authority: Resource;
  readonly own: readonly Resource[];
} {
  const { certificate: own, key } = certificate(`store/${host.name}`);
  return {
    authority: file(`${place.settings}/ca.pem`, { content: certificate("store/ca").certificate }),
    own: [
      file(`${place.settings}/cert.pem`, { content: own }),
      file(`${place.settings}/key.pem`, {
        content: { bytes: new TextEncoder().encode(key), secret: true },
        group: "etcd",
        mode: "0640",
      }),
    ],
  };
}

/** Settings of etcd, and of its unit. */
export function daemonFiles(context: Context): readonly Resource[] {
  const { vars, render } = context;
  const data = {
    ...vars,
    ...place,
    ...ownUrls(context),
    quotaBytes: vars.quota * 1024 * 1024,
  };
  return [
    file(`${place.settings}/etcd.env`, { content: render("etcd.env", data) }),
    file(`${place.dropIns}/provision.conf`, { content: render("unit.conf", data) }),
  ];
}

function ownUrls(context: Context): Readonly<Record<string, unknown>> {
  const { address, vars, facts } = context;
  const at = (port: number) => (where: string) => `https://${hostPort({ address: where, port })}`;
  // A host that is reached by a name or a translated address listens on all of its own addresses.
  const bound = facts.addresses.some((one) => one.address === address);
  const any = facts.addresses.some((one) => one.address.includes(":")) ? "::" : "0.0.0.0";
  const loopback = "127.0.0.1";
  return {
    ...ownVoter(context),
    listenPeer: at(vars.peerPort)(bound ? address : any),
    listenClient: (bound ? [...new Set([address, loopback])] : [any]).map(at(vars.clientPort)).join(","),
  };
}

/** The program for the steps of a voter, and its settings. */
export function program(context: Context): readonly Resource[] {
  const { host, vars, asset } = context;
  const settings = {
    name: host.name,
    peer: ownVoter(context).peer,
    local: `https://127.0.0.1:${vars.clientPort}`,
    voters: votersOf(context),
    data: place.data,
    start: place.start,
    known: place.known,
    quota: vars.quota * 1024 * 1024,
    ca: `${place.settings}/ca.pem`,
    certificate: `${place.settings}/cert.pem`,
    key: `${place.settings}/key.pem`,
    stopDaemon: ["systemctl", "stop", place.unit],
    startDaemon: ["systemctl", "start", place.unit],
  };
  return [
    directory("/usr/local/lib/provision"),
    directory(place.library),
    ...programs.map((name) =>
      file(`${place.library}/${name}`, {
        content: programFile(asset, source, name),
        mode: name.endsWith(".py") ? "0644" : "0755",
      }),
    ),
    file(`${place.settings}/voter.json`, { content: `${JSON.stringify(settings, undefined, 2)}\n` }),
  ];
}
