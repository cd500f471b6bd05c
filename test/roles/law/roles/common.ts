import { each, fileJudge, put, run, sheetAt } from "../ask.ts";
import { hostsOf } from "../hosts.ts";
import type { Judge, RoleLaw } from "../law.ts";

const apt = fileJudge({
  name: "apt-config",
  package: "apt",
  path: "/etc/apt/apt.conf.d/90provision",
  args: (path) => ["--config-file", path, "dump"],
});
const unattended = fileJudge({
  name: "apt-config",
  package: "apt",
  path: "/etc/apt/apt.conf.d/52provision-unattended-upgrades",
  args: (path) => ["--config-file", path, "dump"],
});
const chrony = fileJudge({
  name: "chronyd",
  package: "chrony",
  path: "/etc/chrony/sources.d/provision.sources",
  args: (path) => ["-p", "-f", path],
});

/** The resolver of glibc, which reads the file: every line must be one that it finds again. */
const hosts: Judge = {
  name: "getent",
  sheets: sheetAt("/etc/hosts"),
  ask: (sheets, folder) =>
    each(sheets, async (sheet, index) => {
      const text = sheet.get("/etc/hosts") ?? "";
      const bad = text.split("\n").find((line) => !/^(#.*|[0-9a-f.:]+\t[\w. -]+|)$/i.test(line));
      if (bad !== undefined) return `not a line of /etc/hosts: ${bad}`;
      const file = put(folder, `hosts${index}`, text);
      const apart = process.getuid?.() === 0 ? ["-m"] : ["-rm"];
      const { words } = await run("unshare", [
        ...apart,
        "sh",
        "-c",
        `mount --bind "$1" /etc/hosts && getent -s files hosts`,
        "sh",
        file,
      ]);
      const given = text.split("\n").filter((line) => /^[0-9a-f]/i.test(line)).length;
      const found = words.trim().split("\n").length;
      return found >= given ? undefined : `${given} lines, ${found} found`;
    }),
};

export const law: RoleLaw = {
  role: "common",
  stack: (vars, size, round) => ({
    ...hostsOf(
      1,
      { common: vars },
      {
        round,
        first: 700,
        more: {
          facts: {
            role: new Map([
              ["unattendedUpgrades", "installed"],
              ["container", "none"],
            ]),
          },
        },
      },
    ),
    ...hostsOf(size, { common: {} }, { round: round + 2 }),
  }),
  judges: [apt, unattended, chrony, hosts],
};
