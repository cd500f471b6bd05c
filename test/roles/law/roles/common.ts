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

/** The resolver of glibc, which reads the file: it finds the names of its first lines again. */
const hosts: Judge = {
  name: "getent",
  sheets: sheetAt("/etc/hosts"),
  ask: (sheets, folder) =>
    each(sheets, async (sheet, index) => {
      const text = sheet.get("/etc/hosts") ?? "";
      const bad = text.split("\n").find((line) => !/^(#.*|[0-9a-f.:]+\t[\w. -]+|)$/i.test(line));
      if (bad !== undefined) return `not a line of /etc/hosts: ${bad}`;
      const names = text
        .split("\n")
        .flatMap((line) => (/^[\da-f]/i.test(line) ? line.split(/\s/).slice(1, 2) : []));
      const apart = process.getuid?.() === 0 ? "-m" : "-rm";
      const script = `mount --bind "$1" /etc/hosts && shift && for name; do getent -s files ahosts "$name" >/dev/null || echo "$name is not found"; done`;
      const file = put(folder, `hosts${index}`, text);
      const { words } = await run("unshare", [apart, "sh", "-c", script, "sh", file, ...names.slice(-6)]);
      return words === "" ? undefined : words.slice(0, 600);
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
