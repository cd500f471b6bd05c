import fc from "fast-check";
import { z } from "zod";

/** Words that are names of somebody, or signs in somebody's language. Those that a schema takes are tried. */
export const words: readonly string[] = [
  ..."http web status redirect web-redirect web-status stats default global main reader writer app all none".split(
    " ",
  ),
  ..."root nobody ubuntu admin nagios mysql localhost auto on off true null NULL include GLOBAL DEFAULT".split(
    " ",
  ),
  ..."a A a.b a-b a_b A-B 0 00 1 65535 65536 0x1 1e3 -1 - -x _ . .. .a a. *.a * *.* a.* .a.* /".split(" "),
  ..."/a/ /a/../b/ // /% /%s /%n /$x /~ $x $host $[x] %s %n %{x} # ; { } [ ] ( ) < > | & ! ? ~ ' \" \\ ` , = : @ +".split(
    " ",
  ),
  "a b",
  " a",
  "a ",
  "a\tb",
  "a\nb",
  "a\rb",
  "a\u00e9\u{1f600}",
  "",
];

const addresses = {
  ipv4: ["0.0.0.0", "255.255.255.255", "127.0.0.1", "10.0.0.1", "224.0.0.1"],
  ipv6: ["::", "::1", "fe80::1", "2001:DB8:0:0::10", "2001:0db8::1", "::ffff:10.0.0.1", "ff02::1"],
  cidrv4: ["0.0.0.0/0", "10.0.0.1/8", "10.0.0.0/32", "10.0.0.0/31", "127.0.0.0/8"],
  cidrv6: ["::/0", "2001:DB8::1/32", "fd00::/64", "::1/128"],
} as const;

type Family = keyof typeof addresses;
const isFamily = (format: string): format is Family => format in addresses;

/** Texts that a schema of text takes; `undefined`: it is no schema of text. */
export function stringsOf(schema: z.core.$ZodType): fc.Arbitrary<string> | undefined {
  const { def } = schema._zod;
  if (def.type !== "string") return undefined;
  const format = "format" in def ? String(def.format) : "";
  if (isFamily(format)) return addressesOf(format);
  if (!(schema instanceof z.ZodString))
    throw new Error(`no way is known to make texts of the format ${format}`);
  const patterns = (schema.def.checks ?? []).flatMap(({ _zod: { def } }) =>
    "pattern" in def && def.pattern instanceof RegExp ? [def.pattern] : [],
  );
  const taken = words.filter((word) => schema.safeParse(word).success);
  const common = taken.length === 0 ? [] : [{ weight: 1, arbitrary: fc.constantFrom(...taken) }];
  return fc.oneof({ weight: 3, arbitrary: matching(patterns[0], schema.minLength ?? 0) }, ...common);
}

function addressesOf(format: Family): fc.Arbitrary<string> {
  const edges = fc.constantFrom(...addresses[format]);
  const any = format.endsWith("4") ? fc.ipV4() : fc.ipV6();
  const length = fc.integer({ min: 0, max: format.endsWith("4") ? 32 : 128 });
  const random = format.startsWith("cidr") ? fc.tuple(any, length).map((pair) => pair.join("/")) : any;
  return fc.oneof({ weight: 1, arbitrary: edges }, { weight: 3, arbitrary: random });
}

/** What looks ahead in a pattern is left out here: the schema itself is asked of every text afterwards. */
function matching(pattern: RegExp | undefined, least: number): fc.Arbitrary<string> {
  if (pattern === undefined) return fc.string({ minLength: least, unit: "grapheme" });
  const flags = pattern.flags.replace("i", "");
  const made = fc.stringMatching(new RegExp(withoutLooks(pattern.source), flags), { size: "small" });
  if (flags === pattern.flags) return made;
  return fc.tuple(made, fc.boolean()).map(([text, capitals]) => (capitals ? text.toUpperCase() : text));
}

function withoutLooks(source: string): string {
  const start = source.search(/\(\?<?[=!]/);
  if (start < 0) return source;
  let depth = 0;
  for (let index = start; index < source.length; index++) {
    const sign = source[index];
    if (sign === "\\") index++;
    else if (sign === "[") index = closing(source, index);
    else if (sign === "(") depth++;
    else if (sign === ")" && --depth === 0) {
      return withoutLooks(source.slice(0, start) + source.slice(index + 1));
    }
  }
  return source;
}

/** Where a class in square brackets ends. */
function closing(source: string, start: number): number {
  for (let index = start + 1; index < source.length; index++) {
    if (source[index] === "\\") index++;
    else if (source[index] === "]") return index;
  }
  return source.length;
}

/** A text of at most 300 characters that is as long as the schema takes, from a short one: by repeating what is in it. */
export function longest(text: string, taken: (text: string) => boolean): string {
  let best = text;
  for (let at = 0; at < text.length; at++) {
    for (const piece of [text.slice(at, at + 1), text.slice(at)]) {
      let grown = best;
      while (grown.length + piece.length <= 300 && piece !== "") {
        const next = grown.slice(0, at + 1) + piece + grown.slice(at + 1);
        if (!taken(next)) break;
        grown = next;
      }
      if (grown.length > best.length) best = grown;
    }
  }
  return best;
}
