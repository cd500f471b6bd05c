import type { Facts, Host } from "provision";

/**
 * Prints the port of sshd that this login uses, as the host sees it: behind a jump host, a forwarded port or an ssh config,
 * no variable of the inventory has it. The login shell has it in its environment. sudo removes the variable, so the shell
 * text reads it from the parent processes, up to the login shell. Without a login (a run on the host itself), it prints every
 * port of sshd's configuration.
 */
export const loginPortFact = [
  "said=$SSH_CONNECTION",
  'if [ -z "$said" ]; then',
  "  said=$({",
  "    pid=$$; parent=",
  '    while [ "$pid" ] && [ "$pid" -gt 1 ]; do',
  '      cat "/proc/$pid/environ"; parent=',
  '      while read -r name value; do [ "$name" != PPid: ] || parent=$value; done <"/proc/$pid/status"',
  "      pid=$parent",
  "    done",
  "  } 2>/dev/null | tr '\\0' '\\n' | sed -n '/^SSH_CONNECTION=/{s///p;q;}')",
  "fi",
  // sshd writes UNKNOWN if the connection does not come from the network.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is shell
  "case $said in *UNKNOWN*) said=;; *' '*' '*' '*[0-9]) said=${said##* };; *) said=;; esac",
  'if [ -n "$said" ]; then echo "$said"',
  "else sshd -T 2>/dev/null | sed -n 's/^port //p' | sort -nu; fi",
].join("\n");

/** The ports of sshd to keep open: those that the host has reported, else the port in the inventory. */
export function loginPorts(host: Host, facts: Facts): readonly number[] {
  const reported = (facts.role.get("loginPort") ?? "").split("\n").map(Number).filter(isPort);
  if (reported.length > 0) return [...new Set(reported)];
  const names = ["ansible_port", "ansible_ssh_port"];
  const values = names.map((name) => Number(host.vars.get(name)?.value ?? 0));
  return [values.find(isPort) ?? 22];
}

const isPort = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 65535;
