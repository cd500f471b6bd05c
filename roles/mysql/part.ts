import type { RoleContext } from "provision";
import { place } from "./place.ts";
import type { Vars } from "./vars.ts";

/** Finds the keeper's port on its host, from its settings; empty where there is none. */
export const keeperPort = `port=$(sed -n 's/.*"read_port": \\([0-9]*\\).*/\\1/p' ${place.settings} 2>/dev/null)`;

/** What a member does: `leader`, `member`, `alone` where it leads a database of one, or `none` where no keeper runs yet. */
export const partFact = `${keeperPort}
if [ -z "$port" ]; then echo none
elif ! curl -q --noproxy '*' -fs --max-time 3 -o /dev/null "http://127.0.0.1:$port/primary"; then echo member
elif [ "$(grep -c '"number"' ${place.settings})" = 1 ]; then echo alone
else echo leader; fi`;

/** What each member does, by the name of its host. */
export const partsOf = (peers: RoleContext<Vars>["peers"]): ReadonlyMap<string, string | undefined> =>
  new Map(peers.map(({ host, facts }) => [host.name, facts?.get("part")]));
