import { execFile } from "node:child_process";
import { needProgram } from "../daemon.ts";
import { put, sheetOf } from "./ask.ts";
import type { Judge, Sheet } from "./law.ts";

const folder = "/etc/systemd/system/";
/** So many hosts' units are judged by one call. */
const atOnce = 40;

/** Whether the programs that a unit names are there is not asked of the machine the test runs on. */
const notHere =
  /is not executable: No such file|Failed to resolve unit specifiers|Unit .* not found|man .* command/i;

/**
 * `systemd-analyze verify` of all units and drop-ins that a role writes; a unit of a package stands in for the one that a
 * drop-in is for. Each host's units get a prefix of their own, so that many are judged at once.
 */
export const unitsJudge: Judge = {
  name: "systemd-analyze",
  sheets: sheetOf((path) => path.startsWith(folder)),
  ask: async (sheets, at) => {
    needProgram("systemd-analyze", "systemd");
    const answers: (string | undefined)[] = [];
    for (let first = 0; first < sheets.length; first += atOnce) {
      answers.push(...(await verified(sheets.slice(first, first + atOnce), `${at}/${first}`)));
    }
    return answers;
  },
};

async function verified(sheets: readonly Sheet[], at: string): Promise<readonly (string | undefined)[]> {
  const units = sheets.flatMap((sheet, index) => write(sheet, at, `law${index}x`));
  const words = await verify(units, at);
  const lines = words.split("\n").filter((line) => line !== "" && !notHere.test(line));
  return sheets.map((_, index) => {
    const own = lines.filter((line) => line.includes(`law${index}x`));
    return own.length === 0 ? undefined : own.join("\n").slice(0, 600);
  });
}

/** Puts one host's units into the folder, and gives their paths. */
function write(sheet: Sheet, at: string, prefix: string): readonly string[] {
  const names = [...sheet.keys()].map((path) => path.slice(folder.length));
  const units = [...new Set(names.map((name) => name.replace(/\.d\/.*$/, "")))];
  // Units name each other: in their texts they have the prefix too.
  const moved = (text: string): string =>
    units.reduce(
      (all, unit) => all.replaceAll(new RegExp(`(?<=[= ])${escaped(unit)}(?= |$)`, "gm"), prefix + unit),
      text,
    );
  for (const [path, text] of sheet) put(at, prefix + path.slice(folder.length), moved(text));
  for (const unit of units.filter((one) => !names.includes(one)))
    put(at, prefix + unit, "[Service]\nExecStart=/bin/true\n");
  return units.map((unit) => `${at}/${prefix}${unit}`);
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

function verify(units: readonly string[], at: string): Promise<string> {
  const env = { ...process.env, SYSTEMD_UNIT_PATH: `${at}:/lib/systemd/system`, LC_ALL: "C.UTF-8" };
  return new Promise((resolve) => {
    execFile(
      "systemd-analyze",
      ["verify", "--man=no", ...units],
      { env, maxBuffer: 1 << 26 },
      (_, stdout, stderr) => resolve(stdout + stderr),
    );
  });
}
