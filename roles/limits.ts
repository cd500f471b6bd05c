import { type Facts, Refusal } from "provision";

/**
 * The number of files that a daemon of the host may open: the kernel's limit for a process (`fs.nr_open`), or less if root
 * cannot raise the limit of a container. (`read` does not work: the shell reads byte by byte, and this file returns only its
 * first byte.)
 */
export const openFilesFact = `most=$(cat /proc/sys/fs/nr_open); (ulimit -n "$most") 2>/dev/null || most=$(ulimit -Hn); echo "$most"`;

/** Refuses a value for which the daemon would need more open files than the host allows: it would not start, or use less. */
export function needOpenFiles({ role }: Facts, wanted: number, variable: string): void {
  const most = Number.parseInt(role.get("openFiles") ?? "", 10);
  if (!(most < wanted)) return;
  throw new Refusal(
    `\`${variable}\` needs ${wanted} open files, but this host allows a process ${most} (fs.nr_open, or the limit of its container). Lower it, or raise the host's limit`,
  );
}

/**
 * Whether enough of memcached's open files (`-c`) are left for connections. Tried with 1.6.18 and 1.6.38: each thread uses 5
 * of them, 7 in a proxy, and the daemon itself some more.
 */
export const enoughForThreads = ({
  connections,
  threads,
}: {
  readonly connections: number;
  readonly threads: number;
}): boolean => connections >= 16 + 8 * threads;

/** The message for too few connections. */
export const tooFewForThreads = {
  path: ["connections"],
  message: "must be at least 16, plus 8 for each of `threads`: memcached's threads use some of them",
};
