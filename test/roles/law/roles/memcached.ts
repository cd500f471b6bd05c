import { answering } from "../answering.ts";
import { allowedHere, each, sheetOf } from "../ask.ts";
import { hostsOf } from "../hosts.ts";
import type { Judge, RoleLaw } from "../law.ts";
import { unitsJudge } from "../units.ts";

const config = "/etc/memcached.conf";

/**
 * memcached itself, started with the options of its file, as Debian's wrapper does it: on a socket, as its
 * addresses and ports are not this machine's, and with few connections, as its limits may be narrow. Good is who answers.
 */
const memcached: Judge = {
  name: "memcached",
  sheets: sheetOf((path) => path === config),
  ask: (sheets, folder) =>
    each(
      sheets,
      async (sheet, index) => {
        const lines = (sheet.get(config) ?? "").split("\n").filter((line) => /^-(?![lpPuU] )/.test(line));
        const as = process.getuid?.() === 0 ? ["-u", "root"] : [];
        const socket = `${folder}/${index}`;
        const args = [
          ...as,
          "-s",
          socket,
          ...lines.flatMap((line) =>
            line.replace(/^-c (\d+)$/, (_, wanted: string) => `-c ${allowedHere(wanted)}`).split(" "),
          ),
        ];
        return answering(["memcached", ...args], socket);
      },
      6,
    ),
};

export const law: RoleLaw = {
  role: "memcached",
  stack: (vars, size, round) => ({
    ...hostsOf(1, { memcached: vars }, { round, first: 700 }),
    ...hostsOf(size, { memcached: {} }, { round: round + 2 }),
  }),
  judges: [memcached, unitsJudge],
};
