#!/usr/bin/env node
// Starts the command, which is one file. What V8 has compiled of it is kept in the user's cache folder: a run that finds
// nothing to do would else spend a third of its time on compiling the same code again.
"use strict";
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const v8 = require("node:v8");
const vm = require("node:vm");

// A run is short: compiling functions once more, optimized, took a fifth of its processor time and gave nothing back. What is
// called far more often, as with hundreds of hosts, still is. The engine of Node 20 only: later ones gain nothing by it, and
// say on the terminal that they do not know the word.
if (process.versions.v8.startsWith("11.3.")) v8.setFlagsFromString("--interrupt-budget=1000000");

const file = path.join(__dirname, "../dist/main.cjs");
if (!fs.existsSync(file)) {
  process.stderr.write("provision is not built yet: npm ci && npm run build\n");
  process.exit(1);
}
const { mtimeMs, size } = fs.statSync(file);
const folder = path.join(process.env.XDG_CACHE_HOME || path.join(home(), ".cache"), "provision");
const build = `${process.version}-${process.arch}-${size}-${Math.round(mtimeMs)}-`;
// Each command uses, and so keeps, other functions.
const kept = path.join(folder, `${build}${/^[a-z]+$/.exec(process.argv[2])?.[0] ?? "apply"}.code`);

const cachedData = readKept();
const script = new vm.Script(
  `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(file, "latin1")}\n})`,
  {
    filename: file,
    cachedData,
    importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  },
);
if (cachedData === undefined || script.cachedDataRejected) process.once("exit", keep);
const main = { exports: {} };
script.runInThisContext()(main.exports, require, main, file, path.dirname(file));

/** In a container a process may run as a number that no user has, and without HOME. */
function home() {
  try {
    return os.homedir();
  } catch {
    return path.join(os.tmpdir(), `provision-${process.getuid?.() ?? "user"}`);
  }
}

/** Only what this very user has written, and nobody else could have: it is code. */
function readKept() {
  try {
    const { uid, mode } = fs.lstatSync(kept);
    const ours = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
    return ours ? fs.readFileSync(kept) : undefined;
  } catch {
    return undefined;
  }
}

/** Best effort: a folder that cannot be written to costs some milliseconds at each start, and nothing else. */
function keep(code) {
  if (code !== 0 && code !== 2) return;
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of fs.readdirSync(folder))
      if (name.endsWith(".code") && !name.startsWith(build))
        fs.rmSync(path.join(folder, name), { force: true });
    const staged = `${kept}.${process.pid}`;
    fs.writeFileSync(staged, script.createCachedData(), { mode: 0o600 });
    fs.renameSync(staged, kept);
  } catch {}
}
