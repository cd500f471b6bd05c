// `npm test`: everything, the lab included. Ends with a line `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import {
  installDebianPackages,
  installNodePackages,
  isLinuxRoot,
  labPackages,
  provision,
  root,
  run,
  testPackages,
} from "./setup.mjs";

installNodePackages();
if (isLinuxRoot) installDebianPackages([...labPackages, ...testPackages]);
run("node", ["scripts/build.mjs"]);

const folder = mkdtempSync(join(tmpdir(), "provision-test-"));
let passed = 0;
let failed = 0;
/** What failed, a line each: the log of a long run is often kept in part. */
const failures = [];
try {
  suite("unit");
  if (existsSync("/usr/bin/chromium")) suite("browser");
  else notRun("browser", "Chromium at /usr/bin/chromium");
  if (isLinuxRoot) suite("lab");
  else notRun("lab", "Linux and root");
} finally {
  rmSync(folder, { recursive: true, force: true });
  if (isLinuxRoot) spawnSync("node", [provision, "lab", "down"], { cwd: root, stdio: "inherit" });
}
for (const line of failures) process.stdout.write(`\nfailed: ${line}`);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** Nothing is left out unseen; where all is to run, that is a failure. */
function notRun(project, wanted) {
  process.stdout.write(`\nThe ${project} part was not run: it needs ${wanted}.\n`);
  if (process.env.CI === "true") failed += 1;
}

function shortened(text) {
  return text.replaceAll(/\s+/g, " ").slice(0, 200);
}

/** Runs one project of vitest.config.ts and adds up its tests. A suite that could not be loaded counts as a failure. */
function suite(project) {
  const file = join(folder, `${project}.json`);
  const args = [
    "vitest",
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ];
  const { status } = spawnSync("npx", args, { cwd: root, stdio: "inherit" });
  try {
    const result = JSON.parse(readFileSync(file, "utf8"));
    passed += result.numPassedTests;
    let broken = 0;
    for (const { name, status, message, assertionResults } of result.testResults) {
      if (status !== "failed") continue;
      const place = relative(root, name);
      const bad = assertionResults.filter((test) => test.status === "failed");
      for (const { fullName, failureMessages } of bad)
        failures.push(shortened(`${place}: ${fullName}: ${failureMessages[0] ?? ""}`));
      if (bad.length > 0) continue;
      broken += 1;
      failures.push(shortened(`${place}: ${message}`));
    }
    // A test that was skipped has not passed: nothing is to look green that was not run.
    failed += result.numFailedTests + result.numPendingTests + result.numTodoTests + broken;
    if (status !== 0 && result.numFailedTests + broken === 0) failed += 1;
  } catch {
    failed += 1;
  }
}
