import { err, ok, type Result } from "../../base/result.ts";
import type { Failure } from "../../model/failure.ts";
import type { Content, Resource } from "../../model/resource.ts";
import type { Secrets } from "../../model/secret.ts";
import { type Desired, idOf } from "../../plan/plan.ts";
import { newSearch, type Search } from "../../secrets/search.ts";

/** What is asked of every resource of every host. */
interface Keeper {
  readonly holds: Search;
  /** The same content, marked where it holds a secret. Searched once, however many hosts get it. */
  readonly marked: (content: Content) => Content;
}

/** Made once for the secrets of a run. */
const keepers = new WeakMap<Secrets, Keeper>();

function keeperOf(secrets: Secrets): Keeper {
  const known = keepers.get(secrets);
  if (known !== undefined) return known;
  const holds = newSearch(secrets.values);
  const seen = new WeakMap<Content, Content>();
  const marked = (content: Content): Content => {
    const before = seen.get(content);
    if (before !== undefined) return before;
    const copy = content.secret !== true && holds(content.bytes) ? { ...content, secret: true } : content;
    seen.set(content, copy);
    return copy;
  };
  const keeper = { holds, marked };
  keepers.set(secrets, keeper);
  return keeper;
}

/**
 * Where a role puts a secret: content that holds one is secret, whether or not the role has said so; and a place that
 * others can see (a file they may read, the words of a command, a name) is refused.
 */
export function keepSecret(
  host: string,
  desired: readonly Desired[],
  secrets: Secrets,
): Result<readonly Desired[], Failure> {
  const keeper = keeperOf(secrets);
  const kept: Desired[] = [];
  for (const one of desired) {
    const wrong = exposure(one.resource, keeper);
    if (wrong !== undefined) {
      const { message, hint } = wrong;
      return err({ code: "role-failed", message: `role \`${one.role}\` on ${host}: ${message}`, hint });
    }
    const resource = markedResource(one.resource, keeper);
    kept.push(resource === one.resource ? one : { ...one, resource });
  }
  return ok(kept);
}

interface Exposure {
  readonly message: string;
  readonly hint: string;
}

function exposure(resource: Resource, keeper: Keeper): Exposure | undefined {
  const { kind, key, desired } = resource;
  const { holds } = keeper;
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
  return exposedWords(resource, holds) ?? openToAll(resource, keeper);
}

function exposedWords(resource: Resource, holds: Search): Exposure | undefined {
  const { command, unless, check, confirm } = resource.payload ?? {};
  const words = {
    command,
    unless,
    check,
    "confirm.save": confirm?.save,
    "confirm.undo": confirm?.undo,
  };
  const found = Object.entries(words).find(([, text]) => text !== undefined && holds(text));
  if (found === undefined) return undefined;
  const [field] = found;
  const message = `${idOf(resource)}: \`${field}\` holds a secret, and everybody on the host can read the words of a running command`;
  const hint = field.startsWith("confirm.")
    ? "let it be read from a file that only root may read; what `save` prints is kept in one"
    : "give it on standard input (`stdin`), or in a file that only its user may read";
  return { message, hint };
}

function openToAll(resource: Resource, { holds, marked }: Keeper): Exposure | undefined {
  const { content } = resource.payload ?? {};
  const mode = resource.desired?.mode;
  const open = typeof mode === "string" && (Number.parseInt(mode, 8) & 0o004) !== 0;
  if (!open || content === undefined || marked(content).secret !== true) return undefined;
  const why = content.secret !== true || holds(content.bytes) ? "holds a secret" : "is marked as secret";
  return {
    message: `${idOf(resource)} ${why}, and its mode ${mode} lets everybody read it`,
    hint: 'give it a mode such as "0640", and the group that needs it',
  };
}

function markedResource(resource: Resource, { marked }: Keeper): Resource {
  const { payload } = resource;
  if (payload === undefined) return resource;
  const content = payload.content && marked(payload.content);
  const stdin = payload.stdin && marked(payload.stdin);
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
