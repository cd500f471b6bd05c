import { listed } from "../../base/listed.ts";
import { count, groupBy } from "../../base/text.ts";
import type { HostState, Picture, PictureFlaw, PictureHost, PictureNeed } from "../../model/picture.ts";

/** What the picture shows, in one sentence; in a second one what was seen on the hosts. */
export function summary(picture: Picture): string {
  const live = liveWords(picture);
  return live === "" ? verdict(picture) : `${verdict(picture)} ${live}`;
}

const words: readonly HostState["word"][] = ["converged", "drifted", "pending", "unreachable", "failed"];

/** `11 converged, 1 drifted (web1), 1 unreachable (mon2).` Nothing where no host was looked at. */
function liveWords({ hosts }: Picture): string {
  const seen = hosts.filter(({ state }) => state !== undefined);
  if (seen.length === 0) return "";
  const groups = groupBy(seen, ({ state }) => state?.word ?? "");
  if (groups.get("converged")?.length === hosts.length) return "All converged.";
  const said = words.flatMap((word) => {
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
  if (flaws.length === 0) return `${size}: no single point of failure.`;
  const outages = flaws.filter(({ severity }) => severity === "outage").length;
  const risks = flaws.length - outages;
  const found = [
    ...(outages > 0 ? [count(outages, "single point").concat(" of failure")] : []),
    ...(risks > 0 ? [count(risks, "risk")] : []),
  ];
  return `${size}: ${found.join(" and ")}.`;
}

/** The tiers and who needs whom, in words: for those who do not see the picture. */
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
