import { networkInterfaces } from "node:os";
import { fileJudge } from "../ask.ts";
import { addressOf, hostsOf } from "../hosts.ts";
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
  moved: (text) => text.replaceAll("notify /etc/keepalived/notify", "notify /bin/true"),
});

const here = realInterface();

export const law: RoleLaw = {
  role: "keepalived",
  stand: {
    interface: [here],
    "instances.*.interface": [here],
    onChange: ["", "logger x\n"],
    preferred: ["h700"],
    "instances.*.preferred": ["h700", "nobody"],
  },
  stack: (vars, size, round) => ({
    ...hostsOf(
      round % 2 === 0 ? 2 : size,
      { keepalived: vars, haproxy: {} },
      {
        round: 1,
        first: 700,
        more: {
          facts: {
            addresses: [
              { interface: "lo", address: "127.0.0.1", prefix: 8 },
              { interface: here, address: addressOf(700), prefix: 24 },
            ],
          },
        },
      },
    ),
    ...hostsOf(1, { nginx: {}, gunicorn: {} }, { round: round + 2 }),
  }),
  judges: [keepalivedTest, unitsJudge],
};
