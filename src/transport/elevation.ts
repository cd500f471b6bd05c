import type { Elevation } from "../script/frame.ts";
import type { SessionOptions } from "./session-options.ts";
import type { Target } from "./transport.ts";

/** How to become root on a target, and what to tell sudo if it asks. */
export interface Become {
  readonly elevation: Elevation;
  readonly sudo?: NonNullable<SessionOptions["sudo"]>;
}

/** `root`: the login is root's already, so that no sudo need be installed. */
export function becomeRoot(target: Target, root: boolean, token: string): Become {
  if (!target.sudo || root) return { elevation: { type: "none" } };
  if (target.sudoPassword === undefined) return { elevation: { type: "sudo" } };
  const prompt = `[${token}] password:`;
  return { elevation: { type: "sudo-password", prompt }, sudo: { prompt, password: target.sudoPassword } };
}
