import { eachOf, onHost } from "../../base/concurrency.ts";
import type { FileContent, FileContents } from "../../model/event.ts";
import type { Failure } from "../../model/failure.ts";
import type { Change } from "../../model/plan.ts";
import { joinSections, splitSections } from "../../script/sections.ts";
import { newNonce } from "../connect/connect.ts";
import type { RunInput } from "../input.ts";
import type { OpenHost } from "./host.ts";

/** What the files that would change hold now and shall hold: one more request on each host that has such changes. */
export async function fetchContents(
  input: RunInput,
  hosts: readonly OpenHost[],
  failed: (host: string, failure: Failure) => void,
): Promise<FileContents> {
  const found = new Map<string, FileContent>();
  await eachOf(hosts, input.forks, async (host) => {
    const changes = host.plan.changes.filter((change) => wantsDiff(input, change));
    const present = changes.filter((change) => change.observed.status === "present");
    const held = await onHost(
      host.name,
      () => fetchFrom(input, host, present),
      (failure) => {
        failed(host.name, failure);
        return new Map<string, string>();
      },
    );
    for (const change of changes) {
      const { content } = change.resource.payload ?? {};
      const secret = content?.secret === true;
      const after = content === undefined || secret ? null : new TextDecoder().decode(content.bytes);
      found.set(`${host.name}\0${change.id}`, { before: held.get(change.id) ?? null, after, secret });
    }
  });
  return found;
}

function wantsDiff(input: RunInput, change: Change): boolean {
  const hasContent = input.kinds.get(change.resource.kind)?.content !== undefined;
  if (!hasContent || change.resource.payload?.content?.secret === true) return hasContent;
  // What is removed may hold a secret that nobody declares any more: it is not fetched.
  return change.action === "create" || change.fields.some(({ field }) => field === "sha256");
}

async function fetchFrom(
  input: RunInput,
  host: OpenHost,
  changes: readonly Change[],
): Promise<ReadonlyMap<string, string>> {
  const sections = changes.flatMap(({ id, resource }) => {
    const script = input.kinds.get(resource.kind)?.content?.(resource);
    return script === undefined || resource.payload?.content?.secret === true ? [] : [{ name: id, script }];
  });
  if (sections.length === 0) return new Map();
  const nonce = newNonce();
  const answer = await host.session.request(joinSections(nonce, sections), {
    deadline: 60_000,
    waitingFor: "the present content of changed files",
  });
  if (!answer.ok) return new Map();
  const output = new TextDecoder().decode(answer.value.stdout);
  return new Map([...splitSections(nonce, output)].map(([id, section]) => [id, section.output]));
}
