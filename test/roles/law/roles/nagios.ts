import { chmodSync } from "node:fs";
import { needProgram } from "../../daemon.ts";
import { put, refusal, runAll, sheetOf } from "../ask.ts";
import { hostsOf } from "../hosts.ts";
import type { Judge, RoleLaw } from "../law.ts";
import { unitsJudge } from "../units.ts";

const [main, objects, resource] = [
  "/etc/nagios4/nagios.cfg",
  "/etc/nagios4/provision/objects.cfg",
  "/etc/nagios4/resource.cfg",
];

const nagios: Judge = {
  name: "nagios4 -v",
  sheets: sheetOf((path) => [main, objects, resource].includes(path)),
  ask: async (sheets, folder) => {
    needProgram("nagios4", "nagios4-core");
    // Nagios reads and writes as its own user.
    chmodSync(folder, 0o755);
    const files = sheets.map((sheet, index) => {
      const at = `${folder}/${index}`;
      for (const name of ["conf.d", "check_result_path", "log_archive_path"]) put(at, `${name}/none.cfg`, "");
      for (const name of ["", "check_result_path", "log_archive_path"]) chmodSync(`${at}/${name}`, 0o777);
      put(at, "resource.cfg", sheet.get(resource) ?? "");
      const list = put(at, "objects.cfg", sheet.get(objects) ?? "");
      const text = (sheet.get(main) ?? "")
        .replaceAll(objects, list)
        .replaceAll(/^(nagios_user|nagios_group)=.*\n/gm, "")
        .replaceAll("/etc/nagios4/", `${at}/`)
        .replaceAll(/^(\w+)=\/var\/.*$/gm, `$1=${at}/$1`)
        .replace(/^temp_path=.*$/m, `temp_path=${at}`);
      return put(at, "nagios.cfg", text);
    });
    return (await runAll(files, (file) => ["nagios4", "-v", file])).map(({ code, words }) => {
      const bad = words
        .split("\n")
        .filter(
          (line) => /Error|Warning/.test(line) && !/Total (Errors|Warnings)|Error processing/.test(line),
        );
      return code === 0 && bad.length === 0
        ? undefined
        : `${(bad.length > 0 ? bad : [words]).join("\n").slice(0, 900)} (exit ${code})`;
    });
  },
};

/** Each program, and the file of the mail program. */
const programs: Judge = {
  name: "dash",
  sheets: (resources) =>
    resources.flatMap((one) =>
      sheetOf((path) => path === one.key && path.startsWith("/usr/lib/provision/nagios-"))([one]),
    ),
  ask: async (sheets, folder) => {
    const files = sheets.map((sheet, index) => put(folder, `${index}`, [...sheet.values()][0] ?? ""));
    return (await runAll(files, (file) => ["dash", "-n", file])).map(refusal);
  },
};

export const law: RoleLaw = {
  role: "nagios",
  stack: (vars, size, round) => ({
    ...hostsOf(1, { nrpe: {}, nagios: vars }, { round, first: 700 }),
    ...hostsOf(size, { nrpe: {}, sidecar: {}, nginx: {}, gunicorn: {} }, { round: round + 2 }),
    ...hostsOf(
      1,
      { haproxy: {}, keepalived: { addresses: ["192.0.2.10/24"] } },
      { round: round + 4, first: 400 },
    ),
  }),
  judges: [nagios, programs, unitsJudge],
};
