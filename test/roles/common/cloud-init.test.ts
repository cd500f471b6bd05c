import { describe, expect, it } from "vitest";
import { desiredOn, textAt } from "../scenario.ts";

/** What the role `common` wants in /etc/cloud, on a host that tells these facts. */
function cloud(facts: Readonly<Record<string, string>>, vars = {}, name = "web1") {
  const role = new Map(Object.entries({ container: "none", unattendedUpgrades: "", ...facts }));
  const wanted = desiredOn(name, {
    [name]: { address: "10.0.0.11", roles: { common: vars }, facts: { role } },
  });
  return { wanted, keys: wanted.map(({ key }) => key).filter((key) => key.startsWith("/etc/cloud/")) };
}

const settings = "/etc/cloud/cloud.cfg.d/zz-provision.cfg";

describe("cloud-init", () => {
  it("is nobody's business where it is not", () => {
    expect(cloud({}).keys).toEqual([]);
    expect(cloud({ cloudInit: "" }).keys).toEqual([]);
  });

  it("leaves alone what the role has set, before the role sets it, and no more", () => {
    const text = (vars: object, name?: string): string =>
      textAt(settings, cloud({ cloudInit: "present\n" }, vars, name).wanted);
    expect(text({})).toMatch(/^preserve_hostname: true\nmanage_etc_hosts: false$/m);
    expect(text({ hostsFile: false })).not.toContain("manage_etc_hosts");
    expect(text({}, "10.0.0.11")).not.toContain("preserve_hostname");
    expect(cloud({ cloudInit: "present" }, { hostsFile: false }, "10.0.0.11").keys).toEqual([]);
    const keys = cloud({ cloudInit: "present" }).wanted.map(({ key }) => key);
    expect(keys.indexOf(settings)).toBeLessThan(keys.indexOf("/etc/hosts"));
  });

  it("gets our text as its template where the machine's user data want /etc/hosts", () => {
    const { keys, wanted } = cloud({ cloudInit: "present", cloudInitHosts: "managed" });
    const template = "/etc/cloud/templates/hosts.debian.tmpl";
    expect(keys).toContain(template);
    expect(textAt(template, wanted)).toBe(textAt("/etc/hosts", wanted));
    expect(cloud({ cloudInit: "present", cloudInitHosts: "managed" }, { hostsFile: false }).keys).toEqual([
      settings,
    ]);
  });
});
