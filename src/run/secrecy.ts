import type { Failure } from "../model/failure.ts";
import type { Content, Resource } from "../model/resource.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { Secrets } from "../model/secret.ts";
import { type Desired, idOf } from "../plan/plan.ts";
import { newSearch, type Search } from "../secrets/search.ts";

/** Made once for the secrets of a run. */
const searches = new WeakMap<Secrets, Search>();

/**
 * Where a role puts a secret: content that holds one is secret, whether or not the role has said so; and a place that
 * others can see (a file they may read, the words of a command, a name) is refused.
 */
export function keepSecret(
  host: string,
  desired: readonly Desired[],
  secrets: Secrets,
): Result<readonly Desired[], Failure> {
  if (secrets.values.length === 0) return ok(desired);
  const holds = searches.get(secrets) ?? newSearch(secrets.values);
  searches.set(secrets, holds);
  const kept: Desired[] = [];
  for (const one of desired) {
    const wrong = exposure(one.resource, holds);
    if (wrong !== undefined) {
      const { message, hint } = wrong;
      return err({ code: "role-failed", message: `role \`${one.role}\` on ${host}: ${message}`, hint });
    }
    const resource = marked(one.resource, holds);
    kept.push(resource === one.resource ? one : { ...one, resource });
  }
  return ok(kept);
}

interface Exposure {
  readonly message: string;
  readonly hint: string;
}

function exposure(resource: Resource, holds: Search): Exposure | undefined {
  const { kind, key, desired, payload } = resource;
  // Never named by its key: that may be where the secret stands.
  if (holds(key))
    return { message: `the name of a resource (${kind}) holds a secret`, hint: "name it otherwise" };
  for (const [field, value] of Object.entries(desired ?? {})) {
    if (field !== "sha256" && typeof value !== "number" && typeof value !== "boolean" && holds(String(value)))
      return {
        message: `${idOf(resource)}: its ${field} holds a secret`,
        hint: "what is compared is also shown",
      };
  }
  for (const [field, text] of Object.entries({
    command: payload?.command,
    unless: payload?.unless,
    check: payload?.check,
  })) {
    if (text === undefined || !holds(text)) continue;
    const message = `${idOf(resource)}: \`${field}\` holds a secret, and everybody on the host can read the words of a running command`;
    return { message, hint: "give it on standard input (`stdin`), or in a file that only its user may read" };
  }
  const mode = desired?.mode;
  const open = typeof mode === "string" && (Number.parseInt(mode, 8) & 0o004) !== 0;
  if (!open || payload?.content === undefined || !holds(payload.content.bytes)) return undefined;
  return {
    message: `${idOf(resource)} holds a secret, and its mode ${mode} lets everybody read it`,
    hint: 'give it a mode such as "0640", and the group that needs it',
  };
}

function marked(resource: Resource, holds: Search): Resource {
  const { payload } = resource;
  if (payload === undefined) return resource;
  const content = markedContent(payload.content, holds);
  const stdin = markedContent(payload.stdin, holds);
  if (content === payload.content && stdin === payload.stdin) return resource;
  return {
    ...resource,
    payload: {
      ...payload,
      ...(content === undefined ? {} : { content }),
      ...(stdin === undefined ? {} : { stdin }),
    },
  };
}

function markedContent(content: Content | undefined, holds: Search): Content | undefined {
  if (content === undefined || content.secret === true || !holds(content.bytes)) return content;
  return { ...content, secret: true };
}
