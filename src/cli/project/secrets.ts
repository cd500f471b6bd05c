import { ok, type Result } from "../../base/result.ts";
import type { Secrets } from "../../model/secret.ts";
import type { Diagnostic } from "../../model/source.ts";
import { formatDiagnostic } from "../../report/diagnostic.ts";
import { openSecrets } from "../../secrets/open-secrets.ts";
import type { Project } from "./project.ts";

/** The secrets of a project. Creates missing ones, and reports new and soon expiring ones on standard error. */
export async function secretsOf(
  { topology, roles, inventory, unlocked, warnings: earlier }: Project,
  cwd: string,
): Promise<Result<Secrets, readonly Diagnostic[]>> {
  const opened = await openSecrets({
    inventory: inventory.sources,
    cwd,
    env: process.env,
    topology,
    roles,
    unlocked,
    now: new Date(),
  });
  if (!opened.ok) return opened;
  const { secrets, warnings, notices } = opened.value;
  for (const notice of notices) process.stderr.write(`provision: ${notice}\n`);
  const fresh = warnings.filter(({ message }) => earlier.every((one) => one.message !== message));
  for (const warning of fresh) process.stderr.write(`${formatDiagnostic(warning)}\n`);
  return ok(secrets);
}
