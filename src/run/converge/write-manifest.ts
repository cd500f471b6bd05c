import { onHost } from "../../base/concurrency.ts";
import type { Failure } from "../../model/failure.ts";
import { nextManifest } from "../../plan/manifest.ts";
import { idOf } from "../../plan/plan.ts";
import { bytes, sh } from "../../script/script.ts";
import { manifestPath } from "../connect/facts.ts";
import type { RunInput } from "../input.ts";
import type { OpenHost } from "../observe/host.ts";

/** Writes down on the host what is applied now. */
export function remember(input: RunInput, host: OpenHost): Promise<Failure | undefined> {
  return onHost(
    host.name,
    () => write(input, host),
    (failure) => failure,
  );
}

async function write(input: RunInput, host: OpenHost): Promise<Failure | undefined> {
  const left = new Set(host.plan.changes.map((change) => change.id));
  const ids = host.desired.map(({ resource }) => idOf(resource));
  const next = nextManifest({
    before: host.manifest,
    desired: host.desired,
    settled: new Set(ids.filter((id) => !left.has(id))),
    done: host.done,
    pruned: host.pruned,
    roles: input.onlyRoles,
    shared: new Set([...input.kinds.values()].filter(({ shared }) => shared).map(({ name }) => name)),
  });
  const text = `${JSON.stringify(next)}\n`;
  if (text === `${JSON.stringify(host.manifest)}\n`) return undefined;
  const staged = `${manifestPath}.new`;
  const script = sh`umask 077; mkdir -p /var/lib/provision && ${bytes(new TextEncoder().encode(text))} >${staged} && sync ${staged} && mv ${staged} ${manifestPath}`;
  const answer = await host.session.request(script, { deadline: 30_000, waitingFor: "the manifest" });
  if (!answer.ok) return answer.error;
  if (answer.value.code === 0) {
    host.manifest = next;
    return undefined;
  }
  return {
    code: "command-failed",
    message: `${host.name}: what was applied could not be written down in ${manifestPath}`,
    detail: new TextDecoder().decode(answer.value.stderr).trim(),
  };
}
