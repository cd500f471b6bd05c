import { hostsOf } from "../hosts.ts";
import type { RoleLaw } from "../law.ts";
import { unitsJudge } from "../units.ts";
import { haproxyCheck } from "./haproxy.ts";

export const law: RoleLaw = {
  role: "sidecar",
  stand: {
    "ports.NAME": ["wsgi-local", "sql-writer", "sql-reader"],
  },
  // Ways to app servers, to the leader and to the copies of a database.
  stack: (vars, size, round) => ({
    ...hostsOf(1, { sidecar: vars, nginx: {}, gunicorn: { database: "shop" } }, { round, first: 700 }),
    ...hostsOf(size, { gunicorn: {} }, { round: round + 2 }),
    ...hostsOf(
      size,
      { mysql: { databases: { shop: {} }, users: { shop: {} } } },
      { round: round + 4, first: 400 },
    ),
  }),
  judges: [haproxyCheck("/etc/haproxy/sidecar.cfg"), unitsJudge],
};
