import { content, defineRole, directory, file, http, pkg, unit, z } from "provision";

/** A tier of caches: it answers repeated requests itself and sends all others to the web servers. */
export const varnish = defineRole({
  name: "varnish",
  tier: "http cache",
  summary: "Varnish in front of all web servers",
  vars: z.strictObject({
    grace: z.int().default(3600).describe("Seconds that an old page is served while no web server answers"),
  }),
  needs: { web: "http" },
  provides: () => ({
    // The port of Debian's unit.
    pages: { port: 6081, health: http("/cache-alive"), redundancy: "balanced" },
  }),
  resources: ({ vars, needs, render }) => {
    const servers = needs.web.map(({ address, port, health }) => {
      return { address, port, path: health.type === "http" ? health.path : "/" };
    });
    const config = file("/etc/varnish/default.vcl", {
      content: render("default.vcl", { ...vars, servers }),
      check: "varnishd -j none -C -f %s",
    });
    // Debian's unit does not start a daemon again that was killed.
    const restart = file("/etc/systemd/system/varnish.service.d/restart.conf", {
      content: content("[Service]\nRestart=always\n"),
    });
    return [
      pkg("varnish", { heldUnits: ["varnish.service"] }),
      directory("/etc/systemd/system/varnish.service.d"),
      restart,
      config,
      unit("varnish.service", { reloadOn: [config], restartOn: [restart] }),
    ];
  },
});
