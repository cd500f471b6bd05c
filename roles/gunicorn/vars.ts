import { includePaths } from "provision";
import { z } from "zod";
import { nameTaken } from "./names.ts";

/** Protocols without proof of the server: anybody on the way can change the answer. */
const unproven = /^(http|git):/i;

const app = z
  .strictObject({
    directory: z
      .string()
      .min(1)
      .optional()
      .describe("Folder of the project with the application. Default: a sample application"),
    include: includePaths.describe(
      "Paths in `directory` to copy that are left out otherwise: names that begin with a dot (`.env`, `.git`), private keys, `venv`, `node_modules`, leftovers of editors",
    ),
    git: z
      .string()
      .regex(
        /^(https?|ssh|git|file):\/\/[\w.@:/~%+-]+$|^[\w.-]+@[\w.-]+:[\w./~+-]+$/,
        "not the URL of a git repository",
      )
      .refine(
        (url) => !/^https?:\/\/[^/]*@|^\w+:\/\/[^/@]*:[^/@]*@/.test(url),
        "a password in a URL is visible in the list of processes",
      )
      .optional()
      .describe(
        "URL of a git repository with the application; the hosts clone it themselves. Needs `revision`",
      ),
    revision: z
      .string()
      .regex(/^[0-9A-Za-z][\w.+-]*$/, "the full id of a commit, or the name of a tag")
      .optional()
      .describe(
        "The revision to check out: a full commit id or a tag. No branch, because it could move between plan and apply",
      ),
    callable: z
      .string()
      .regex(/^[A-Za-z_][\w.]*:[A-Za-z_]\w*$/, "MODULE:NAME, as in app:app")
      .default("app:app")
      .describe("The WSGI application: module and name"),
    migrate: z
      .string()
      .regex(/^[^\0\n]+$/, "a command on one line")
      .optional()
      .describe(
        "Command that migrates the database for a release. It runs in the release's folder, as the application's user, with its environment, before any host switches to the release: on one host first, then on the others, which have nothing left to do. It must be safe to run again, and the release before must still work after it. Default: the migration of the sample application, if it has a database",
      ),
  })
  .refine(
    ({ directory, git }) => directory === undefined || git === undefined,
    "give `directory` or `git`, not both",
  )
  .refine(
    ({ git, include }) => git === undefined || include.length === 0,
    "`include` is for an application from a folder; with `git`, all files of a revision are copied",
  )
  .refine(
    ({ git, revision }) => (git === undefined) === (revision === undefined),
    "`git` and `revision` go together",
  )
  .refine(({ git = "", revision = "" }) => !unproven.test(git) || /^[0-9a-f]{40}$/.test(revision), {
    path: ["revision"],
    message:
      "must be the full id of a commit, 40 digits: over http:// and git:// anybody on the way can change the answer, and only the id proves the contents. Or use https:// or ssh",
  });

/** systemd ignores a variable with other characters and starts the application without it. The kernel allows 128 KiB for each. */
const environmentValue = z
  .string()
  .regex(
    /^[^\p{Cs}\p{Noncharacter_Code_Point}\x00-\x08\x0b-\x1f\x7f]*$/u,
    "text in which tabs and line ends are the only control characters",
  )
  .refine((value) => Buffer.byteLength(value) <= 120_000, "longer than a variable may be (120000 bytes)");

/** The variables of the role gunicorn. */
export const vars = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,20}$/, "a short word of lower-case letters, digits and -")
    .superRefine((name, found) => {
      const message = nameTaken(name);
      if (message !== undefined) found.addIssue({ code: "custom", message });
    })
    .default("notes")
    .describe("Name of the application: of its system user, of /srv/NAME, and of the unit gunicorn-NAME"),
  app: app.prefault({}).describe("Where the application comes from"),
  port: z.int().min(1024).max(65535).default(8000).describe("TCP port of Gunicorn, on all addresses"),
  alivePort: z
    .int()
    .min(1024)
    .max(65535)
    .default(8001)
    .describe(
      "TCP port where the workers answer health checks of proxies, also while all of them are busy; on all addresses",
    ),
  healthPath: z
    .string()
    .regex(/^\/[\w./~-]*$/, "a path like /healthz")
    .default("/healthz")
    .describe("Path that answers 200 while the process is healthy"),
  readyPath: z
    .string()
    .regex(/^\/[\w./~-]*$/, "a path like /readyz")
    .optional()
    .describe(
      "Path that answers 200 while the services that the application depends on answer too; only monitoring uses it. Default: /readyz of the sample application",
    ),
  database: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,31}$/, "lower-case letters, digits and _")
    .optional()
    .describe(
      "Name of its database and of its account there. The environment then contains SQL_WRITER, SQL_READER, SQL_USER, SQL_PASSWORD, SQL_DATABASE, SQL_CA",
    ),
  packages: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, "not the name of a Debian package"))
    .default(["python3-flask", "python3-pymysql", "python3-pymemcache"])
    .describe("Debian packages that the application needs"),
  environment: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/, "not the name of an environment variable"), environmentValue)
    .default({})
    .describe(
      "Environment of the application, which only the application and root can read; put passwords here. If there is a cache, it already contains CACHE_SERVERS",
    ),
  workers: z
    .int()
    .min(1)
    .max(512)
    .optional()
    .describe(
      "Worker processes; if given, each web server sends at most as many requests at a time. Default: twice the CPUs, plus one",
    ),
  timeout: z
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe("Seconds one request may take before its worker is killed"),
  gracefulTimeout: z
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe("Seconds that requests in progress have to end at a restart"),
  maxRequests: z
    .int()
    .min(0)
    .default(1000)
    .describe("Requests after which a worker is replaced, against memory leaks; 0: never"),
  maxRequestsJitter: z
    .int()
    .min(0)
    .default(100)
    .describe(
      "Random number of further requests, up to this one, so that workers are not all replaced at once",
    ),
});
export type Vars = z.infer<typeof vars>;
