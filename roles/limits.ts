import { type Facts, Refusal } from "provision";

/**
 * How many files a daemon of the host may have open at the most: what the kernel allows each process (`fs.nr_open`), or less,
 * where root cannot raise the limit that a container was given. (`read` would not do: the shell reads byte by byte, and this file
 * gives its first byte only.)
 */
export const openFilesFact = `most=$(cat /proc/sys/fs/nr_open); (ulimit -n "$most") 2>/dev/null || most=$(ulimit -Hn); echo "$most"`;

/** Stops the role in words where its daemon would need more open files than the host allows, and would not start, or take less. */
export function needOpenFiles({ role }: Facts, wanted: number, variable: string): void {
  const most = Number.parseInt(role.get("openFiles") ?? "", 10);
  if (!(most < wanted)) return;
  throw new Refusal(
    `\`${variable}\` needs ${wanted} open files, and this host allows a process ${most} (fs.nr_open, or the limit of its container). Lower it, or raise the host's limit`,
  );
}

/**
 * What memcached's threads leave of the files it may open: it takes `-c` for all of them. Tried with 1.6.18 and
 * 1.6.38: each thread has 5 of them, 7 in a proxy, beside some of its own.
 */
export const enoughForThreads = ({
  connections,
  threads,
}: {
  readonly connections: number;
  readonly threads: number;
}): boolean => connections >= 16 + 8 * threads;

/** The same in words. */
export const tooFewForThreads = {
  path: ["connections"],
  message:
    "must be at least 16, and 8 more for each of `threads`: memcached counts the files of its threads among them",
};
