import type { Source } from "../../model/source.ts";
import { mapping, type Node, scalar } from "./node.ts";

/** The hint for a file of ansible-vault. */
export const VAULT_FILE_HINT =
  "show it with `ansible-vault view FILE`, and set the variables of roles in another file, with `!secret`: provision secrets encrypt";

/**
 * A value of ansible-vault, as Ansible lists it without its password. It is an error only if a used variable has it, because
 * other passwords may be for playbooks only.
 */
export function vaultValue(text: string, source: Source): Node {
  const inner = { ...scalar(text, source), dynamic: false };
  const key = { source, kind: "string" } as const;
  return {
    ...mapping(new Map([["__ansible_vault", inner]]), new Map([["__ansible_vault", key]]), source),
    dynamic: true,
    refusal: {
      message: "this value is encrypted with ansible-vault, which provision cannot read",
      hint: "set it with `!secret` instead: provision secrets encrypt; or remove it",
    },
  };
}
