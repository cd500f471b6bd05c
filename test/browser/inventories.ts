import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "provision-page-"));

/** Sixty hosts in seven groups. One balancer, so that there is something wrong; some names are long. */
const sixty = `all:
  vars: { keepalived: { addresses: [10.77.0.10/24] }, gunicorn: { database: notes } }
  children:
    balancer:
      vars: { roles: [common, firewall, nrpe, haproxy, keepalived] }
      hosts: { "lb1": {} }
    web:
      vars: { roles: [common, firewall, nrpe, nginx] }
      hosts: { "web[01:24]": {} }
    app:
      vars: { roles: [common, firewall, nrpe, sqlproxy, gunicorn] }
      hosts: { "app[01:20].internal.example.org": {} }
    db:
      vars: { roles: [common, firewall, nrpe, mysql], mysql: { databases: { notes: {} }, users: { notes: { database: notes } } } }
      hosts: { "db[1:3]": {} }
    cache:
      vars: { roles: [common, firewall, nrpe, memcached] }
      hosts: { "cache[01:10]": {} }
    monitoring:
      vars: { roles: [common, firewall, nrpe, nagios] }
      hosts: { "mon[1:2]": {} }
`;

/** Inventories by how many hosts they have. */
export function inventories(): ReadonlyMap<number, string> {
  const path = join(folder, "sixty.yml");
  // Addresses, since ranges of names have none of their own.
  writeFileSync(path, sixty);
  return new Map([
    [4, join(root, "inventories/small.yml")],
    [13, join(root, "inventories/lab.yml")],
    [60, path],
  ]);
}

/** Where pages and screenshots of the tests stand. */
export const pages = folder;

/** Takes them away. Screenshots that somebody asked for stand elsewhere. */
export function removePages(): void {
  rmSync(folder, { recursive: true, force: true });
}
