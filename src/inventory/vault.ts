import type { Source } from "../model/source.ts";
import { mapping, type Node, scalar } from "./node.ts";

/** What can be done about a file of ansible-vault. */
export const VAULT_FILE_HINT =
  "decrypt it with `ansible-vault decrypt FILE`, or leave it out and set its variables elsewhere";

/**
 * A value of ansible-vault, as Ansible lists it without its password. Only a variable that is used here makes it an
 * error: passwords that only playbooks use may stay.
 */
export function vaultValue(text: string, source: Source): Node {
  const inner = { ...scalar(text, source), dynamic: false };
  const key = { source, kind: "string" } as const;
  return {
    ...mapping(new Map([["__ansible_vault", inner]]), new Map([["__ansible_vault", key]]), source),
    dynamic: true,
    refusal: {
      message: "this value is encrypted with ansible-vault, which cannot be read here",
      hint: "write what `ansible-vault decrypt` makes of it, or leave the value out",
    },
  };
}
