import type { AnyRole } from "provision";
import { cacheproxy } from "./cacheproxy.ts";
import { common } from "./common.ts";
import { firewall } from "./firewall.ts";
import { gunicorn } from "./gunicorn.ts";
import { haproxy } from "./haproxy.ts";
import { keepalived } from "./keepalived.ts";
import { memcached } from "./memcached.ts";
import { mysql } from "./mysql.ts";
import { nagios } from "./nagios.ts";
import { nginx } from "./nginx.ts";
import { nrpe } from "./nrpe.ts";
import { sqlproxy } from "./sqlproxy.ts";

const list: readonly AnyRole[] = [
  cacheproxy,
  common,
  firewall,
  gunicorn,
  haproxy,
  keepalived,
  memcached,
  mysql,
  nginx,
  nagios,
  nrpe,
  sqlproxy,
];

/** All built-in roles, by name. A new one is one file, its templates, and one line in the list above. */
export const roles: ReadonlyMap<string, AnyRole> = new Map(list.map((role) => [role.name, role]));
