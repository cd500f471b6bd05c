import { defineRole, directory, file, http, pkg, unit, z } from "provision";

const root = "/srv/site";

/**
 * A web server with one page: a role of this project. It declares the service `http`. The balancers' backends, firewall
 * rules, monitoring and the order of work follow from that.
 */
export const site = defineRole({
  name: "site",
  tier: "web",
  summary: "nginx with one page",
  vars: z.strictObject({
    port: z.int().min(1).max(65535).default(80).describe("TCP port of nginx"),
    title: z.string().min(1).describe("Title of the page"),
    text: z.string().default("").describe("Text of the page"),
  }),
  provides: ({ vars }) => ({
    // HAProxy uses the service `http`. Both members serve; while one is changed, the other must be healthy.
    http: { port: vars.port, health: http("/"), redundancy: "balanced" },
  }),
  // In the order of converging: the package, the files that nginx reads, the unit last.
  resources: ({ host, vars, render }) => {
    const page = render("index.html", { host: host.name, title: vars.title, text: vars.text });
    const config = file("/etc/nginx/nginx.conf", {
      content: render("nginx.conf", { port: vars.port, root }),
      // nginx checks the new file before it replaces the one in use.
      check: "nginx -t -q -c %s",
    });
    return [
      // Do not start nginx before it is configured.
      pkg("nginx-light", { heldUnits: ["nginx.service"] }),
      directory(root),
      file(`${root}/index.html`, { content: page }),
      config,
      unit("nginx.service", { reloadOn: [config] }),
    ];
  },
});
