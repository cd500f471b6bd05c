import { includePaths } from "provision";
import { z } from "zod";
import { nameTaken } from "./names.ts";

/** Gives its whole answer to whoever stands between the host and the repository. */
const unproven = /^(http|git):/i;

const app = z
  .strictObject({
    directory: z
      .string()
      .min(1)
      .optional()
      .describe("Folder of the project that holds the application. Default: a sample"),
    include: includePaths.describe(
      "Paths in `directory` that are copied although they would be left out: what begins with a dot (`.env`, `.git`), private keys, `venv`, `node_modules`, what editors leave behind",
    ),
    git: z
      .string()
      .regex(
        /^(https?|ssh|git|file):\/\/[\w.@:/~%+-]+$|^[\w.-]+@[\w.-]+:[\w./~+-]+$/,
        "not the URL of a git repository",
      )
      .refine(
        (url) => !/^https?:\/\/[^/]*@|^\w+:\/\/[^/@]*:[^/@]*@/.test(url),
        "a password in a URL would be seen in the list of processes",
      )
      .optional()
      .describe("URL of a git repository that holds it, cloned by the hosts themselves. Needs `revision`"),
    revision: z
      .string()
      .regex(/^[0-9A-Za-z][\w.+-]*$/, "the full id of a commit, or the name of a tag")
      .optional()
      .describe(
        "What to check out: a full commit id or a tag. No branch: a plan must mean the same when it is carried out",
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
        "Command that brings the database to what a release needs, run in its folder, as the application's user, with its environment, before any host is switched to it: by one host first, then, with nothing left to do, by the others. It must be safe to run again, and leave the release before it working. Default: what the sample needs, where there is a database",
      ),
  })
  .refine(
    ({ directory, git }) => directory === undefined || git === undefined,
    "give `directory` or `git`, not both",
  )
  .refine(
    ({ git, include }) => git === undefined || include.length === 0,
    "`include` is for an application from a folder; from `git`, all of a revision is copied",
  )
  .refine(
    ({ git, revision }) => (git === undefined) === (revision === undefined),
    "`git` and `revision` go together",
  )
  .refine(({ git = "", revision = "" }) => !unproven.test(git) || /^[0-9a-f]{40}$/.test(revision), {
    path: ["revision"],
    message:
      "must be the full id of a commit, 40 digits: over http:// and git:// anybody on the way can give another answer, and only the id proves what came. Or use https:// or ssh",
  });

/** systemd leaves out a variable with anything else, and starts the application without it. The kernel takes 128 KiB each. */
const environmentValue = z
  .string()
  .regex(
    /^[^\p{Cs}\p{Noncharacter_Code_Point}\x00-\x08\x0b-\x1f\x7f]*$/u,
    "text in which tabs and line ends are the only control characters",
  )
  .refine((value) => Buffer.byteLength(value) <= 120_000, "longer than a variable can be (120000 bytes)");

/** The variables of the role gunicorn. */
export const vars = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,20}$/, "a short word of small letters, digits and -")
    .superRefine((name, found) => {
      const message = nameTaken(name);
      if (message !== undefined) found.addIssue({ code: "custom", message });
    })
    .default("notes")
    .describe("Name of the application: of its system user, of /srv/NAME, and of the unit gunicorn-NAME"),
  app: app.prefault({}).describe("Where the application comes from"),
  port: z.int().min(1024).max(65535).default(8000).describe("TCP port it listens on, on all addresses"),
  healthPath: z
    .string()
    .regex(/^\/[\w./~-]*$/, "a path like /healthz")
    .default("/healthz")
    .describe("Answers 200 while the process is well"),
  readyPath: z
    .string()
    .regex(/^\/[\w./~-]*$/, "a path like /readyz")
    .optional()
    .describe(
      "Answers 200 while what the application depends on answers too; watched by monitoring only. Default: /readyz of the sample",
    ),
  database: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,31}$/, "small letters, digits and _")
    .optional()
    .describe(
      "Name of its database and of its account there. The environment then says where: SQL_WRITER, SQL_READER, SQL_USER, SQL_PASSWORD, SQL_DATABASE, SQL_CA",
    ),
  packages: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/, "not the name of a Debian package"))
    .default(["python3-flask", "python3-pymysql", "python3-pymemcache"])
    .describe("Debian packages that the application needs"),
  environment: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/, "not the name of an environment variable"), environmentValue)
    .default({})
    .describe(
      "Environment of the application, readable by it and root only; the place for passwords. Where there is a cache, CACHE_SERVERS is in it already",
    ),
  workers: z.int().min(1).max(512).optional().describe("Worker processes. Default: twice the CPUs and one"),
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
    .describe("Seconds that requests in hand are given at a restart"),
  maxRequests: z
    .int()
    .min(0)
    .default(1000)
    .describe("Requests after which a worker is replaced, against leaks; 0 is never"),
  maxRequestsJitter: z
    .int()
    .min(0)
    .default(100)
    .describe("Up to so many requests more, so that workers are not all replaced at once"),
});
export type Vars = z.infer<typeof vars>;
