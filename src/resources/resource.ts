import { createHash } from "node:crypto";
import type { Content, Resource, ResourceId } from "../model/resource.ts";

/** A mistake of a role in a resource: names the resource, and says what to write instead. */
export class ResourceError extends Error {
  /** `kind:key`, as in the role. */
  readonly resource: string;

  constructor(resource: string, message: string) {
    super(`${resource}: ${message}`);
    this.name = "ResourceError";
    this.resource = resource;
  }
}

/** A resource, or its id. */
export type Watched = Resource | ResourceId;

/** The id of a resource: `kind:key`. */
export function idOf(resource: Watched): ResourceId {
  return typeof resource === "string" ? resource : `${resource.kind}:${resource.key}`;
}

/** The fields of a resource for the resources that it watches; no field if it watches none. */
export function watching(options: {
  readonly reloadOn?: readonly Watched[] | undefined;
  readonly restartOn?: readonly Watched[] | undefined;
}): Pick<Resource, "reloadOn" | "restartOn"> {
  return {
    ...(options.reloadOn === undefined ? {} : { reloadOn: options.reloadOn.map(idOf) }),
    ...(options.restartOn === undefined ? {} : { restartOn: options.restartOn.map(idOf) }),
  };
}

/** Bytes for a file or a command's input. Text becomes UTF-8. `secret`: neither shown nor logged. */
export function content(data: string | Uint8Array, options: { readonly secret?: boolean } = {}): Content {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  return options.secret === true ? { bytes, secret: true } : { bytes };
}

/** A text that only the kind of a resource understands. */
export function ownText({ payload }: Resource, field: string): string | undefined {
  const value = payload?.own?.[field];
  return typeof value === "string" ? value : undefined;
}

/** A list that only the kind of a resource understands. */
export function ownList({ payload }: Resource, field: string): readonly string[] {
  const value = payload?.own?.[field];
  return Array.isArray(value) ? value : [];
}

/** Hexadecimal, as `sha256sum` prints it. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
