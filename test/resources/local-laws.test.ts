import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe } from "vitest";
import { exec } from "../../src/resources/exec.ts";
import { type Law, lawSuite } from "./laws.ts";
import { pathLaws } from "./path-laws.ts";
import { runWith } from "./run.ts";

/** The laws of the kinds that need no system of their own, under each shell that a host may have. */
describe.each([
  ["dash", ["dash"]],
  ["bash", ["bash", "--posix"]],
  ["busybox", ["busybox", "sh"]],
] as const)("%s", (_name, shell) => {
  const root = mkdtempSync(join(tmpdir(), "laws-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  lawSuite(runWith(shell), [...pathLaws(root), ...execLaws(root)]);
});

function execLaws(root: string): readonly Law[] {
  const done = `${root}/exec it's`;
  const secret = { bytes: new TextEncoder().encode("s3cret\n"), secret: true };
  return [
    {
      name: "exec: runs once, reads its input, leaves the rest of the input alone",
      resources: [
        exec("reads", { command: `cat >"${done}"`, unless: `[ -e "${done}" ]`, stdin: secret }),
        exec("does not read", {
          command: `touch "${done}2"; exit 0`,
          unless: `[ -e "${done}2" ]`,
          stdin: { bytes: new Uint8Array(200_000) },
        }),
        exec("no input", { command: `cat >"${done}3"`, unless: `[ -e "${done}3" ]` }),
      ],
      changes: ["exec:reads[+]", "exec:does not read[+]", "exec:no input[+]"],
      proof: `[ "$(cat "${done}")" = s3cret ] && [ ! -s "${done}3" ]`,
      upsets: [{ shell: `rm "${done}2"`, changes: ["exec:does not read[+]"] }],
    },
  ];
}
