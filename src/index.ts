/** The public entry of the package: all that the code of a role imports. */
export { z } from "zod";
export { canonicalAddress, isAddress } from "./base/ip.ts";
export { Refusal } from "./base/role-stop.ts";
export { includePaths } from "./inventory/check/include-paths.ts";
export type { Asset, AssetFile, AssetFolder, AssetRequest } from "./model/asset.ts";
export type { Address, Facts } from "./model/facts.ts";
export type { Host, Variable } from "./model/inventory.ts";
export type { Json, JsonObject } from "./model/json.ts";
export type {
  Confirmation,
  Content,
  Observed,
  Payload,
  Resource,
  ResourceId,
  State,
  Trigger,
} from "./model/resource.ts";
export type {
  Among,
  AnyRole,
  Carries,
  CarryContext,
  Draining,
  Drilling,
  LiveNotes,
  LoadRequest,
  MemberContext,
  Peer,
  Role,
  RoleContext,
  Schema,
  StoredIds,
  Workload,
} from "./model/role.ts";
export type { Certificate, SecretSpec } from "./model/secret.ts";
export type {
  Check,
  Endpoint,
  HealthCheck,
  Loss,
  Objection,
  PlacedCheck,
  Provided,
  Redundancy,
  Service,
  ServiceSpec,
  Survival,
  Topology,
} from "./model/topology.ts";
export { type DirectoryOptions, directory } from "./resources/directory.ts";
export { type ExecOptions, exec } from "./resources/exec.ts";
export { type AbsentFile, type FileOptions, file } from "./resources/file.ts";
export { type GroupOptions, group } from "./resources/group.ts";
export { describeHealth, healthCommand, healthUrl, hostPort } from "./resources/health.ts";
export { link } from "./resources/link.ts";
export { type PackageOptions, pkg } from "./resources/package.ts";
export { content, idOf, ResourceError, sha256, type Watched } from "./resources/resource.ts";
export { type AccountOptions, type AccountPlugin, account } from "./resources/sql/account.ts";
export { type DatabaseOptions, database } from "./resources/sql/database.ts";
export { sqlClient } from "./resources/sql/sql.ts";
export { sysctl } from "./resources/sysctl.ts";
export { type TreeOptions, tree } from "./resources/tree.ts";
export { type UnitOptions, unit } from "./resources/unit.ts";
export { type UserOptions, user } from "./resources/user.ts";
export { command, defineRole, http, tcp } from "./role/define-role.ts";
export { address, domain, hostAndPort, hostName, network, port } from "./role/values.ts";
export { quote } from "./script/script.ts";
