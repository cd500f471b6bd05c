import type { AnyRole } from "provision";
import { cacheproxy } from "./cacheproxy/role.ts";
import { common } from "./common/role.ts";
import { etcd } from "./etcd/role.ts";
import { firewall } from "./firewall/role.ts";
import { gunicorn } from "./gunicorn/role.ts";
import { haproxy } from "./haproxy/role.ts";
import { keepalived } from "./keepalived/role.ts";
import { memcached } from "./memcached/role.ts";
import { mysql } from "./mysql/role.ts";
import { nagios } from "./nagios/role.ts";
import { nginx } from "./nginx/role.ts";
import { nrpe } from "./nrpe/role.ts";
import { sidecar } from "./sidecar/role.ts";

const list: readonly AnyRole[] = [
  cacheproxy,
  common,
  etcd,
  firewall,
  gunicorn,
  haproxy,
  keepalived,
  memcached,
  mysql,
  nginx,
  nagios,
  nrpe,
  sidecar,
];

/** All built-in roles, by name. A new one is one file, its templates, and one line in the list above. */
export const roles: ReadonlyMap<string, AnyRole> = new Map(list.map((role) => [role.name, role]));
