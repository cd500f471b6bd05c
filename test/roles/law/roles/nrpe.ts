import { needProgram } from "../../daemon.ts";
import { fileJudge, put, refusal, runAll, sheetAt } from "../ask.ts";
import { ofDebian13 } from "../debian13.ts";
import { hostsOf } from "../hosts.ts";
import type { Judge, RoleLaw } from "../law.ts";
import { unitsJudge } from "../units.ts";

const path = "/etc/sudoers.d/provision-nrpe";

/** `visudo` of sudo, and that of sudo-rs. */
const visudo = (
  name: string,
  words: () => readonly [string, ...string[]],
  fits: (text: string) => boolean,
): Judge => ({
  name,
  sheets: (resources) => sheetAt(path)(resources).filter((sheet) => fits(sheet.get(path) ?? "")),
  ask: async (sheets, folder) => {
    const program = words();
    const files = sheets.map((sheet, index) => put(folder, `sudoers${index}`, sheet.get(path) ?? "", 0o440));
    return (await runAll(files, (file) => [...program, "-cqf", file])).map(refusal);
  },
});

const ofSudo = visudo(
  "visudo",
  () => {
    needProgram("visudo", "sudo");
    return ["visudo"];
  },
  () => true,
);
const ofSudoRs = visudo(
  "visudo-rs",
  () => ofDebian13("visudo-rs"),
  (text) => !/^Defaults/m.test(text),
);

const shell = fileJudge({
  name: "dash",
  package: "dash",
  path: "/usr/lib/provision/checks",
  args: (path) => ["-n", path],
});

export const law: RoleLaw = {
  role: "nrpe",
  stack: (vars, size, round) => ({
    ...hostsOf(
      1,
      { nrpe: vars, haproxy: { tcp: listeners(size) }, sidecar: {} },
      { round, first: 700, more: sudoOf(round) },
    ),
    ...hostsOf(size, { nrpe: {}, sidecar: {}, nginx: {}, gunicorn: {}, mysql: {} }, { round: round + 2 }),
    ...hostsOf(size, { nrpe: {}, nagios: { port: 4443 } }, { round: round + 4, first: 400 }),
  }),
  judges: [ofSudo, ofSudoRs, shell, unitsJudge],
};

/** Every other host has sudo-rs. */
const sudoOf = (round: number) => ({
  facts: { role: new Map([["sudo", round % 2 === 0 ? "sudo-rs 0.2.5" : "Sudo version 1.9.13p3"]]) },
});

/** Services on the asked host, each of which has a check. */
function listeners(size: number) {
  return Object.fromEntries(
    Array.from({ length: size }, (_, n) => [
      `L_${n}`,
      { port: 20_000 + n, networks: ["10.0.0.0/8"], servers: { a: "10.0.0.1:1" } },
    ]),
  );
}
