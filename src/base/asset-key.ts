import type { AssetRequest } from "../model/asset.ts";

/** The key of a role's request for a file or folder: equal requests have the same key. */
export function assetKey(request: AssetRequest): string {
  if (typeof request === "string") return request;
  return [request.folder, ...(request.include ?? [])].join("\0");
}
