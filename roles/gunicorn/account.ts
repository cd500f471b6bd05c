import { type Facts, group, Refusal, type Resource, user } from "provision";

/**
 * Lists the users and groups of the host, and the user of this login: a user from a directory service is in no file of the
 * host.
 */
export const accountsFact = `while IFS=: read -r name password uid gid words home shell; do echo "user $name $home"; done </etc/passwd
while IFS=: read -r name password gid members; do [ "$gid" -lt 1000 ] && [ -z "$members" ] || echo "group $name"; done </etc/group
[ -z "\${SUDO_USER-}" ] || echo "login $SUDO_USER"`;

/**
 * The application's user and group. An existing user with another home was not made by this role. The role refuses it, because
 * a home below /srv and no shell would lock that user out.
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
  if (known("login") !== undefined) return "is the login user of this host";
  const existing = known("user");
  if (existing === home) return undefined;
  if (existing !== undefined) return `already exists on this host, with the home ${existing}`;
  return known("group") === undefined ? undefined : "is already a group on this host";
}
