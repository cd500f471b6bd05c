import { type Content, directory, type Facts, file, type Resource } from "provision";

const templates = "/etc/cloud/templates";

/** Facts that tell whether cloud-init would undo the role's settings. */
export const cloudInitFacts = {
  cloudInit: "if [ -d /etc/cloud/cloud.cfg.d ]; then echo present; fi",
  // User data and vendor data override every file in /etc/cloud/cloud.cfg.d.
  cloudInitHosts:
    "if [ -d /var/lib/cloud/instance ] && grep -qsE '^manage_etc_hosts: *(true|template)' /var/lib/cloud/instance/cloud-config.txt /var/lib/cloud/instance/vendor-cloud-config.txt; then echo managed; fi",
};

/** Settings of the role that cloud-init would change at each boot. */
interface Decided {
  readonly hostname: boolean;
  /** The text of /etc/hosts, if the role writes it. */
  readonly hosts: Content | undefined;
}

/**
 * Keeps cloud-init from changing the host's name and /etc/hosts at the next boot. Where the machine's user data manage
 * /etc/hosts, no setting overrides them, so cloud-init's template gets the same text.
 */
export function cloudInit(facts: Facts, { hostname, hosts }: Decided): readonly Resource[] {
  const said = (name: keyof typeof cloudInitFacts): string => facts.role.get(name)?.trim() ?? "";
  if (said("cloudInit") === "") return [];
  const lines = [
    "# Managed by provision: cloud-init must not change these settings.",
    ...(hostname ? ["preserve_hostname: true"] : []),
    ...(hosts === undefined ? [] : ["manage_etc_hosts: false"]),
  ];
  if (lines.length === 1) return [];
  const settings = file("/etc/cloud/cloud.cfg.d/zz-provision.cfg", { content: `${lines.join("\n")}\n` });
  if (hosts === undefined || said("cloudInitHosts") === "") return [settings];
  return [settings, directory(templates), file(`${templates}/hosts.debian.tmpl`, { content: hosts })];
}
