import { answering } from "../answering.ts";
import { allowedHere, each, put, sheetAt } from "../ask.ts";
import { ofDebian13 } from "../debian13.ts";
import { hostsOf } from "../hosts.ts";
import type { Judge, RoleLaw } from "../law.ts";
import { unitsJudge } from "../units.ts";

const path = "/etc/cacheproxy.lua";
const unit = "/etc/systemd/system/cacheproxy.service";

/** Debian 13's memcached itself, with the options of the unit: started on a socket. Good is who answers there. */
const proxy: Judge = {
  name: "memcached",
  sheets: (resources) => {
    const [lua, service] = [path, unit].map((at) => [...(sheetAt(at)(resources)[0] ?? [])]);
    return [new Map([...(lua ?? []), ...(service ?? [])])];
  },
  ask: (sheets, folder) => {
    const [program, ...before] = ofDebian13("memcached");
    return each(
      sheets,
      async (sheet, index) => {
        const file = put(`${folder}/${index}`, "proxy.lua", sheet.get(path) ?? "");
        const [, options = ""] = /^ExecStart=\S+ (.*)$/m.exec(sheet.get(unit) ?? "") ?? [];
        const words = options
          .replace(path, file)
          .replace(/-u \S+ -l \S+ -p \S+/, `-s ${folder}/${index}/s`)
          .replace(/-c (\d+)/, (_, wanted: string) => `-c ${allowedHere(wanted)}`)
          .split(" ");
        const as = process.getuid?.() === 0 ? ["-u", "root"] : [];
        return answering([program, ...before, ...as, ...words], `${folder}/${index}/s`);
      },
      6,
    );
  },
};

export const law: RoleLaw = {
  role: "cacheproxy",
  stack: (vars, size, round) => ({
    ...hostsOf(1, { cacheproxy: vars }, { round, first: 700, more: { facts: { os: debian13 } } }),
    ...hostsOf(size, { memcached: {} }, { round: round + 2 }),
  }),
  judges: [proxy, unitsJudge],
};
const debian13 = { id: "debian", version: "13", codename: "trixie" };
