// `npm run demo`: from a machine with Node, npm and git to a running stack, and a page fetched through it.
import { spawnSync } from "node:child_process";
import {
  buildIfStale,
  fail,
  installDebianPackages,
  installNodePackages,
  isLinuxRoot,
  labPackages,
  provision,
  root,
} from "./setup.mjs";

const inventory = "inventories/lab.yml";
const started = Date.now();
const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;

if (!isLinuxRoot) {
  fail(
    "The demo starts test hosts on this machine, which needs Linux and root.\nWith hosts of your own: write an inventory (see README.md), then `npx provision --inventory FILE`.",
  );
}

title("What this machine lacks");
installNodePackages();
installDebianPackages(labPackages);
buildIfStale();

title("Test hosts");
step("lab", "up", "-i", inventory);

title(`provision --inventory ${inventory}`);
step("--inventory", inventory);

title("A page through each web server");
for (const [name, address] of webServers()) {
  for (let turn = 1; turn <= 2; turn += 1) await show(name, `http://${address}/`);
}
process.stdout.write(`
From nothing to the page: ${seconds()}

  npx provision --inventory ${inventory}      again: nothing to do
  npx provision check -i ${inventory}         drift, if you change something on a host by hand
  npx provision lab ssh web1                        have a look around
  npx provision lab down                            remove the hosts
`);

function title(text) {
  process.stdout.write(`\n── ${text} ${"─".repeat(Math.max(3, 90 - text.length))} ${seconds()}\n`);
}

function step(...args) {
  const { status } = spawnSync("node", [provision, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) fail(`\`provision ${args.join(" ")}\` ended with exit code ${status}`, status ?? 1);
}

/** Name and address of each host that nginx runs on, as the inventory has it. */
function webServers() {
  const { stdout } = spawnSync("node", [provision, "inventory", "-i", inventory, "--list"], {
    cwd: root,
    encoding: "utf8",
  });
  const { web, _meta } = JSON.parse(stdout);
  return web.hosts.map((name) => [name, _meta.hostvars[name].ansible_host]);
}

async function show(name, url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const page = await answer.text();
  const servedBy = /<title>Served by ([^<]+)</.exec(page)?.[1];
  if (!answer.ok || servedBy === undefined)
    fail(`${url} answered ${answer.status}, not the page that was expected:\n${page}`);
  process.stdout.write(`  ${url}  ${answer.status}  through ${name}, served by ${servedBy}\n`);
}
