import type { FlavourName } from "./names.ts";

const words = (text: string): readonly string[] => text.split(" ");

/** Collations of character sets for some languages, without the name of the character set; of both daemons. */
const narrow: Readonly<Record<string, string>> = {
  armscii8: "general_ci",
  ascii: "general_ci",
  big5: "chinese_ci",
  cp1250: "croatian_ci czech_cs general_ci polish_ci",
  cp1251: "bulgarian_ci general_ci general_cs ukrainian_ci",
  cp1256: "general_ci",
  cp1257: "general_ci lithuanian_ci",
  cp850: "general_ci",
  cp852: "general_ci",
  cp866: "general_ci",
  cp932: "japanese_ci",
  dec8: "swedish_ci",
  eucjpms: "japanese_ci",
  euckr: "korean_ci",
  gb2312: "chinese_ci",
  gbk: "chinese_ci",
  geostd8: "general_ci",
  greek: "general_ci",
  hebrew: "general_ci",
  hp8: "english_ci",
  keybcs2: "general_ci",
  koi8r: "general_ci",
  koi8u: "general_ci",
  latin1: "danish_ci general_ci general_cs german1_ci german2_ci spanish_ci swedish_ci",
  latin2: "croatian_ci czech_cs general_ci hungarian_ci",
  latin5: "turkish_ci",
  latin7: "estonian_cs general_ci general_cs",
  macce: "general_ci",
  macroman: "general_ci",
  sjis: "japanese_ci",
  swe7: "swedish_ci",
  tis620: "thai_ci",
  ujis: "japanese_ci",
  utf16le: "general_ci",
};

/** Collations of the character sets for all languages. */
const languages = words(
  "unicode icelandic latvian romanian slovenian polish estonian spanish swedish turkish czech danish lithuanian slovak spanish2 roman persian esperanto hungarian sinhala german2 unicode_520 vietnamese croatian",
);
const wide = new Set(["utf8mb3", "utf8mb4", "ucs2", "utf16", "utf32"]);

/** `uca1400` with or without one of these languages: MariaDB, 10.10 and later. */
const uca =
  /^uca1400_((vietnamese|turkish|swedish|spanish2?|slovenian|slovak|sinhala|romanian|roman|polish|persian|lithuanian|latvian|icelandic|hungarian|german2|estonian|esperanto|danish|czech|croatian)_)?(nopad_)?a[is]_c[is]$/;
/** MySQL 8. */
const uca900 =
  /^(0900_(ai_ci|as_ci|as_cs|bin)|(de_pb|is|lv|ro|sl|pl|et|es|sv|tr|cs|da|lt|sk|es_trad|la|eo|hu|hr|vi|ru|nb|nn|sr_latn|bs|bg|gl|mn_cyrl)_0900_(ai_ci|as_cs)|ja_0900_as_cs(_ks)?|zh_0900_as_cs)$/;

/** Whether both daemons, or this one, have the character set. `utf8` is an alias, which the daemons never report. */
export const isCharacterSet = (name: string, flavour: FlavourName): boolean =>
  name === "binary" ||
  wide.has(name) ||
  Object.hasOwn(narrow, name) ||
  (name === "gb18030" && flavour !== "mariadb");

/** Whether a database of this character set can have this collation. */
export function isCollation(name: string, characterSet: string, flavour: FlavourName): boolean {
  if (characterSet === "binary") return name === "binary";
  if (!name.startsWith(`${characterSet}_`)) return false;
  const end = name.slice(characterSet.length + 1);
  const [forMariadb, forMysql] = [flavour !== "mysql", flavour !== "mariadb"];
  if (end === "bin") return true;
  if (characterSet === "gb18030") return end === "chinese_ci" || end === "unicode_520_ci";
  if (!wide.has(characterSet)) {
    const own = words(narrow[characterSet] ?? "");
    return own.includes(end) || (forMariadb && withoutPad(end, own));
  }
  const own = ["general_ci", ...languages.map((one) => `${one}_ci`)];
  if (own.includes(end)) return true;
  if (forMysql && characterSet === "utf8mb4" && uca900.test(end)) return true;
  return forMariadb && (uca.test(end) || withoutPad(end, ["general_ci", "unicode_ci", "unicode_520_ci"]));
}

/** MariaDB has the first collations of a character set also in a form in which spaces at the end count. */
const withoutPad = (end: string, own: readonly string[]): boolean =>
  end === "nopad_bin" || (own.length <= 3 && own.includes(end.replace("_nopad_ci", "_ci")));
