// The rooms of the source: which may import which, and what each is for. docs/architecture.md shows it, a test holds it.

/** From the bottom: a room imports from the rooms of lower layers only. */
export const layers = [
  ["model"],
  ["base"],
  ["script"],
  ["plan", "resources", "role", "template", "secrets", "transport"],
  ["cluster"],
  ["report", "run", "lab", "inventory", "topology"],
  ["cli"],
];

/** Every folder of src/ and roles/, in the order of the page. */
export const rooms = {
  "src/cli":
    "`program.ts` lists the commands, `start.ts` ends the process; what a small command does is in a file of its name",
  "src/cli/commands": "one file a command: its options and help",
  "src/cli/run": "apply, plan and check: options, saved plans, interrupts, the cache of facts",
  "src/cli/move": "switchover and failover",
  "src/cli/project": "inventory, roles and templates become one project; the guard around roles",
  "src/cli/secrets": "encrypt, decrypt, edit, rekey, recipients",
  "src/cli/lab": "the lab's commands",
  "src/cli/completion": "one table of all options, and a printer for each shell",
  "src/model": "types that all rooms share; no code",
  "src/base":
    "what every room stands on: results, failures of roles, addresses, texts, lists in words, work on many hosts",
  "src/inventory": "`read.ts`: from paths to an inventory, or all errors",
  "src/inventory/parse": "texts become values with places: YAML, JSON, INI",
  "src/inventory/resolve": "groups, files of variables, precedence, templates, limits",
  "src/inventory/check": "connections, variables of roles, slips, the JSON Schema",
  "src/inventory/ansible-config": "what of `ansible.cfg` and the environment counts",
  "src/topology": "services, endpoints, order, redundancy, flaws; pure",
  "src/resources": "one file a kind, the list of them (`kinds.ts`), and what kinds share",
  "src/resources/sql": "the kinds inside a database",
  "src/role": "what the author of a role writes with",
  "src/plan": "desired, observed and manifest become a plan; the guard; saved plans; pure",
  "src/run": "`run.ts` tells the story of a run, `input.ts` what it is made of",
  "src/run/connect": "logins, locks, facts",
  "src/run/observe": "what roles want, what a host has, its plan",
  "src/run/converge": "changes on one host, their undo, the manifest",
  "src/run/rollout": "stages and batches: floors, drains, gates, order among members",
  "src/cluster": "asking the keepers of a service: who leads, please hand over",
  "src/script": "quoting and framing of POSIX sh; pure",
  "src/template": "Handlebars, strict, with the line that made each line",
  "src/secrets": "age, generated passwords and certificates, redaction",
  "src/transport": "sessions with hosts: sudo, host keys, limits, deadlines",
  "src/transport/ssh": "by node-ssh: ssh_config, keys, jumps",
  "src/transport/openssh": "by the `ssh` of the machine",
  "src/report": "what is shown of a run: plain text, plans, failures, `explain`, Nagios",
  "src/report/plain": "lines of text, as they come",
  "src/report/pretty": "the terminal: a row a stage",
  "src/report/json": "events for programs",
  "src/report/diagram": "pictures and pages of a stack and of a run",
  "src/lab": "test hosts on this machine",
  "src/lab/nspawn": "as containers of systemd",
  "src/lab/vagrant": "as virtual machines",
};
