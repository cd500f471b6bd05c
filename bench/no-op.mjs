// How long does a run take that finds everything as it should be? Alternating runs on the lab's hosts:
//   floor      `ssh HOST true` on all hosts in parallel: OpenSSH logs in and does nothing
//   provision  `provision --inventory FILE`, start of Node included
//   ansible    a playbook that wants the same resources, with pipelining and a fork a host, facts not gathered
//   mitogen    the same playbook with Mitogen's strategy
// usage: node bench/no-op.mjs [ROUNDS [INVENTORY [CONTESTANT,…]]]
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { writePlaybook } from "./playbook.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const provision = join(root, "bin", "provision.cjs");
const rounds = Number(process.argv[2] ?? 7);
const inventory = process.argv[3] ?? "inventories/lab.yml";
const named = (process.argv[4] ?? "floor,provision,ansible,mitogen").split(",");
const folder = mkdtempSync(join(tmpdir(), "provision-bench-"));

try {
  must("node", [provision, "lab", "up", "-i", inventory], "inherit");
  must("node", [provision, "-i", inventory], "inherit");
  const hosts = hostsOfInventory();
  const contestants = [...ours(hosts), ...(await peers(hosts))];
  const times = new Map(contestants.map(({ name }) => [name, []]));
  for (const { name, go } of contestants) check(name, await go());
  for (let round = 1; round <= rounds; round += 1) {
    for (const { name, go } of contestants) {
      // The hosts are still closing the sessions of the one before, which must not cost the next one.
      await sleep(1500);
      const started = performance.now();
      check(name, await go());
      times.get(name).push(performance.now() - started);
    }
    process.stdout.write(`round ${round} of ${rounds} done\n`);
  }
  print(times, hosts.length);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function installPython(hosts) {
  process.stdout.write("Ansible needs Python on the hosts: installing it there\n");
  await Promise.all(
    hosts.map((host) =>
      ssh(
        host,
        "command -v python3 >/dev/null && dpkg -s python3-apt >/dev/null 2>&1 || { apt-get -qq update; DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends python3 python3-apt >/dev/null 2>&1; }",
      ),
    ),
  );
}

/** Ansible and Mitogen, where they are asked for: they need Python on the hosts, and a playbook that wants the same. */
async function peers(hosts) {
  if (!named.some((name) => ["ansible", "mitogen"].includes(name))) return [];
  await installPython(hosts);
  const { playbook, hostsFile, tasks } = await writePlaybook(folder, hosts, ssh);
  process.stdout.write(`The playbook has ${tasks} tasks over ${hosts.length} hosts\n`);
  const ansible = (extra) => () =>
    execute("ansible-playbook", ["-i", hostsFile, playbook], {
      ANSIBLE_PIPELINING: "True",
      ANSIBLE_FORKS: String(Math.max(hosts.length, 5)),
      ANSIBLE_SSH_ARGS: "-o ControlMaster=auto -o ControlPersist=60s",
      ANSIBLE_HOST_KEY_CHECKING: "True",
      ANSIBLE_RETRY_FILES_ENABLED: "False",
      ANSIBLE_DEPRECATION_WARNINGS: "False",
      ...extra,
    });
  const mitogen = "/usr/lib/python3/dist-packages/ansible_mitogen/plugins/strategy";
  return [
    { name: "ansible", go: ansible({}) },
    {
      name: "mitogen",
      go: ansible({ ANSIBLE_STRATEGY: "mitogen_linear", ANSIBLE_STRATEGY_PLUGINS: mitogen }),
    },
  ].filter(({ name }) => named.includes(name));
}

function ours(hosts) {
  const floor = async () =>
    (await Promise.all(hosts.map((host) => ssh(host, "true")))).find((one) => one.code !== 0) ?? {
      code: 0,
      out: "",
    };
  const run = () => execute("node", [provision, "-i", inventory, "-o", "plain"]);
  return [
    { name: "floor", go: floor },
    { name: "provision", go: run },
  ];
}

/** A contestant that fails, or changes something, is no measure of a run that finds everything in place. */
function check(name, { code, out }) {
  const changed =
    name === "floor"
      ? 0
      : [...out.matchAll(/changed=(\d+)/g)].reduce((sum, match) => sum + Number(match[1]), 0);
  if (code === 0 && changed === 0) return;
  process.stderr.write(`${out}\n`);
  throw new Error(`${name} ended with ${code}, ${changed} changes: not a run without changes`);
}

function print(times, hosts) {
  const median = (name) => [...times.get(name)].sort((a, b) => a - b)[Math.floor(times.get(name).length / 2)];
  const floor = median("floor");
  const ours = median("provision");
  process.stdout.write(
    `\nA run that changes nothing, ${hosts} hosts, median of ${rounds} alternating rounds\n\n`,
  );
  for (const name of times.keys()) {
    const ms = median(name);
    process.stdout.write(
      `  ${name.padEnd(10)} ${(ms / 1000).toFixed(2).padStart(7)} s   ${(ms / floor).toFixed(2).padStart(7)} × the floor   ${(ms / ours).toFixed(1).padStart(6)} × provision\n`,
    );
  }
  process.stdout.write(
    `\n  provision : parallel ssh true   ${(ours / floor).toFixed(2)}   (bar: at most 1.0)\n`,
  );
  if (times.has("ansible"))
    process.stdout.write(
      `  ansible   : provision           ${(median("ansible") / ours).toFixed(1)}   (bar: at least 30)\n`,
    );
}

function hostsOfInventory() {
  const { stdout } = spawnSync("node", [provision, "inventory", "-i", inventory, "--list"], {
    cwd: root,
    encoding: "utf8",
  });
  const { _meta } = JSON.parse(stdout);
  return Object.entries(_meta.hostvars).map(([name, vars]) => ({
    name,
    address: vars.ansible_host,
    key: vars.ansible_ssh_private_key_file,
  }));
}

function ssh({ address, key }, command) {
  const options = [
    "-T",
    "-o",
    "BatchMode=yes",
    "-o",
    "ControlMaster=no",
    "-o",
    "ControlPath=none",
    "-o",
    "UserKnownHostsFile=.provision/lab/known_hosts",
  ];
  return execute("ssh", [...options, "-i", key, `root@${address}`, command]);
}

function execute(program, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      out += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out }));
  });
}

function must(program, args, stdio) {
  if (spawnSync(program, args, { cwd: root, stdio }).status !== 0)
    throw new Error(`${program} ${args.join(" ")} failed`);
}
