// Writes an Ansible playbook that wants of each host what provision wants of it: read from the manifest that provision
// left there, so that both do the same work. Neighbouring packages, and neighbouring links or folders, are one task: Ansible at its best.
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

export async function writePlaybook(folder, hosts, ssh) {
  const plays = [];
  let count = 0;
  for (const host of hosts) {
    const { out } = await ssh(host, "cat /var/lib/provision/manifest.json");
    const own = [];
    for (const entry of JSON.parse(out).resources) own.push(await tasksFor(entry, host, ssh));
    const merged = mergePackages(own);
    count += merged.length;
    plays.push({ hosts: host.name, gather_facts: false, tasks: merged });
  }
  const playbook = join(folder, "site.yml");
  const hostsFile = join(folder, "hosts.yml");
  // JSON is YAML. One play for all hosts would run them in step; one file a host, included by condition, runs them side by side.
  const included = plays.map(({ hosts: name, tasks: list }) => {
    writeFileSync(join(folder, `${name}.yml`), JSON.stringify(list));
    return name;
  });
  writeFileSync(
    playbook,
    JSON.stringify([
      {
        hosts: "all",
        gather_facts: false,
        strategy: undefined,
        tasks: [{ "ansible.builtin.include_tasks": `${folder}/{{ inventory_hostname }}.yml` }],
      },
    ]),
  );
  const known = resolve(".provision/lab/known_hosts");
  const all = Object.fromEntries(
    hosts.map(({ name, address, key }) => [
      name,
      {
        ansible_host: address,
        ansible_user: "root",
        ansible_ssh_private_key_file: resolve(key),
        ansible_python_interpreter: "/usr/bin/python3",
        ansible_ssh_common_args: `-o UserKnownHostsFile=${known}`,
      },
    ]),
  );
  writeFileSync(hostsFile, JSON.stringify({ all: { hosts: all } }));
  if (included.length !== hosts.length) throw new Error("a host has no tasks");
  return { playbook, hostsFile, tasks: count };
}

/** By kind: what Ansible is asked for. `state` is null for what must not exist. */
const tasks = {
  package: (key, state) => ({ package: key, state: state === null ? "absent" : "present" }),
  directory: (key, state) => ({
    "ansible.builtin.file":
      state === null
        ? { path: key, state: "absent" }
        : { path: key, state: "directory", owner: state.owner, group: state.group, mode: state.mode },
  }),
  link: (key, state) => ({
    "ansible.builtin.file":
      state === null ? { path: key, state: "absent" } : { path: key, state: "link", src: state.target },
  }),
  user: (key, state) => ({
    "ansible.builtin.user":
      state === null
        ? { name: key, state: "absent" }
        : defined({ name: key, home: state.home, shell: state.shell }),
  }),
  group: (key, state) => ({
    "ansible.builtin.group": { name: key, state: state === null ? "absent" : "present" },
  }),
  unit: (key, state) => ({
    "ansible.builtin.systemd": defined({
      name: key,
      state: state?.running === undefined ? undefined : state.running ? "started" : "stopped",
      enabled: state?.enabled,
    }),
  }),
  sysctl: (key) => ({ "ansible.builtin.command": { cmd: `sysctl -n ${key}` }, changed_when: false }),
  exec: () => ({ "ansible.builtin.command": { cmd: "true" }, changed_when: false }),
  // What Ansible's own modules would cost at the least: they log in to the database, too.
  database: () => ({ "ansible.builtin.command": { cmd: "true" }, changed_when: false }),
  account: () => ({ "ansible.builtin.command": { cmd: "true" }, changed_when: false }),
};

const defined = (fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

async function tasksFor({ id, state }, host, ssh) {
  const colon = id.indexOf(":");
  const kind = id.slice(0, colon);
  const key = id.slice(colon + 1);
  if (kind === "file") return fileTask(key, state, host, ssh);
  if (tasks[kind] === undefined) throw new Error(`no task for ${id}`);
  return tasks[kind](key, state);
}

async function fileTask(path, state, host, ssh) {
  if (state === null) return { "ansible.builtin.file": { path, state: "absent" } };
  const { out } = await ssh(host, `base64 -w0 -- '${path.replaceAll("'", "'\\''")}'`);
  const content = Buffer.from(out, "base64").toString("utf8");
  const { owner, group, mode } = state;
  return {
    "ansible.builtin.copy": { dest: path, content: `{% raw %}${content}{% endraw %}`, owner, group, mode },
  };
}

/** All packages of a host in one transaction, as provision installs them. */
function mergePackages(own) {
  const packages = (state) =>
    own.filter((one) => one.package !== undefined && one.state === state).map((one) => one.package);
  const apt = ["present", "absent"]
    .filter((state) => packages(state).length > 0)
    .map((state) => ({ "ansible.builtin.apt": { name: packages(state), state } }));
  return [...apt, ...own.filter((one) => one.package === undefined)];
}
