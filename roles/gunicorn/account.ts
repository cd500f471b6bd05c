import { type Facts, group, Refusal, type Resource, user } from "provision";

/**
 * Lists the users and groups of the host, and the user that this login is: one that comes from a directory is in no file of
 * the host.
 */
export const accountsFact = `while IFS=: read -r name password uid gid words home shell; do echo "user $name $home"; done </etc/passwd
while IFS=: read -r name password gid members; do [ "$gid" -lt 1000 ] && [ -z "$members" ] || echo "group $name"; done </etc/group
[ -z "\${SUDO_USER-}" ] || echo "login $SUDO_USER"`;

/**
 * The application's user and group. A user that is there already, and that this role has not made (another home says so), is
 * somebody's: with a home below /srv and no shell that one would be locked out.
 */
export function ownAccount(name: string, home: string, facts: Facts): readonly Resource[] {
  const taken = takenOn(name, home, facts.role.get("accounts") ?? "");
  if (taken !== undefined)
    throw new Refusal(
      `\`${name}\` ${taken}. The application needs a user of its own. Give \`gunicorn.name\` another name`,
    );
  return [
    group(name, { system: true }),
    user(name, { system: true, group: name, home, shell: "/usr/sbin/nologin" }),
  ];
}

function takenOn(name: string, home: string, fact: string): string | undefined {
  const lines = fact.split("\n").map((line) => line.split(" "));
  const known = (type: string): string | undefined =>
    lines
      .find(([kind, one]) => kind === type && one === name)
      ?.slice(2)
      .join(" ");
  if (known("login") !== undefined) return "is the user that logs in to this host";
  const existing = known("user");
  if (existing === home) return undefined;
  if (existing !== undefined) return `is a user of this host already, with the home ${existing}`;
  return known("group") === undefined ? undefined : "is a group of this host already";
}
