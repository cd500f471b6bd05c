import { needProgram } from "../../daemon.ts";
import { halving, put, run, sheetAt } from "../ask.ts";
import { hostsOf } from "../hosts.ts";
import type { Judge, RoleLaw } from "../law.ts";

const path = "/etc/nftables.d/provision.nft";

/** In a network of its own, so that this machine's rules are neither read nor touched. Many rulesets are one transaction. */
const nftCheck: Judge = {
  name: "nft",
  sheets: sheetAt(path),
  ask: (sheets, folder) => {
    needProgram("nft", "nftables");
    return halving(sheets, async (some) => {
      const file = put(folder, "rules", some.map((sheet) => sheet.get(path)).join("\n"));
      const apart = process.getuid?.() === 0 ? ["-n"] : ["-rn"];
      const { code, words } = await run("unshare", [...apart, "nft", "-c", "-f", file]);
      return code === 0 ? undefined : words.slice(0, 600);
    });
  },
};

export const law: RoleLaw = {
  role: "firewall",
  stack: (vars, size, round) => ({
    ...hostsOf(1, { firewall: vars, sidecar: {}, nginx: {}, nrpe: {}, memcached: {} }, { round, first: 700 }),
    ...hostsOf(size, { gunicorn: {} }, { round: round + 2 }),
    ...hostsOf(size, { haproxy: {} }, { round: round + 4, first: 400 }),
  }),
  judges: [nftCheck],
};
