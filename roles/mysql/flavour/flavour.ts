import type { AccountPlugin } from "provision";
import type { Vars } from "../vars.ts";

/** A daemon: its packages, files and settings. Its statements are in the keeper. */
export interface Flavour {
  readonly name: "mariadb" | "mysql";
  readonly packages: readonly string[];
  readonly unit: string;
  /** Units of the package that must not run. */
  readonly unwanted: readonly string[];
  /** Path of its settings file, which it reads last. */
  readonly config: string;
  /** Command that checks a settings file, `%s`. */
  readonly check: string;
  /** Plugin for a login with a password. */
  readonly password: AccountPlugin;
  settings(vars: Vars): Readonly<Record<string, string | number>>;
}
