import { networkInterfaces } from "node:os";
import type { HostSpec } from "../../scenario.ts";
import { fileJudge } from "../ask.ts";
import { hostsOf } from "../hosts.ts";
import type { RoleLaw } from "../law.ts";
import { unitsJudge } from "../units.ts";

/** keepalived looks whether there is such an interface, and takes no loopback. */
function realInterface(): string {
  const found = Object.entries(networkInterfaces()).find(([, all = []]) =>
    all.some(({ internal }) => !internal),
  );
  if (found === undefined) throw new Error("this machine has no network interface beside its loopback");
  return found[0];
}

const keepalivedTest = fileJudge({
  name: "keepalived",
  package: "keepalived",
  path: "/etc/keepalived/keepalived.conf",
  args: (path) => ["--config-test", "-f", path],
  moved: (text) =>
    text
      .replaceAll("notify /etc/keepalived/notify", "notify /bin/true")
      .replaceAll("/usr/lib/provision/keepalived-answers", "/bin/true"),
});

const here = realInterface();

export const law: RoleLaw = {
  role: "keepalived",
  stand: {
    interface: [here],
    "instances.*.interface": [here],
    onChange: ["", "logger x\n"],
    preferred: ["h700"],
    "instances.*.preferred": ["h700", "h700", "h700", "nobody"],
  },
  stack: (vars, size, round) => {
    // All hosts are of the family of what they hold.
    const v6 = /^\{[^\]]*"addresses":\["[0-9a-f]*:/i.test(JSON.stringify(vars));
    const place = (n: number): string => (v6 ? `2001:db8::${n + 1}` : `10.2.${n >> 8}.${n & 255}`);
    const addresses = [
      { interface: "lo", address: "127.0.0.1", prefix: 8 },
      { interface: here, address: place(0), prefix: 24 },
    ];
    const balancers = Array.from({ length: round % 2 === 0 ? 2 : size }, (_, n): [string, HostSpec] => [
      `h${700 + n}`,
      { address: place(n), roles: { keepalived: vars, haproxy: {} }, facts: { addresses } },
    ]);
    return {
      ...Object.fromEntries(balancers),
      ...hostsOf(1, { sidecar: {}, nginx: {}, gunicorn: {} }, { round: round + 2 }),
    };
  },
  judges: [keepalivedTest, unitsJudge],
};
