// How long does it take from bare hosts to the whole stack? Against `apt-get install` of the same packages on the same hosts, all
// at once: what any way to build this stack has to wait for. The package cache is warm: a first build has filled it.
// usage: node bench/first-build.mjs [INVENTORY]
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const provision = `${root}/bin/provision.cjs`;
const inventory = process.argv[2] ?? "inventories/lab.yml";

process.stdout.write("Filling the package cache by a first build\n");
bareHosts();
await timed("provision", () => execute("node", [provision, "-i", inventory, "-o", "plain"]));
bareHosts();
const wanted = await packagesOfHosts();
const apt = await timed("apt-get", () => installAll(wanted));
bareHosts();
const ours = await timed("provision", () => execute("node", [provision, "-i", inventory, "-o", "plain"]));

const count = [...wanted.values()].reduce((sum, names) => sum + names.length, 0);
process.stdout.write(`
The first build of ${inventory}: ${wanted.size} bare hosts, ${count} packages asked for by name

  apt-get install of them, on all hosts at once   ${seconds(apt)}
  provision, all of the stack                     ${seconds(ours)}

  provision : apt-get   ${(ours / apt).toFixed(2)}   (bar: at most 2)
`);

function seconds(ms) {
  return `${(ms / 1000).toFixed(1).padStart(6)} s`;
}

async function timed(name, work) {
  const started = performance.now();
  const { code, out } = await work();
  if (code !== 0) throw new Error(`${name} ended with ${code}\n${out}`);
  return performance.now() - started;
}

/** Every host from scratch; the downloaded packages stay. */
function bareHosts() {
  for (const args of [
    ["lab", "down"],
    ["lab", "up", "-i", inventory],
  ]) {
    const { status, stdout, stderr } = spawnSync("node", [provision, ...args], {
      cwd: root,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`provision ${args.join(" ")}: ${stdout}${stderr}`);
  }
}

/** By host: the packages that the plan would install there. */
async function packagesOfHosts() {
  const { out } = await execute("node", [provision, "plan", "-i", inventory, "-o", "json"]);
  const events = out.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));
  const finished = events.find(({ type }) => type === "run-finished");
  return new Map(
    finished.hosts.map(({ host, left }) => [
      host,
      left
        .filter(({ id, action }) => id.startsWith("package:") && action === "create")
        .map(({ id }) => id.slice("package:".length)),
    ]),
  );
}

async function installAll(packages) {
  const done = await Promise.all(
    [...packages].map(([host, names]) => {
      const apt = "DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends";
      return execute("node", [provision, "lab", "ssh", host, `${apt} ${names.join(" ")} >/dev/null 2>&1`]);
    }),
  );
  return done.find(({ code }) => code !== 0) ?? { code: 0, out: "" };
}

function execute(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk) => {
        out += chunk;
      });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out }));
  });
}
