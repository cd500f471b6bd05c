import { exec } from "../../src/resources/exec.ts";
import { file } from "../../src/resources/file.ts";
import { group } from "../../src/resources/group.ts";
import { sysctl } from "../../src/resources/sysctl.ts";
import { unit } from "../../src/resources/unit.ts";
import { user } from "../../src/resources/user.ts";
import type { Law } from "./laws.ts";
import { packageLaws } from "./package-laws.ts";

const isDown = (unit: string): string => `! systemctl is-active -q ${unit}`;

const accountLaws: readonly Law[] = [
  {
    name: "group and user: numbers, groups, home, shell",
    resources: [
      group("law-g", { gid: 4711, system: true }),
      group("law-h"),
      user("law-u", {
        uid: 4711,
        group: "law-g",
        groups: ["law-h", "adm"],
        home: "/srv/law-u",
        shell: "/bin/sh",
      }),
      user("law-s", { system: true }),
    ],
    changes: ["group:law-g[+]", "group:law-h[+]", "user:law-u[+]", "user:law-s[+]"],
    proof: `[ "$(id law-u)" = "uid=4711(law-u) gid=4711(law-g) groups=4711(law-g),4(adm),$(getent group law-h | cut -d: -f3)(law-h)" ]
[ "$(getent passwd law-u | cut -d: -f6,7)" = /srv/law-u:/bin/sh ]; [ -d /srv/law-u ]; [ ! -e /home/law-s ]
[ "$(id -u law-s)" -lt 1000 ]; [ "$(getent shadow law-u | cut -d: -f2)" = '!' ]`,
    upsets: [
      {
        shell: "gpasswd -a law-u daemon; usermod -s /bin/false law-u",
        changes: ["user:law-u[groups,shell]"],
      },
      { shell: "groupmod -g 4800 law-g", changes: ["group:law-g[gid]"] },
      { shell: "userdel law-u", changes: ["user:law-u[+]"] },
      { shell: "usermod -u 4799 -g daemon -d /srv law-u", changes: ["user:law-u[uid,group,home]"] },
    ],
  },
  {
    name: "user: beside a group of its name, out of all groups",
    before: "groupadd law-v",
    resources: [user("law-v", { groups: [] })],
    changes: ["user:law-v[+]"],
    proof: '[ "$(id -gn law-v)" = law-v ]; [ -d /home/law-v ]',
    upsets: [{ shell: "gpasswd -a law-v adm", changes: ["user:law-v[groups]"] }],
  },
  {
    name: "user and group: absent; homes are kept",
    resources: [
      ...["law-u", "law-s", "law-v", "law-never"].map((name) => user(name, { absent: true })),
      ...["law-g", "law-h", "law-never"].map((name) => group(name, { absent: true })),
    ],
    changes: ["-user:law-u", "-user:law-s", "-user:law-v", "-group:law-g", "-group:law-h"],
    proof:
      "! getent passwd law-u law-s law-v; ! getent group law-g law-h; [ -d /srv/law-u ]; [ -d /home/law-v ]",
  },
];

/** Unit files, in /usr/lib so that they can be masked. */
export const unitFiles = String.raw`
at() { cat >/usr/lib/systemd/system/"$1"; }
printf '[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/sh -c "echo reload >>/run/law-log"\nExecStartPost=/bin/sh -c "echo start >>/run/law-log"\n[Install]\nWantedBy=multi-user.target\nAlias=law-alias.service\n' | at law-a.service
printf '[Service]\nExecStart=/bin/sleep infinity\nExecStartPost=/bin/sh -c "echo start >>/run/law-log"\n' | at law-static.service
printf '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n' | at law-t@.service
printf '[Service]\nType=oneshot\nExecStart=/bin/true\n' | at law-tick.service
printf '[Timer]\nOnCalendar=yearly\n[Install]\nWantedBy=timers.target\n' | at law-tick.timer
printf '[Socket]\nListenStream=/run/law.sock\nService=law-static.service\n[Install]\nWantedBy=sockets.target\n' | at law-sock.socket
printf '[Service]\nExecStart=/bin/sh -c "echo the reason it fails >&2; exit 3"\n[Install]\nWantedBy=multi-user.target\n' | at law-fails.service
printf '[Service]\nType=notify\nTimeoutStartSec=30\nNotifyAccess=all\nExecStart=/bin/sh -c "while [ ! -e /run/law-go ]; do sleep 0.1; done; systemd-notify --ready; exec sleep infinity"\nExecReload=/bin/sh -c "echo reload >>/run/law-log"\n[Install]\nWantedBy=multi-user.target\n' | at law-late.service
mkdir -p /etc/systemd/system/law-a.service.d; printf '[Service]\nNice=2\n' >/etc/systemd/system/law-a.service.d/x.conf
systemctl daemon-reload
rm -f /run/law-log /run/law-go
`;

const unitLaws: readonly Law[] = [
  {
    name: "unit: service, instance, timer, socket, static",
    before: unitFiles,
    resources: [
      unit("law-a"),
      unit("law-t@one.two"),
      unit("law-tick.timer"),
      unit("law-sock.socket"),
      unit("law-static.service", { enabled: "any" }),
    ],
    changes: [
      "unit:law-a[running,enabled]",
      "unit:law-t@one.two[running,enabled]",
      "unit:law-tick.timer[running,enabled]",
      "unit:law-sock.socket[running,enabled]",
      "unit:law-static[running]",
    ],
    proof: `systemctl is-active law-a law-t@one.two law-tick.timer law-sock.socket law-static
systemctl is-enabled law-a law-t@one.two law-tick.timer law-sock.socket`,
    upsets: [
      {
        shell: "systemctl stop law-a law-static",
        changes: ["unit:law-a[running]", "unit:law-static[running]"],
      },
      { shell: "systemctl disable law-a", changes: ["unit:law-a[enabled]"] },
      { shell: "systemctl mask --now law-a", changes: ["unit:law-a[running,enabled,masked]"] },
      { shell: "systemctl mask --runtime --now law-a", changes: ["unit:law-a[running,enabled,masked]"] },
      {
        shell: "systemctl mask law-a; systemctl mask --runtime law-a; systemctl stop law-a",
        changes: ["unit:law-a[running,enabled,masked]"],
      },
      {
        shell:
          "systemctl kill -s KILL law-t@one.two; while systemctl is-active -q law-t@one.two; do sleep 0.1; done",
        changes: ["unit:law-t@one.two[running]"],
      },
      {
        shell: "printf '[Service]\\nNice=1\\n' >/etc/systemd/system/law-a.service.d/x.conf",
        changes: ["unit:law-a[stale]"],
      },
    ],
  },
  {
    name: "unit: under its other name",
    resources: [unit("law-alias")],
    changes: [],
    proof: "systemctl is-active -q law-a",
  },
  {
    name: "unit: down, disabled, masked; one that does not exist is all of that",
    resources: [
      unit("law-a", { running: false, enabled: false }),
      unit("law-t@one.two", { masked: true }),
      unit("law-never", { running: false, enabled: false }),
      unit("law-never-masked", { masked: true }),
    ],
    changes: [
      "unit:law-a[running,enabled]",
      "unit:law-t@one.two[running,enabled,masked]",
      "unit:law-never-masked[masked]",
    ],
    proof: `${isDown("law-a")}; ! systemctl is-enabled -q law-a; [ "$(systemctl is-enabled law-t@one.two)" = masked ]`,
    upsets: [
      { shell: "systemctl mask law-a", changes: [] },
      { shell: "systemctl unmask law-a", changes: [] },
      {
        shell: "systemctl unmask law-t@one.two; systemctl mask --runtime law-t@one.two",
        changes: ["unit:law-t@one.two[masked]"],
      },
    ],
  },
  {
    name: "unit: gone again",
    resources: [
      ...["law-a", "law-t@one.two", "law-static", "law-never-masked"].map((name) =>
        unit(name, { running: false, enabled: "any" }),
      ),
      unit("law-tick.timer", { running: false, enabled: false }),
      unit("law-sock.socket", { running: false, enabled: false }),
    ],
    changes: [
      "unit:law-t@one.two[masked]",
      "unit:law-static[running]",
      "unit:law-never-masked[masked]",
      "unit:law-tick.timer[running,enabled]",
      "unit:law-sock.socket[running,enabled]",
    ],
    proof: `${isDown("law-tick.timer")}; ${isDown("law-sock.socket")}; ${isDown("law-t@one.two")}`,
  },
];

const kernelLaws: readonly Law[] = [
  {
    name: "sysctl: a number, three numbers, an interface with a dot",
    before: "ip link add law.0 type veth peer name law.1; echo 0 >/proc/sys/net/ipv4/ip_nonlocal_bind",
    resources: [
      sysctl("net.ipv4.ip_nonlocal_bind", 1),
      sysctl("net.ipv4.ping_group_range", "10  20"),
      sysctl("net/ipv4/conf/law.0/rp_filter", 2),
    ],
    changes: [
      "sysctl:net.ipv4.ip_nonlocal_bind[value,persistent]",
      "sysctl:net.ipv4.ping_group_range[value,persistent]",
      "sysctl:net.ipv4.conf.law/0.rp_filter[value,persistent]",
    ],
    proof: `[ "$(cat /proc/sys/net/ipv4/ip_nonlocal_bind)$(cat /proc/sys/net/ipv4/conf/law.0/rp_filter)" = 12 ]
grep -qx 'net.ipv4.conf.law/0.rp_filter = 2' /etc/sysctl.d/*law%2F0*.conf`,
    upsets: [
      {
        shell: "echo 0 >/proc/sys/net/ipv4/ip_nonlocal_bind",
        changes: ["sysctl:net.ipv4.ip_nonlocal_bind[value]"],
      },
      {
        shell: "echo '#' >>/etc/sysctl.d/60-provision-net.ipv4.ip_nonlocal_bind.conf",
        changes: ["sysctl:net.ipv4.ip_nonlocal_bind[persistent]"],
      },
    ],
  },
  {
    name: "sysctl: absent",
    resources: [
      "net.ipv4.ip_nonlocal_bind",
      "net.ipv4.ping_group_range",
      "net.ipv4.conf.law/0.rp_filter",
    ].map((key) => sysctl(key, { absent: true })),
    changes: ["net.ipv4.ip_nonlocal_bind", "net.ipv4.ping_group_range", "net.ipv4.conf.law/0.rp_filter"].map(
      (key) => `-sysctl:${key}`,
    ),
    proof: "! ls /etc/sysctl.d/60-provision-* 2>/dev/null; ip link del law.0 2>/dev/null || true",
  },
  {
    name: "exec and file: an order of kinds, as a role has it",
    before: "rm -rf /srv/law-order; mkdir /srv/law-order",
    resources: [
      file("/srv/law-order/a", { content: "3\n" }),
      exec("count", { command: "cp /srv/law-order/a /srv/law-order/b", unless: "[ -e /srv/law-order/b ]" }),
    ],
    changes: ["file:/srv/law-order/a[+]", "exec:count[+]"],
    proof: "cmp /srv/law-order/a /srv/law-order/b",
  },
];

/** Laws of the kinds that need a Debian system which may be changed. Names all begin with `law-`. */
export const systemLaws: readonly Law[] = [...packageLaws, ...accountLaws, ...unitLaws, ...kernelLaws];
