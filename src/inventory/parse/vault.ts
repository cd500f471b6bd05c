import type { Source } from "../../model/source.ts";
import { mapping, type Node, scalar } from "./node.ts";

/** What can be done about a file of ansible-vault. */
export const VAULT_FILE_HINT =
  "see what is in it with `ansible-vault view FILE`, set what the roles need elsewhere, behind `!secret`: provision secrets encrypt";

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
      hint: "set it behind `!secret` instead: provision secrets encrypt; or leave it out",
    },
  };
}
