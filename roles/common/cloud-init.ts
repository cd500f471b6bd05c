import { type Content, directory, type Facts, file, type Resource } from "provision";

const templates = "/etc/cloud/templates";

/** What is asked of a host, to know whether cloud-init would take back what the role says. */
export const cloudInitFacts = {
  cloudInit: "if [ -d /etc/cloud/cloud.cfg.d ]; then echo present; fi",
  // What came with the machine wins over every file in /etc/cloud/cloud.cfg.d.
  cloudInitHosts:
    "if [ -d /var/lib/cloud/instance ] && grep -qsE '^manage_etc_hosts: *(true|template)' /var/lib/cloud/instance/cloud-config.txt /var/lib/cloud/instance/vendor-cloud-config.txt; then echo managed; fi",
};

/** What the role decides, which cloud-init would decide again at each boot. */
interface Decided {
  readonly hostname: boolean;
  /** What /etc/hosts is, if the role writes it. */
  readonly hosts: Content | undefined;
}

/**
 * Keeps cloud-init from changing the host's name and /etc/hosts at the next boot. Where the machine's own user data asks
 * for /etc/hosts, no setting can win, so it is given the same text as its template.
 */
export function cloudInit(facts: Facts, { hostname, hosts }: Decided): readonly Resource[] {
  const said = (name: keyof typeof cloudInitFacts): string => facts.role.get(name)?.trim() ?? "";
  if (said("cloudInit") === "") return [];
  const lines = [
    "# Managed by provision: cloud-init leaves alone what it has set.",
    ...(hostname ? ["preserve_hostname: true"] : []),
    ...(hosts === undefined ? [] : ["manage_etc_hosts: false"]),
  ];
  if (lines.length === 1) return [];
  const settings = file("/etc/cloud/cloud.cfg.d/zz-provision.cfg", { content: `${lines.join("\n")}\n` });
  if (hosts === undefined || said("cloudInitHosts") === "") return [settings];
  return [settings, directory(templates), file(`${templates}/hosts.debian.tmpl`, { content: hosts })];
}
