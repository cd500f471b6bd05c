import type { AssetRequest } from "../model/asset.ts";

/** What tells one request of a role for a file or folder from another. */
export function assetKey(request: AssetRequest): string {
  if (typeof request === "string") return request;
  return [request.folder, ...(request.include ?? [])].join("\0");
}
