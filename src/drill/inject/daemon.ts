import type { Script } from "../../model/script.ts";
import type { Endpoint } from "../../model/topology.ts";
import { raw, sh } from "../../script/script.ts";

/** Where the kernel lists the sockets of a protocol, and the state of a listening one there. */
const tables = {
  tcp: { files: ["/proc/net/tcp", "/proc/net/tcp6"], state: "0A" },
  udp: { files: ["/proc/net/udp", "/proc/net/udp6"], state: "07" },
  // Raw sockets: the number of the IP protocol is in the place of the port.
  vrrp: { files: ["/proc/net/raw", "/proc/net/raw6"], state: "07" },
} as const;

/**
 * Prints the unit of the daemon that listens on the port of an endpoint; nothing if there is none. Found over the socket, its
 * process and the process's cgroup, so that no role says which daemon it runs.
 */
export function findUnit({ port, protocol = "tcp" }: Pick<Endpoint, "port" | "protocol">): Script {
  const { files, state } = tables[protocol];
  const local = raw(`*:${port.toString(16).toUpperCase().padStart(4, "0")}`);
  return sh`cat ${files} 2>/dev/null | while read -r _ local _ state _ _ _ _ _ inode _; do
  case $local in ${local}) [ "$state" != ${state} ] || echo "$inode";; esac
done | while read -r inode; do
  find /proc/[0-9]*/fd -maxdepth 1 -lname "socket:?$inode?" 2>/dev/null
done | cut -d/ -f3 | sort -n | uniq | while read -r pid; do
  [ "$pid" = 1 ] || sed -n 's|.*/\\([^/]*\\.service\\)\\(/.*\\)*$|\\1|p' "/proc/$pid/cgroup"
done | head -n 1`;
}

/** What a host may answer: the name of a unit. */
export const unitName = /^[A-Za-z0-9:_.@\\-]{1,200}\.service$/;
