import { pkg } from "../../src/resources/package.ts";
import { localRepository } from "./law-packages.ts";
import type { Law } from "./laws.ts";

const status = (name: string): string =>
  `$(dpkg-query -W -f "\\\${db:Status-Abbrev}\\\${Version}" ${name} 2>/dev/null)`;
const isDown = (unit: string): string => `! systemctl is-active -q ${unit}`;

/** Laws of the kind package; the first makes the repository that the others need. */
export const packageLaws: readonly Law[] = [
  {
    name: "package: installed from lists that are older than the sources, without what it recommends",
    before: localRepository,
    resources: [pkg("law-demo"), pkg("law-extra", { absent: true })],
    changes: ["package:law-demo[+]"],
    proof: `[ "${status("law-demo")}" = 'ii 2.0' ] && ! dpkg-query -s law-extra`,
  },
  {
    name: "package: pinned down and up again",
    resources: [pkg("law-demo", { version: "1.0" })],
    changes: ["package:law-demo[version]"],
    proof: `[ "${status("law-demo")}" = 'ii 1.0' ]`,
    upsets: [{ shell: "apt-get install -y -q law-demo=2.0", changes: ["package:law-demo[version]"] }],
  },
  {
    name: "package: removed in the same transaction as another is installed; configuration stays",
    before: "apt-get install -y -q --no-install-recommends law-demo; echo edited >/etc/law-demo.conf",
    resources: [pkg("law-demo", { absent: true }), pkg("law-provider")],
    changes: ["-package:law-demo", "package:law-provider[+]"],
    proof: `case "${status("law-demo")}" in rc*) ;; *) exit 1 ;; esac; grep -q edited /etc/law-demo.conf`,
  },
  {
    name: "package: half configured by an interrupted dpkg",
    before: "touch /run/law-fail; ! apt-get install -y -q law-fragile; rm /run/law-fail",
    resources: [pkg("law-fragile")],
    changes: ["package:law-fragile[installed]"],
    proof: `[ "${status("law-fragile")}" = 'ii 1.0' ]`,
  },
  {
    name: "package: held units are not started, others are",
    before: "rm -f /usr/sbin/policy-rc.d",
    resources: [pkg("law-daemon", { heldUnits: ["law-daemon"] }), pkg("law-other-daemon")],
    changes: ["package:law-daemon[+]", "package:law-other-daemon[+]"],
    proof: `${isDown("law-daemon")}; systemctl is-enabled -q law-daemon; systemctl is-active -q law-other-daemon; [ ! -e /usr/sbin/policy-rc.d ]`,
  },
  {
    name: "package: the user's own policy-rc.d is asked meanwhile, and is there afterwards",
    before: `apt-get remove -y -q law-daemon law-other-daemon; printf '#!/bin/sh\\necho "$@" >>/run/law-asked; exit 101\\n' >/usr/sbin/policy-rc.d
chmod 750 /usr/sbin/policy-rc.d; cp -p /usr/sbin/policy-rc.d /run/law-own; rm -f /run/law-asked`,
    resources: [pkg("law-daemon", { heldUnits: ["law-daemon.service"] }), pkg("law-other-daemon")],
    changes: ["package:law-daemon[+]", "package:law-other-daemon[+]"],
    proof: `${isDown("law-daemon")}; ${isDown("law-other-daemon")}; grep -q law-other /run/law-asked; ! grep -q law-daemon /run/law-asked
cmp /run/law-own /usr/sbin/policy-rc.d; [ "$(stat -c %a /usr/sbin/policy-rc.d)" = 750 ]; [ ! -e /usr/sbin/policy-rc.d.provision-saved ]`,
  },
  {
    name: "package: nothing left of the repository",
    resources: ["law-daemon", "law-other-daemon", "law-provider", "law-fragile"].map((name) =>
      pkg(name, { absent: true }),
    ),
    changes: ["law-daemon", "law-other-daemon", "law-provider", "law-fragile"].map(
      (name) => `-package:${name}`,
    ),
    proof: "rm -f /usr/sbin/policy-rc.d; systemctl daemon-reload; systemctl reset-failed",
  },
];
