import { domain, hostAndPort, network, port } from "provision";
import { z } from "zod";

const notAName = "letters, digits, - and _ only";
const name = z.string().regex(/^[A-Za-z0-9][\w-]{0,40}$/, notAName);
const path = z.string().regex(/^\/[\w./~%+-]*$/, "a path like /healthz");
const balance = z
  .enum(["leastconn", "roundrobin", "source", "first"])
  .default("leastconn")
  .describe("How a server is chosen for a request");
const serverList = z.record(name, hostAndPort).optional().describe("Servers: name → HOST:PORT");
const service = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, "not the name of a service")
  .optional()
  .describe(
    "A service of the inventory, whose endpoints are the servers. Its own hosts' firewall does not know of this use: open it there",
  );

/** One source of servers, not none and not two. */
function oneSource(given: { readonly service?: unknown; readonly servers?: unknown }): boolean {
  return (given.service === undefined) !== (given.servers === undefined);
}
const oneSourceOnly = "give `service` or `servers`, one of them";

const check = z
  .strictObject({
    path: path
      .optional()
      .describe("Path that is asked for. Left out: a server that takes connections is well"),
    status: z.int().min(100).max(599).default(200).describe("Status that it must answer with"),
    port: port.optional().describe("Port that is asked, where it is not the server's own"),
  })
  .optional()
  .describe("How a server is found well. Default: as the service says, else by connecting");

const backend = z
  .strictObject({ service, servers: serverList, check, balance })
  .refine(oneSource, oneSourceOnly);

const route = z
  .strictObject({
    hosts: z.array(domain).default([]).describe("Host names; *.example.org is all names below it. None: any"),
    path: path.optional().describe("What the path begins with. Left out: any"),
    backend: name.describe("The backend that takes these requests"),
  })
  .refine(
    ({ hosts, path }) => hosts.length > 0 || path !== undefined,
    "give `hosts` or `path`: a route that takes everything leaves nothing to the others",
  );

const listener = z
  .strictObject({
    port: port.describe("TCP port it listens on"),
    networks: z
      .array(network)
      .min(1)
      .describe("Who may connect: addresses or networks. `0.0.0.0/0` is everybody"),
    service,
    servers: serverList,
    check,
    balance,
    idleSeconds: z
      .int()
      .min(1)
      .max(7 * 86_400)
      .default(3600)
      .describe("Seconds until a silent connection is closed"),
  })
  .refine(oneSource, oneSourceOnly);

const certificate = z.strictObject({
  certificate: z
    .string()
    .min(1)
    .describe("The certificate and its chain: PEM, or a file of the project that holds it"),
  key: z
    .string()
    .min(1)
    .describe("Its private key: PEM (as a `!secret` value), or a file of the project that holds it"),
});

const status = z.strictObject({
  port: port
    .default(8404)
    .describe("TCP port of the status page (`/`) and of Prometheus metrics (`/metrics`)"),
  networks: z
    .array(network)
    .default([])
    .describe("Who may look, beside the host itself. None: it listens on loopback only"),
  user: name.optional().describe("User who must log in. Needs `password`"),
  password: z
    .string()
    .regex(
      /^[\w.:,;+*/=@%^~-]{8,}$/,
      "8 characters or more: letters, digits, and . : , ; + * / = @ % ^ ~ - _",
    )
    .optional()
    .describe("Password of that user"),
});

const milliseconds = (most: number, value: number, what: string) =>
  z.int().min(10).max(most).default(value).describe(`Milliseconds ${what}`);

const timeouts = z.strictObject({
  connect: milliseconds(60_000, 1000, "until a server must have taken a connection"),
  client: milliseconds(3_600_000, 30_000, "a client may be silent"),
  server: milliseconds(3_600_000, 30_000, "a server may be silent; a GET then goes to another one"),
  request: milliseconds(600_000, 10_000, "until the head of a request must be there"),
  queue: milliseconds(600_000, 5000, "a request may wait for a server that has room"),
  check: milliseconds(60_000, 500, "until a server must have answered a health check"),
  tunnel: milliseconds(86_400_000, 3_600_000, "a WebSocket may be silent"),
});

const lines = (what: string) =>
  z.string().default("").describe(`Lines of HAProxy configuration of your own, at the end of ${what}`);

const config = z.strictObject({
  global: lines("the section `global`"),
  defaults: lines("the section `defaults` of http"),
  frontend: lines("the frontend that users reach"),
  backend: lines("each http backend"),
  sections: lines("the file: whole sections"),
});

/** The variables of the role haproxy. */
export const vars = z
  .strictObject({
    port: port.default(443).describe("TCP port it serves https on, on all addresses"),
    redirectPort: z
      .int()
      .min(0)
      .max(65535)
      .default(80)
      .describe("TCP port whose requests are sent on to https; 0 is none"),
    serverNames: z
      .array(domain)
      .default([])
      .describe("Host names that users type; the certificate that is made where none is given bears them"),
    certificates: z
      .record(name, certificate)
      .default({})
      .describe(
        "Certificates: name → certificate and key. The first is for clients that name no host. None: one is made, signed by itself",
      ),
    hsts: z
      .int()
      .min(0)
      .default(0)
      .describe(
        "Seconds for which browsers shall refuse plain http (Strict-Transport-Security); 0: not said",
      ),
    trustedProxies: z
      .array(network)
      .default([])
      .describe(
        "Addresses or networks of proxies in front of this one, whose X-Forwarded-For, -Host and -Port are kept",
      ),
    service: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/, "not the name of a service")
      .default("http")
      .describe(
        "The service that takes what no route sends elsewhere: `http`, the web servers, or that of a tier in front of them",
      ),
    balance,
    backends: z
      .record(name, backend)
      .default({})
      .describe("More http backends, beside the one of `service` (which is named `http`), for `routes`"),
    routes: z
      .array(route)
      .default([])
      .describe("Which requests go to which backend; the first that fits. The rest goes to `service`"),
    tcp: z.record(name, listener).default({}).describe("TCP listeners: name → port and servers"),
    status: status.prefault({}).describe("Status page and metrics"),
    maxConnections: z
      .int()
      .min(100)
      .max(1_000_000)
      .default(5000)
      .describe("Connections at the same time, each of which takes two file descriptors"),
    reloadGrace: z
      .int()
      .min(1)
      .max(86_400)
      .default(30)
      .describe(
        "Seconds that requests under way at a reload are given to end; downloads and WebSockets may need more",
      ),
    slowStart: z
      .int()
      .min(0)
      .max(3600)
      .default(10)
      .describe("Seconds over which a server that came back is given more and more requests"),
    timeouts: timeouts.prefault({}).describe("How long what may take"),
    config: config.prefault({}).describe("What has no variable"),
  })
  .refine(
    ({ status: { user, password } }) => (user === undefined) === (password === undefined),
    "`status.user` and `status.password` go together",
  )
  .refine(
    ({ backends, routes }) => routes.every((one) => one.backend === "http" || one.backend in backends),
    "`routes` names a backend that is not in `backends`",
  )
  .refine(
    ({ backends }) => !("http" in backends),
    "the backend `http` is the one of `service`; give yours another name",
  )
  .refine(
    ({ backends }) => !Object.keys(backends).some((name) => /^(web|web-redirect|status|tcp-.*)$/.test(name)),
    "the names `web`, `web-redirect`, `status`, and those that begin with `tcp-`, are those of our own frontends; give the backend another one",
  );
export type Vars = z.infer<typeof vars>;
export type Backend = z.infer<typeof backend>;
