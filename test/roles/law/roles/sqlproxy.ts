import { hostsOf } from "../hosts.ts";
import type { RoleLaw } from "../law.ts";
import { unitsJudge } from "../units.ts";
import { haproxyCheck } from "./haproxy.ts";

export const law: RoleLaw = {
  role: "sqlproxy",
  stack: (vars, size, round) => ({
    ...hostsOf(1, { sqlproxy: vars }, { round, first: 700 }),
    ...hostsOf(size, { mysql: {} }, { round: round + 2 }),
  }),
  judges: [haproxyCheck("/etc/haproxy/sqlproxy.cfg"), unitsJudge],
};
