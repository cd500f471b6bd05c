// `npm run demo`: from a machine with Node, npm and git to a running stack, and a note written and read through it.
import { spawnSync } from "node:child_process";
import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
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

title("A note, written and read through the balancers");
const { vip, hosts } = stack();
const ca = await shownCertificate(vip);
const note = await writeNote();
await readNote(note.id);

title("The same note, seen by others");
for (const host of hosts.cache) copyOf(host, note.id);
for (const host of hosts.db) replication(host);
for (const host of hosts.monitoring) await allWell(host);
process.stdout.write(`
From nothing to a stack that is all well: ${seconds()}

  https://${vip}/notes/                                   have a look at the notes
  npx provision --inventory ${inventory}       again: nothing to do
  npx provision explain -i ${inventory}        how each tier is redundant
  npx provision switchover db -i ${inventory}  moves the leader of the database
  npx provision check -i ${inventory}          drift, if you change something on a host by hand
  npx provision lab ssh web1                         have a look around
  npx provision lab down                             remove the hosts
`);

function title(text) {
  process.stdout.write(`\n── ${text} ${"─".repeat(Math.max(3, 90 - text.length))} ${seconds()}\n`);
}

function step(...args) {
  const { status } = spawnSync("node", [provision, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) fail(`\`provision ${args.join(" ")}\` ended with exit code ${status}`, status ?? 1);
}

/** The floating address, and the hosts of each group, as the inventory has them. */
function stack() {
  const { stdout } = spawnSync("node", [provision, "inventory", "-i", inventory, "--list"], {
    cwd: root,
    encoding: "utf8",
  });
  const { _meta, ...groups } = JSON.parse(stdout);
  const [first] = groups.balancer.hosts;
  const [address] = _meta.hostvars[first].keepalived.addresses;
  return {
    vip: address.split("/")[0],
    hosts: Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, group.hosts ?? []])),
  };
}

/** The certificate that the stack made for itself: what is sent later must come from who has its key. */
function shownCertificate(host) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 443, rejectUnauthorized: false, timeout: 10_000 }, () => {
      const lines = socket
        .getPeerCertificate()
        .raw.toString("base64")
        .match(/.{1,64}/g);
      socket.destroy();
      resolve(`-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`);
    });
    socket.on("error", reject);
    socket.on("timeout", () => socket.destroy(new Error(`${host} does not answer`)));
  });
}

function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request({ host: vip, path, method, headers, ca, timeout: 10_000 }, (answer) => {
      let text = "";
      answer.on("data", (chunk) => (text += chunk));
      answer.on("end", () => resolve({ status: answer.statusCode, text }));
    });
    sent.on("error", reject);
    sent.on("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer`)));
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function writeNote() {
  const { status, text } = await ask("POST", "/notes", { text: "Every tier twice." });
  if (status !== 201) fail(`POST https://${vip}/notes answered ${status}:\n${text}`);
  const note = JSON.parse(text);
  const { web, app, db, copy } = note.served;
  process.stdout.write(
    `  POST https://${vip}/notes  201  through ${web} and ${app}, kept by ${db}, copies on ${copy}\n`,
  );
  return note;
}

async function readNote(id) {
  for (let turn = 1; turn <= 2; turn += 1) {
    const { status, text } = await ask("GET", `/notes/${id}`);
    if (status !== 200) fail(`GET https://${vip}/notes/${id} answered ${status}:\n${text}`);
    const { served } = JSON.parse(text);
    const from = served.cache === "hit" ? `the copy on ${served.copy}` : served.db;
    process.stdout.write(
      `  GET  https://${vip}/notes/${id.slice(0, 8)}…  200  through ${served.web} and ${served.app}, from ${from}\n`,
    );
  }
  const { text } = await ask("GET", "/notes?limit=1");
  process.stdout.write(
    `  GET  https://${vip}/notes?limit=1  200  from ${JSON.parse(text).served.db}, a replica\n`,
  );
}

/** What a command prints on a host. */
function on(host, command) {
  const { status, stdout, stderr } = spawnSync("node", [provision, "lab", "ssh", host, command], {
    cwd: root,
    encoding: "utf8",
  });
  return { ok: status === 0, said: `${stdout}${stderr}`.trim() };
}

function copyOf(host, id) {
  const command = `exec 3<>/dev/tcp/127.0.0.1/11211; printf 'get notes:${id}\\r\\nquit\\r\\n' >&3; cat <&3`;
  const { said } = on(host, `bash -c ${JSON.stringify(command)}`);
  if (!said.includes(id)) fail(`${host} has no copy of the note: ${said}`);
  process.stdout.write(`  ${host}: has its copy of the note\n`);
}

function replication(host) {
  const { said } = on(host, "mariadb -e 'SHOW REPLICA STATUS\\G'");
  const field = (name) => new RegExp(`^ *${name}: (.*)$`, "m").exec(said)?.[1] ?? "";
  if (said === "") return process.stdout.write(`  ${host}: leads\n`);
  const well = field("Slave_IO_Running") === "Yes" && field("Slave_SQL_Running") === "Yes";
  if (!well) fail(`${host} does not replicate:\n${said}`);
  return process.stdout.write(
    `  ${host}: follows ${field("Master_Host")}, both threads run, ${field("Seconds_Behind_Master")} s behind\n`,
  );
}

/** Waits until a Nagios server has checked everything once and found it well. */
async function allWell(host) {
  const end = Date.now() + 120_000;
  let last = "";
  for (;;) {
    const { ok, said } = on(host, "/usr/lib/provision/nagios-summary");
    if (ok) return process.stdout.write(`  ${host}: Nagios counts ${said}\n`);
    if (Date.now() > end) fail(`${host}: not all is well after 120 s: ${said}`);
    if (said !== last)
      process.stdout.write(`  ${host}: waiting for Nagios to have checked everything: ${said}\n`);
    last = said;
    await sleep(1000);
  }
}
