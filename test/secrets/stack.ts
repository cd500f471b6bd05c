import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Result } from "../../src/base/result.ts";
import type { Host } from "../../src/model/inventory.ts";
import type { AnyRole, Schema } from "../../src/model/role.ts";
import type { SecretSpec } from "../../src/model/secret.ts";
import type { Diagnostic } from "../../src/model/source.ts";
import { type OpenedSecrets, openSecrets } from "../../src/secrets/open-secrets.ts";
import { buildTopology } from "../../src/topology/topology.ts";

const anything: Schema<unknown> = { safeParse: () => ({ success: true, data: {} }) };

/** What a role declares on one host. */
type Declares = (host: string) => Readonly<Record<string, SecretSpec>>;

/** Roles by name, each on both hosts, `h1` and `h2`. */
export type Declaring = Readonly<Record<string, Declares>>;

/** A folder with an inventory, and a home folder for the key. */
export interface ProjectFolder {
  readonly cwd: string;
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Calls `use` with a new folder, and removes the folder. */
export async function inFolder<T>(use: (folder: ProjectFolder) => Promise<T>): Promise<T> {
  const cwd = mkdtempSync(join(tmpdir(), "secrets-"));
  try {
    writeFileSync(join(cwd, "lab.yml"), "all: {}\n");
    const env = { HOME: join(cwd, "home") };
    return await use({ cwd, file: join(cwd, "lab.secrets.age"), env });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** Default inventory: `lab.yml` of the folder. */
type Opener = Pick<ProjectFolder, "cwd" | "env"> & { readonly inventory?: readonly string[] };

/** Opens the secrets of a stack as a run does. */
export function open(
  { cwd, env, inventory = ["lab.yml"] }: Opener,
  declaring: Declaring,
  now = new Date(),
): Promise<Result<OpenedSecrets, readonly Diagnostic[]>> {
  const roles = new Map(Object.entries(declaring).map(([name, declares]) => [name, roleOf(name, declares)]));
  const hosts = ["h1", "h2"].map(hostOf);
  const topology = buildTopology(
    hosts.map((host) => ({
      host,
      members: Object.keys(declaring).map((role) => ({ host, role, vars: {} })),
    })),
    roles,
  );
  if (!topology.ok) throw new Error("no topology");
  return openSecrets({ inventory, cwd, env, topology: topology.value, roles, unlocked: [], now });
}

/** Opens the secrets; throws if that fails. */
export async function opened(folder: Opener, declaring: Declaring, now?: Date): Promise<OpenedSecrets> {
  const result = await open(folder, declaring, now);
  if (!result.ok) throw new Error(result.error.map(({ message }) => message).join("\n"));
  return result.value;
}

/** The messages and hints of the error; throws if the secrets open. */
export async function refused(folder: Opener, declaring: Declaring): Promise<string> {
  const result = await open(folder, declaring);
  if (result.ok) throw new Error("it opened");
  return result.error.map(({ message, hint }) => `${message} (${hint ?? ""})`).join("\n");
}

function roleOf(name: string, declares: Declares): AnyRole {
  return {
    name,
    tier: name,
    summary: "",
    vars: anything,
    secrets: ({ host }) => declares(host.name),
    resources: () => [],
  };
}

function hostOf(name: string): Host {
  return { name, groups: [], vars: new Map(), source: { file: "lab.yml", line: 1, col: 1 } };
}
