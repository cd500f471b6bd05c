import { isDeepStrictEqual } from "node:util";
import { err, ok, type Result } from "../base/result.ts";
import { RoleStop } from "../base/role-stop.ts";
import type { AnyRole } from "../model/role.ts";
import type { SecretSpec } from "../model/secret.ts";
import type { Diagnostic, Source } from "../model/source.ts";
import type { Topology } from "../model/topology.ts";

/** A secret, and the first role and host that declared it. */
export interface DeclaredSecret {
  readonly spec: SecretSpec;
  readonly role: string;
  readonly host: string;
  /** Where the inventory sets the role's variables, else where it names the host. */
  readonly source: Source;
}

/** All secrets that the roles of a topology declare, by secret name. */
export type DeclaredSecrets = ReadonlyMap<string, DeclaredSecret>;

/** The secrets of all hosts of the topology, including hosts outside `--limit`. */
export function declaredSecrets(
  topology: Topology,
  roles: ReadonlyMap<string, AnyRole>,
): Result<DeclaredSecrets, readonly Diagnostic[]> {
  const declared = new Map<string, DeclaredSecret>();
  const problems: Diagnostic[] = [];
  for (const { host, address, members } of topology.hosts) {
    for (const { role, vars } of members) {
      const source = host.vars.get(role)?.origin.source ?? host.source;
      const specs = specsOf(roles.get(role), { host, address, vars, topology });
      if (specs instanceof Error) {
        problems.push(declarationError(specs, `role \`${role}\` on ${host.name}`, source));
        continue;
      }
      for (const [name, spec] of Object.entries(specs)) {
        problems.push(...declare(declared, name, { spec, role, host: host.name, source }));
      }
    }
  }
  problems.push(...[...declared].flatMap(([name, one]) => certificateProblem(name, one, declared) ?? []));
  return problems.length > 0 ? err(problems) : ok(declared);
}

type Context = Parameters<NonNullable<AnyRole["secrets"]>>[0];

/** The secrets that a role declares for one host, or the error that it throws. */
function specsOf(role: AnyRole | undefined, context: Context): Readonly<Record<string, SecretSpec>> | Error {
  try {
    return role?.secrets?.(context) ?? {};
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function declarationError(error: Error, who: string, source: Source): Diagnostic {
  if (error instanceof RoleStop) return { severity: "error", source, ...error.failure };
  return { severity: "error", message: `${who}: ${error.message}`, source };
}

function declare(
  declared: Map<string, DeclaredSecret>,
  name: string,
  one: DeclaredSecret,
): readonly Diagnostic[] {
  const first = declared.get(name);
  if (first === undefined) declared.set(name, one);
  if (first === undefined || isDeepStrictEqual(first.spec, one.spec)) return [];
  const who = ({ role, host }: DeclaredSecret): string => `\`${role}\` on ${host}`;
  const message = `the secret ${name} is declared differently by ${who(first)} and by ${who(one)}`;
  return [{ severity: "error", message, source: one.source }];
}

function certificateProblem(
  name: string,
  { spec, role, host, source }: DeclaredSecret,
  declared: DeclaredSecrets,
): Diagnostic | undefined {
  if (spec.type !== "certificate") return undefined;
  const by = spec.authority;
  const wrong =
    spec.names.length === 0
      ? "it has no names"
      : by !== undefined && declared.get(by)?.spec.type !== "authority"
        ? `no role declares the authority ${by}, which signs it`
        : undefined;
  if (wrong === undefined) return undefined;
  const message = `the certificate ${name}, declared by \`${role}\` on ${host}, cannot be created: ${wrong}`;
  return { severity: "error", message, source };
}
