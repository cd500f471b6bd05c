import type { HostState, Picture, PictureHost, PicturePart, SeenChange } from "../../model/picture.ts";
import { numbersOf } from "./cards.ts";
import { badge, escaped, hostBox, hostId, list } from "./markup.ts";
import { explanation, flawLinks, serviceList } from "./part-text.ts";

/** Every host with its details. */
export function hostSection(picture: Picture): string {
  return `<section id="hosts"><h2>Hosts</h2>${picture.hosts.map((host) => hostDetails(host, picture)).join("\n")}</section>`;
}

function hostDetails(host: PictureHost, picture: Picture): string {
  const { name, address, roles, mark, flaws, state } = host;
  return hostBox({
    id: hostId(name),
    kind: [mark, state?.word].filter((word) => word !== undefined).join(" "),
    name: name + numbersOf(host),
    badge: state === undefined ? "" : badge(state.word, [state.word, ...state.notes].join(", ")),
    note: roles.join(", "),
    inside: [
      `<p>Address: ${escaped(address)}</p>`,
      `<p>Roles: ${escaped(roles.join(", "))}</p>`,
      flaws.length === 0 ? "" : `<p class="wrong">What is wrong: ${flawLinks(flaws)}</p>`,
      differences(state),
      ...tierTexts(name, picture),
      resources(state),
    ],
  });
}

/** For each tier of a host: its services there, and how the tier survives its loss. */
function tierTexts(name: string, { tiers }: Picture): readonly string[] {
  const all = tiers.flatMap(({ parts }) => parts).filter(({ hosts }) => hosts.includes(name));
  const own = all
    .filter(({ report }) => report === undefined)
    .map((part) => servicesOn(part, name))
    .join("");
  return [
    ...all
      .filter(({ report }) => report !== undefined)
      .map(
        (part) =>
          `<h3>${escaped(`${part.tier}: ${part.role}`)}</h3>${servicesOn(part, name)}${explanation(part)}`,
      ),
    own === "" ? "" : `<h3>base</h3>${own}`,
  ];
}

const servicesOn = (part: PicturePart, host: string): string =>
  serviceList({ ...part, services: part.services.filter(({ hosts }) => hosts.includes(host)) });

/** Why a host could not be observed, or how it differs from its desired state. */
function differences(state: HostState | undefined): string {
  const failure = state?.failure === undefined ? "" : `<p class="failure">${escaped(state.failure)}</p>`;
  const changes = state?.changes ?? [];
  return changes.length === 0
    ? failure
    : `${failure}<h3>What differs</h3>${list(changes.map(changeText), ' class="changes"')}`;
}

const changeText = ({ name, notes }: SeenChange): string =>
  `<code>${escaped(name)}</code> ${escaped(notes.join("  "))}`;

/** The resources of a host, by kind. */
function resources(state: HostState | undefined): string {
  const kinds = state?.resources ?? [];
  if (kinds.length === 0) return "";
  const rows = kinds.map(
    ({ kind, names }) => `<dt>${escaped(kind)}</dt><dd>${names.map(escaped).join(", ")}</dd>`,
  );
  return `<h3>Resources</h3><dl class="resources">${rows.join("")}</dl>`;
}
