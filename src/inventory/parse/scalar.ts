/** The value of a plain scalar. */
export interface PlainValue {
  readonly value: string | number | boolean | null;
  /** Python's text, if it differs. */
  readonly text?: string;
  readonly date?: true;
  /** It has no exact representation. */
  readonly inexact?: true;
}

/** A plain YAML 1.1 scalar as read by PyYAML, or the reason why it is not valid. */
export type Plain = PlainValue | { readonly error: string };

// The patterns of YAML 1.1 with PyYAML's deviations: `y` and `n` are text, an exponent needs a dot and a sign,
// a fraction that starts with a dot takes no sign, and `0o17` is text.
const BOOL = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const INT = /^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const NULL = /^(?:~|null|Null|NULL|)$/;
const DATE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;
const TIME =
  /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt]|[ \t]+)([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?(?:[ \t]*(?:(Z)|([-+])([0-9]{1,2})(?::([0-9]{2}))?))?)?$/;
/** The possible first characters of scalars that are not text: a fast test for most scalars. */
const FIRST = /^[-+0-9.yYnNtTfFoO~<=]/;

/** Resolves a plain scalar without a tag. */
export function resolvePlain(source: string): Plain {
  if (source !== "" && !FIRST.test(source)) return { value: source };
  if (BOOL.test(source)) return { value: /^(?:y|t|on)/i.test(source) };
  if (FLOAT.test(source)) return parseFloat1(source);
  if (INT.test(source)) return parseInt1(source);
  if (NULL.test(source)) return { value: null };
  if (DATE.test(source) || (source.length > 10 && TIME.test(source))) return parseTimestamp(source);
  if (source === "=" || source === "<<") return { error: `\`${source}\` has a special meaning in YAML` };
  return { value: source };
}

/** A scalar with one of YAML's own tags (`!!int "12"`), by the tag's last word. */
export function resolveTagged(tag: string, source: string): Plain {
  switch (tag) {
    case "str":
    case "python/unicode":
      return { value: source };
    case "null":
      return { value: null };
    case "bool": {
      const word = source.toLowerCase();
      if (/^(?:yes|no|true|false|on|off)$/.test(word)) return { value: /^(?:y|t|on)/.test(word) };
      return { error: "this is not a boolean" };
    }
    case "int":
      return INT.test(source) ? parseInt1(source) : { error: "this is not a whole number" };
    case "float":
      return FLOAT.test(source) || INT.test(source) ? parseFloat1(source) : { error: "this is not a number" };
    case "timestamp":
      return parseTimestamp(source);
    case "binary":
      return { error: "binary values have no form in JSON" };
    default:
      return { error: `the tag !!${tag} is not supported` };
  }
}

function parseInt1(source: string): Plain {
  const digits = source.replaceAll("_", "");
  const negative = digits.startsWith("-");
  const body = digits.replace(/^[-+]/, "");
  const size = magnitude(body);
  if (size === undefined) return { error: "this is not a whole number" };
  return integer(negative ? -size : size);
}

function magnitude(body: string): bigint | undefined {
  if (/^0[bx]$/.test(body)) return undefined;
  if (body.startsWith("0b") || body.startsWith("0x")) return BigInt(body);
  if (body.includes(":")) return body.split(":").reduce((sum, part) => sum * 60n + BigInt(part), 0n);
  if (body.startsWith("0") && body !== "0") return BigInt(`0o${body}`);
  // Python does not read longer numbers, and BigInt takes quadratic time.
  return body.length > 4000 ? undefined : BigInt(body);
}

/** A whole number. One without an exact representation in JavaScript keeps its text. */
export function integer(value: bigint): PlainValue {
  const number = Number(value);
  return Number.isSafeInteger(number)
    ? { value: number }
    : { value: number, text: String(value), inexact: true };
}

function parseFloat1(source: string): Plain {
  const body = source.replaceAll("_", "").toLowerCase();
  const sign = body.startsWith("-") ? -1 : 1;
  const unsigned = body.replace(/^[-+]/, "");
  if (unsigned === ".inf") return float(sign * Number.POSITIVE_INFINITY);
  if (unsigned === ".nan") return float(Number.NaN);
  if (!unsigned.includes(":")) return float(sign * Number(unsigned));
  return float(sign * unsigned.split(":").reduce((sum, part) => sum * 60 + Number(part), 0));
}

/** A fraction with Python's text: `1.0` stays `1.0`. */
export function float(value: number): PlainValue {
  return { value, text: floatText(value) };
}

/** Python's text of a float: the shortest digits, always with a dot or an exponent. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [mantissa = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  // Python uses exponents below 1e-4 and from 1e16.
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    const digits = String(Math.abs(exponent)).padStart(2, "0");
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${digits}`;
  }
  if (exponent < 0 && value !== 0) return small(mantissa, exponent);
  const plain = String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}

function small(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "");
  return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
}

/** Dates like Python's `isoformat`; inside longer strings Python has a space in place of the `T` in JSON. */
function parseTimestamp(source: string): Plain {
  const match = TIME.exec(source);
  if (match === null) return { error: "this is not a date" };
  const [, year = "", month = "", day = "", hour, minute = "", second = "", fraction] = match;
  const [, , , , , , , , zulu, sign, zoneHour, zoneMinute] = match;
  const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  if (!isDate(Number(year), Number(month), Number(day))) return { error: `there is no day ${date}` };
  if (hour === undefined) return { value: date, date: true };
  const clock = `${hour.padStart(2, "0")}:${minute}:${second}`;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return { error: `there is no time ${clock}` };
  const micro = (fraction ?? "").slice(0, 6).padEnd(6, "0");
  const zone = sign === undefined ? (zulu === undefined ? "" : "+00:00") : offset(sign, zoneHour, zoneMinute);
  if (zone === undefined) return { error: "a time zone is less than a day away from UTC" };
  const rest = `${clock}${Number(micro) === 0 ? "" : `.${micro}`}${zone}`;
  return { value: `${date}T${rest}`, text: `${date} ${rest}`, date: true };
}

function isDate(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= (days[month - 1] ?? 0);
}

function offset(sign: string, hours = "0", minutes = "0"): string | undefined {
  const total = Number(hours) * 60 + Number(minutes);
  if (total >= 24 * 60) return undefined;
  const text = `${String(Math.floor(total / 60)).padStart(2, "0")}:${String(total % 60).padStart(2, "0")}`;
  return `${total === 0 ? "+" : sign}${text}`;
}
