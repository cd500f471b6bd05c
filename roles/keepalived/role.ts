import {
  type Check,
  command,
  content,
  defineRole,
  directory,
  file,
  pkg,
  type Resource,
  type RoleContext,
  unit,
} from "provision";
import { programFile } from "../program-file.ts";
import { bare, sameAddress } from "./address.ts";
import { type Asked, askedOn, program, programs, source } from "./answers.ts";
import { floatingOf, groupsOf, instancesOf } from "./instances.ts";
import { objectionsTo } from "./objections.ts";
import { followFile, releasing, wordOf } from "./release.ts";
import { type Vars, vars } from "./vars.ts";

type Context = RoleContext<Vars, "peers" | "web">;

const service = "keepalived.service";
const answersProgram = `${programs}/${program}`;
const notifyPath = "/etc/keepalived/notify";

/** Floating addresses: a healthy host of the role holds them. */
export const keepalived = defineRole({
  name: "keepalived",
  tier: "balancer",
  summary: "Floating addresses (VRRP): they move away from a host that dies, or whose service dies",
  vars,
  needs: { peers: "vip" },
  // So that the service runs before the address leads to it.
  wants: { web: "web" },
  provides: ({ vars }) => ({
    vip: {
      port: 112,
      protocol: "vrrp",
      redundancy: "standby",
      floating: floatingOf(vars),
      // Only root can read keepalived's files.
      health: command(healthOf(vars), { root: true }),
      failover: failoverOf(vars),
      survives: { pause: { stopped: 0.2 }, breaks: "requests" },
    },
  }),
  checks: ({ vars }) => [...floatingOf(vars).map(holderCheck), watchesCheck],
  draining: { web: releasing },
  objections: objectionsTo,
  assets: () => [source],
  peerFacts: {
    // Every address of the host, without lifetimes, because those change all the time.
    vip: 'ip -o addr show scope global 2>/dev/null | while read -r n name family address rest; do echo "$address"; done',
  },
  // Hosts without an address are changed first; the holder follows when another host is healthy.
  rank: ({ host, vars, peers }) => {
    const reported = peers.find((peer) => peer.host.name === host.name)?.facts?.get("vip") ?? "";
    const own = reported.split("\n").map((line) => bare(line.trim()));
    return floatingOf(vars).filter((one) => own.some((address) => sameAddress(one, address))).length;
  },
  resources: (context) => {
    const { vars, host, render, asset } = context;
    const instances = instancesOf(context);
    const follow = followed(context);
    const asked = askedOn(context);
    const notify = file(notifyPath, {
      content: render("notify.sh", { onChange: vars.onChange.trimEnd() }),
      mode: "0755",
      check: "sh -n %s",
    });
    const config = file("/etc/keepalived/keepalived.conf", {
      content: render("keepalived.conf", {
        host: host.name,
        instances,
        follow,
        asked,
        answers: answersProgram,
        notify: notifyPath,
        activeActive: vars.addresses.length === 0,
        preemptDelay: vars.preemptDelay,
        advertInterval: vars.advertInterval,
      }),
      check: "keepalived --config-test -f %s",
    });
    const own = dropIn(service, "provision.conf", render("drop-in.conf", { follow }));
    const others = follow.flatMap(({ unit: name, path }) =>
      dropIn(name, "keepalived.conf", render("follow.conf", { path })),
    );
    const files = [...own, ...others].filter(({ kind }) => kind === "file");
    return [
      pkg("keepalived", { heldUnits: [service] }),
      ...(asked.length === 0 ? [] : answering(asset, asked)),
      notify,
      ...own,
      ...others,
      config,
      unit(service, { reloadOn: [config], restartOn: files }),
    ];
  },
});

/** The program with which keepalived asks, and whom. */
const answering = (asset: Context["asset"], asked: readonly Asked[]): readonly Resource[] => [
  pkg("curl"),
  directory(programs),
  file(answersProgram, { content: programFile(asset, source, program), mode: "0755" }),
  ...asked.map(({ file: path, lines }) => file(path, { content: content(`${lines.join("\n")}\n`) })),
];

/** Healthy: it runs, and no group has a fault. A file on the host has the last state of each group. */
function healthOf(vars: Vars): string {
  const running = "systemctl is-active --quiet keepalived";
  const states = groupsOf(vars).map(({ name }) => `/run/keepalived/${name}.state`);
  if (states.length === 0) return running;
  return `${running} && said=$(cat ${states.join(" ")}) && echo "$said" && case $said in *FAULT*) false ;; esac`;
}

/** A unit whose end makes this host release its addresses, and the file that records its state. */
interface Followed {
  readonly unit: string;
  readonly name: string;
  readonly path: string;
}

/** By default, a role that provides `web` runs in a unit with the role's name. */
function followed({ vars, needs, host }: Context): readonly Followed[] {
  const web = needs.web.filter((endpoint) => endpoint.host === host.name).map(({ role }) => role);
  const names = (vars.follow ?? web).map((given) => given.replace(/\.service$/, ""));
  return [...new Set(names)].map((name) => ({
    unit: `${name}.service`,
    name: `follow-${wordOf(name)}`,
    path: followFile(name),
  }));
}

function dropIn(of: string, name: string, content: ReturnType<Context["render"]>): readonly Resource[] {
  const folder = `/etc/systemd/system/${of}.d`;
  return [directory(folder), file(`${folder}/${name}`, { content })];
}

function holderCheck(address: string): Check {
  return {
    name: `holder-of-${address.replaceAll(/[^\da-f]/gi, "-")}`,
    summary: `exactly one host holds ${address}`,
    // `ip` prints the canonical form, and `address` has this form too.
    command: `if ip -o addr show | grep -qiF ' ${address}/'; then echo 'this host holds ${address}'; else echo 'another host holds ${address}, or none'; exit 2; fi`,
    exactly: 1,
  };
}

/**
 * If the kernel has no free inotify instance (`fs.inotify.max_user_instances`), keepalived reports it once in its log, and
 * then does not notice when a service dies.
 */
const watchesCheck: Check = {
  name: "watches",
  summary: "keepalived notices when a service dies that the addresses depend on",
  command: `if ! grep -qs '^track_file' /etc/keepalived/keepalived.conf; then echo 'keepalived follows no service'; exit 0; fi
for file in /run/vrrp.pid /run/keepalived/vrrp.pid; do
  if read -r pid 2>/dev/null <"$file" && find "/proc/$pid/fd" -lname anon_inode:inotify | grep -q .; then echo 'keepalived watches its services'; exit 0; fi
done
echo 'keepalived does not watch the services it follows: is fs.inotify.max_user_instances used up?'
exit 2`,
  root: true,
};

/** Measured with adverts every 0.2 s: 0.51 to 0.62 s after the loss of a host, at most 0.15 s after its balancer was killed. */
function failoverOf(vars: Vars): string {
  const lost = (vars.advertInterval * 3 + 0.02).toFixed(1);
  const how =
    groupsOf(vars).length > 1 ? "Its addresses move to another host" : "The address moves to another host";
  return `${how} about ${lost} s after the host dies, and within 0.2 s after its balancer dies; open connections break.`;
}
