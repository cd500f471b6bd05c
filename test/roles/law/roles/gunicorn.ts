import { needProgram } from "../../daemon.ts";
import { put, run, runAll, sheetOf } from "../ask.ts";
import { hostsOf } from "../hosts.ts";
import type { Judge, RoleLaw, Sheet } from "../law.ts";
import { unitsJudge } from "../units.ts";

const only = (sheet: Sheet): string => [...sheet.values()][0] ?? "";

/** `gunicorn --check-config` of all files, in one process that has read Gunicorn's own code once. */
const batch = `
import os, sys
os.chdir(sys.argv[1])
from gunicorn.app.wsgiapp import WSGIApplication
import gunicorn.glogging, gunicorn.workers.sync
sys.path.insert(0, ".")
for line in sys.stdin.read().split():
    read, write = os.pipe()
    if os.fork() == 0:
        os.dup2(write, 1); os.dup2(write, 2)
        sys.argv = ["gunicorn", "--check-config", "--config", line, "app:app"]
        try:
            WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]").run()
        except SystemExit as end:
            sys.stderr.flush(); os._exit(end.code if isinstance(end.code, int) else 1)
        except BaseException as error:
            print(error, flush=True); os._exit(1)
        os._exit(0)
    os.close(write)
    words = os.fdopen(read).read()
    code = os.waitstatus_to_exitcode(os.wait()[1])
    print(line, code, " ".join(words.split())[:600], flush=True)
`;

const checkConfig: Judge = {
  name: "gunicorn --check-config",
  sheets: sheetOf((path) => path.endsWith("/gunicorn.conf.py")),
  ask: async (sheets, folder) => {
    needProgram("gunicorn", "gunicorn");
    put(folder, "app.py", "def app(environ, start): pass\n");
    const files = sheets.map((sheet, index) => put(folder, `conf${index}.py`, only(sheet)));
    const { words } = await run("/usr/bin/python3", ["-c", batch, folder], files.join("\n"));
    const said = new Map(words.split("\n").map((line) => [line.split(" ")[0], line] as const));
    return files.map((file) => {
      const line = said.get(file) ?? `${file} was not judged: ${words.slice(0, 300)}`;
      return line.startsWith(`${file} 0 `) ? undefined : line;
    });
  },
};

/** What `systemd` hands to the service and what the shell reads for a migration is one file: the shell must take it whole. */
const environment: Judge = {
  name: "sh",
  sheets: sheetOf((path) => path.endsWith("/environment")),
  ask: async (sheets, folder) => {
    const files = sheets.map((sheet, index) => put(folder, `environment${index}`, only(sheet)));
    const read = "set -ae; . $1; exec /bin/echo well";
    const answers = await runAll(files, (file) => ["env", "-i", "/bin/sh", "-c", read, "sh", file]);
    return answers.map(({ code, words }) =>
      code === 0 && words === "well\n" ? undefined : `${words.slice(0, 600)} (exit ${code})`,
    );
  },
};

export const law: RoleLaw = {
  role: "gunicorn",
  stand: {
    // What is in a folder or a repository is no matter of the schema.
    "app.directory": ["roles/gunicorn/files/notes"],
    "app.include": [[]],
    database: ["shop", "other_1"],
    // Its pattern names classes of signs that no text can be made from.
    "environment.*": [
      "",
      "x",
      " a  b ",
      "$HOME `id` \\ \" '",
      "tab\tline\nend",
      "\u00e9\u{1f600}",
      "x".repeat(5000),
    ],
  },
  stack: (vars, size, round) => ({
    ...hostsOf(1, { sidecar: {}, gunicorn: vars }, { round, first: 700 }),
    ...hostsOf(size, { sidecar: {}, nginx: {} }, { round: round + 2 }),
    ...hostsOf(
      1,
      { mysql: { databases: { shop: {}, other_1: {} }, users: { shop: {}, other_1: {} } } },
      { round: round + 4, first: 400 },
    ),
  }),
  judges: [checkConfig, environment, unitsJudge],
};
