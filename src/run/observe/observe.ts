import type { Kind } from "../../model/kind.ts";
import type { Observed, Resource, ResourceId, Trigger } from "../../model/resource.ts";
import type { Script } from "../../model/script.ts";
import { idOf } from "../../plan/plan.ts";
import { observeMarks, parseMarks } from "../../resources/mark.ts";
import { joinSections, splitSections } from "../../script/sections.ts";

/** What one look at a host showed. */
export interface Observation {
  readonly observed: ReadonlyMap<ResourceId, Observed>;
  readonly marks: ReadonlyMap<ResourceId, Trigger>;
}

/** ONE script for the whole host, however many resources there are. */
export function observeScript(
  nonce: string,
  resources: readonly Resource[],
  kinds: ReadonlyMap<string, Kind>,
): Script {
  const sections = [...byKind(resources, kinds)].map(([kind, own]) => ({
    name: kind.name,
    script: kind.observe(own),
  }));
  return joinSections(nonce, [{ name: "marks", script: observeMarks() }, ...sections]);
}

/** Every resource gets an answer; one that the host did not give is unknown. */
export function parseObservation(
  nonce: string,
  output: string,
  resources: readonly Resource[],
  kinds: ReadonlyMap<string, Kind>,
): Observation {
  const sections = splitSections(nonce, output);
  const observed = new Map<ResourceId, Observed>();
  for (const [kind, own] of byKind(resources, kinds)) {
    const answers = kind.parse(sections.get(kind.name)?.output ?? "", own);
    for (const resource of own) {
      const answer = answers.get(resource.key) ?? { status: "unknown", reason: "the host gave no answer" };
      observed.set(idOf(resource), answer);
    }
  }
  return { observed, marks: parseMarks(sections.get("marks")?.output ?? "") };
}

function byKind(
  resources: readonly Resource[],
  kinds: ReadonlyMap<string, Kind>,
): ReadonlyMap<Kind, readonly Resource[]> {
  const grouped = new Map<Kind, Resource[]>();
  for (const resource of resources) {
    const kind = kinds.get(resource.kind);
    if (kind === undefined) throw new Error(`no such kind: ${resource.kind}`);
    const own = grouped.get(kind);
    if (own === undefined) grouped.set(kind, [resource]);
    else own.push(resource);
  }
  return grouped;
}
