import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "provision-page-"));

let last = 0;

/** So many hosts in one line, each with an address of its own. */
function hosts(count: number, name: (number: string) => string): string {
  const digits = String(count).length;
  const all = Array.from({ length: count }, (_, index) => {
    last += 1;
    return [
      name(String(index + 1).padStart(digits, "0")),
      { ansible_host: `10.77.0.${100 + last}` },
    ] as const;
  });
  return JSON.stringify(Object.fromEntries(all));
}

/** Sixty hosts in seven groups. One balancer, so that there is something wrong; some names are long. */
const sixty = `all:
  vars: { keepalived: { addresses: [10.77.0.10/24] }, gunicorn: { database: notes } }
  children:
    balancer:
      vars: { roles: [common, firewall, nrpe, haproxy, keepalived] }
      hosts: ${hosts(1, (n) => `lb${n}`)}
    web:
      vars: { roles: [common, firewall, nrpe, sidecar, nginx] }
      hosts: ${hosts(24, (n) => `web${n}`)}
    app:
      vars: { roles: [common, firewall, nrpe, sidecar, gunicorn] }
      hosts: ${hosts(20, (n) => `app${n}.internal.example.org`)}
    db:
      vars: { roles: [common, firewall, nrpe, etcd, mysql], mysql: { databases: { notes: {} }, users: { notes: { database: notes } } } }
      hosts: ${hosts(3, (n) => `db${n}`)}
    cache:
      vars: { roles: [common, firewall, nrpe, memcached] }
      hosts: ${hosts(10, (n) => `cache${n}`)}
    monitoring:
      vars: { roles: [common, firewall, nrpe, nagios] }
      hosts: ${hosts(2, (n) => `mon${n}`)}
`;

/** Inventories by how many hosts they have. */
export function inventories(): ReadonlyMap<number, string> {
  const path = join(folder, "sixty.yml");
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
