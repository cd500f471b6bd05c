import { listed } from "../../base/listed.ts";
import { count, groupBy } from "../../base/text.ts";
import type { HostState, Mark, Picture, PictureFlaw, PictureHost, PictureNeed } from "../../model/picture.ts";
import { countFlaws } from "../explain.ts";

/** The picture in one sentence; a second one is about the observed hosts. */
export function summary(picture: Picture): string {
  const live = liveWords(picture);
  return live === "" ? verdict(picture) : `${verdict(picture)} ${live}`;
}

/** The states of a host, with a sign for readers who cannot see colours, the meaning, and the mark. */
export const seenStates: readonly {
  readonly word: HostState["word"];
  readonly sign: string;
  readonly means: string;
  readonly mark?: Mark;
}[] = [
  { word: "converged", sign: "✓", means: "as the inventory wants it" },
  { word: "drifted", sign: "≠", means: "changed on the host", mark: "risk" },
  { word: "pending", sign: "~", means: "not applied yet" },
  { word: "unreachable", sign: "✗", means: "no login", mark: "outage" },
  { word: "failed", sign: "!", means: "could not be observed or changed", mark: "outage" },
];

/** `11 converged, 1 drifted (web1), 1 unreachable (mon2).` Empty if no host was observed. */
function liveWords({ hosts }: Picture): string {
  const seen = hosts.filter(({ state }) => state !== undefined);
  if (seen.length === 0) return "";
  const groups = groupBy(seen, ({ state }) => state?.word ?? "");
  if (groups.get("converged")?.length === hosts.length) return "All converged.";
  const said = seenStates.flatMap(({ word }) => {
    const names = (groups.get(word) ?? []).map(({ name }) => name);
    if (names.length === 0) return [];
    return [
      word === "converged" ? `${names.length} converged` : `${names.length} ${word} (${listed(names)})`,
    ];
  });
  return `${said.join(", ")}.`;
}

function verdict({ hosts, tiers, flaws }: Picture): string {
  const size = `${count(hosts.length, "host")} in ${count(tiers.filter(({ tier }) => tier !== "base").length, "tier")}`;
  return `${size}: ${countFlaws(flaws)}.`;
}

/** The tiers and their needs as text, for readers who cannot see the picture. */
export function description({ tiers, addresses, needs }: Picture): string {
  const named = tiers.map(({ tier, parts }) => `${tier} (${parts.map(({ role }) => role).join(", ")})`);
  const moving = addresses.map(({ address, hosts }) => `Users connect to ${address}, on ${listed(hosts)}.`);
  return [`Tiers: ${named.join("; ")}.`, ...moving, ...needs.map((need) => `${needWords(need)}.`)].join(" ");
}

/** `nginx needs wsgi of gunicorn`. */
export const needWords = ({ from, to, services }: PictureNeed): string =>
  `${from} needs ${listed(services)} of ${to}`;

/** `web1, 192.0.2.21: common, nginx`, its state and its flaws. */
export function hostWords({ name, address, roles, flaws, state }: PictureHost): string {
  const seen = state === undefined ? "" : `; ${[state.word, ...state.notes].join(", ")}`;
  const wrong = flaws.length === 0 ? "" : `; ${flaws.length === 1 ? "flaw" : "flaws"} ${flaws.join(", ")}`;
  return `${name === address ? name : `${name}, ${address}`}: ${roles.join(", ")}${seen}${wrong}`;
}

/** `1. outage: …`, why, and what to do. */
export const flawWords = ({ number, severity, what, why, remedy }: PictureFlaw): readonly string[] => [
  `${number}. ${severity}: ${what}`,
  `Why: ${why}.`,
  `Do: ${remedy}.`,
];

/** On how many hosts a part runs, for parts on nearly every host. */
export const shareWords = (hosts: number, all: number): string =>
  hosts === all ? "On every host." : `On ${hosts} of ${count(all, "host")}.`;
