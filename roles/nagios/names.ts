/** The pseudo host for checks of the whole stack. */
export const stack = "stack";

/**
 * The name of a host in Nagios: letters, digits, dots, dashes and _ stay, each byte of another character becomes @ and two
 * hexadecimal digits. Nagios refuses some characters in names; others end a macro (`:`), a value (`;`), an argument (`!`) or a
 * word of the shell. Two hosts never get the same name.
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
