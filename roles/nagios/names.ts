/** The pseudo host that has what is no single host's. */
export const stack = "stack";

/**
 * The name of a host as Nagios has it: letters, digits, dots, dashes and _ as they are, each byte of anything else as @ and two
 * hexadecimal digits. Nagios refuses some signs in names; others end a macro (`:`), a value (`;`), an argument (`!`) or a word
 * of the shell. Two hosts never have one name.
 */
export function nagiosName(host: string): string {
  const name = [...new TextEncoder().encode(host)].map(signOf).join("");
  return name === stack ? `@${hex(name.charCodeAt(0))}${name.slice(1)}` : name;
}

function signOf(byte: number): string {
  const sign = String.fromCharCode(byte);
  return /[A-Za-z0-9._-]/.test(sign) ? sign : `@${hex(byte)}`;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, "0");
