import { domain, hostAndPort, network, port } from "provision";
import { z } from "zod";

const notAName = "only letters, digits, - and _";
const name = z.string().regex(/^[A-Za-z0-9][\w-]{0,40}$/, notAName);
const path = z.string().regex(/^\/[\w./~%+-]*$/, "a path like /healthz");
const balance = z
  .enum(["leastconn", "roundrobin", "source", "first"])
  .default("leastconn")
  .describe("Algorithm that chooses a server for a request");
const serverList = z.record(name, hostAndPort).optional().describe("Servers: name → HOST:PORT");
const service = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, "not the name of a service")
  .optional()
  .describe(
    "A service of the inventory, whose endpoints are the servers. The firewall of its hosts does not know this user: open the port there",
  );

/** Exactly one source of servers. */
function oneSource(given: { readonly service?: unknown; readonly servers?: unknown }): boolean {
  return (given.service === undefined) !== (given.servers === undefined);
}
const oneSourceOnly = "give either `service` or `servers`";

const check = z
  .strictObject({
    path: path
      .optional()
      .describe("Path of the request. Without it: a server that accepts connections is healthy"),
    status: z.int().min(100).max(599).default(200).describe("Status of a healthy answer"),
    port: port.optional().describe("Port of the check. Default: the server's port"),
  })
  .optional()
  .describe("Health check of a server. Default: the health check of the service, else a connection");

const backend = z
  .strictObject({ service, servers: serverList, check, balance })
  .refine(oneSource, oneSourceOnly);

const route = z
  .strictObject({
    hosts: z.array(domain).default([]).describe("Host names; *.example.org: all names below it. Empty: any"),
    path: path.optional().describe("Beginning of the path. Default: any"),
    backend: name.describe("Backend for these requests"),
  })
  .refine(
    ({ hosts, path }) => hosts.length > 0 || path !== undefined,
    "give `hosts` or `path`: a route for every request would leave none for the others",
  );

const listener = z
  .strictObject({
    port: port.describe("TCP port of the listener"),
    networks: z
      .array(network)
      .min(1)
      .describe("Addresses or networks that may connect. `0.0.0.0/0`: everybody"),
    service,
    servers: serverList,
    check,
    balance,
    idleSeconds: z
      .int()
      .min(1)
      .max(7 * 86_400)
      .default(3600)
      .describe("Seconds until an idle connection is closed"),
  })
  .refine(oneSource, oneSourceOnly);

const certificate = z.strictObject({
  certificate: z.string().min(1).describe("The certificate and its chain: PEM, or a file of the project"),
  key: z.string().min(1).describe("Its private key: PEM (as a `!secret` value), or a file of the project"),
});

const status = z.strictObject({
  port: port
    .default(8404)
    .describe("TCP port of the status page (`/`) and of Prometheus metrics (`/metrics`)"),
  networks: z
    .array(network)
    .default([])
    .describe("Addresses or networks that may see it. Empty: it listens on loopback only"),
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
  connect: milliseconds(60_000, 300, "for a connection to a server; after that, another one is tried"),
  client: milliseconds(3_600_000, 30_000, "without data from a client"),
  server: milliseconds(3_600_000, 30_000, "without data from a server; a GET then goes to another one"),
  request: milliseconds(600_000, 10_000, "for the head of a request"),
  queue: milliseconds(600_000, 5000, "that a request may wait for a free server"),
  check: milliseconds(60_000, 500, "for the answer to a health check"),
  tunnel: milliseconds(86_400_000, 3_600_000, "without data on a WebSocket"),
});

const lines = (what: string) =>
  z.string().default("").describe(`Your own lines of HAProxy configuration, at the end of ${what}`);

const config = z.strictObject({
  global: lines("the section `global`"),
  defaults: lines("the section `defaults` of http"),
  frontend: lines("the frontend that users connect to"),
  backend: lines("each http backend"),
  sections: lines("the file: whole sections"),
});

/** The variables of the role haproxy. */
export const vars = z
  .strictObject({
    port: port.default(443).describe("TCP port for https, on all addresses"),
    redirectPort: z
      .int()
      .min(0)
      .max(65535)
      .default(80)
      .describe("TCP port whose requests are redirected to https; 0: none"),
    serverNames: z
      .array(domain)
      .default([])
      .describe("Host names that users type; names of the certificate that is made if none is given"),
    certificates: z
      .record(name, certificate)
      .default({})
      .describe(
        "Certificates: name → certificate and key. The first is for clients that send no host name. Empty: the first run makes a self-signed one",
      ),
    hsts: z
      .int()
      .min(0)
      .default(0)
      .describe(
        "Seconds for which browsers refuse plain http (Strict-Transport-Security); 0: the header is not sent",
      ),
    trustedProxies: z
      .array(network)
      .default([])
      .describe(
        "Addresses or networks of proxies in front of this one: their X-Forwarded-For, -Host and -Port are kept",
      ),
    service: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/, "not the name of a service")
      .default("http")
      .describe(
        "The service for requests without a route: `http`, the web servers, or the service of a tier in front of them",
      ),
    balance,
    backends: z
      .record(name, backend)
      .default({})
      .describe("Additional http backends for `routes`. The backend of `service` is named `http`"),
    routes: z
      .array(route)
      .default([])
      .describe("Routes of requests to backends; the first match counts. All other requests go to `service`"),
    tcp: z.record(name, listener).default({}).describe("TCP listeners: name → port and servers"),
    status: status.prefault({}).describe("Status page and metrics"),
    maxConnections: z
      .int()
      .min(100)
      .max(1_000_000)
      .default(5000)
      .describe("Connections at the same time; each uses two file descriptors"),
    reloadGrace: z
      .int()
      .min(1)
      .max(86_400)
      .default(30)
      .describe(
        "Seconds that requests in progress have to end at a reload; downloads and WebSockets may need more",
      ),
    slowStart: z
      .int()
      .min(0)
      .max(3600)
      .default(10)
      .describe("Seconds during which a server that came back gets more and more requests"),
    timeouts: timeouts.prefault({}).describe("Timeouts"),
    config: config.prefault({}).describe("Configuration without a variable of its own"),
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
    "the backend of `service` has the name `http`; give yours another name",
  )
  .refine(
    ({ backends }) => !Object.keys(backends).some((name) => /^(web|web-redirect|status|tcp-.*)$/.test(name)),
    "the role's own frontends use the names `web`, `web-redirect`, `status`, and names that begin with `tcp-`; give the backend another name",
  );
export type Vars = z.infer<typeof vars>;
export type Backend = z.infer<typeof backend>;
