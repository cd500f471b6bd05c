import { port } from "provision";
import { z } from "zod";

const milliseconds = (least: number, value: number, what: string) =>
  z.int().min(least).max(60_000).default(value).describe(`Milliseconds ${what}`);

/** The variables of the role sidecar. */
export const vars = z.strictObject({
  ports: z
    .record(z.string().regex(/^[a-z][a-z0-9-]*-(local|writer|reader)$/, "not a name like `wsgi-local`"), port)
    .default({})
    .describe(
      "TCP ports on loopback: `wsgi-local`, `sql-writer` and the like → port. Default: the service's own port plus 10000 (`-reader`: plus 10001)",
    ),
  statusPort: port
    .default(8405)
    .describe("TCP port on loopback that reports over HTTP whether each of them has a server: `/wsgi-local`"),
  maxLag: z
    .int()
    .min(0)
    .max(86_400)
    .default(10)
    .describe("Seconds that a replica may be behind and still serve reads"),
  checkInterval: milliseconds(100, 500, "between two checks of a healthy member"),
  checkTimeout: milliseconds(50, 500, "for the answer of a member to a check"),
  stateInterval: milliseconds(
    100,
    250,
    "between two questions to the keeper of a database member, which does no other work and answers at once",
  ),
  stateTimeout: milliseconds(50, 250, "for the answer of a keeper"),
  connectTimeout: milliseconds(50, 300, "for a connection to a member; after that, another one is tried"),
  responseTimeout: z
    .int()
    .min(1)
    .max(3600)
    .default(30)
    .describe("Seconds without data from a member that answers HTTP; a GET then goes to another member"),
  queueTimeout: z
    .int()
    .min(1)
    .max(3600)
    .default(20)
    .describe("Seconds that a request may wait for a free member"),
  idleSeconds: z
    .int()
    .min(10)
    .max(7 * 86_400)
    .default(28_800)
    .describe(
      "Seconds until an idle connection is closed, HTTP excepted; the databases' own limit is 8 hours",
    ),
  maxConnections: z
    .int()
    .min(10)
    .max(100_000)
    .default(1000)
    .describe("Connections at the same time to each of its ports"),
});
export type Vars = z.infer<typeof vars>;

/** When members are checked, in milliseconds: between two checks, between two after one has failed, for an answer. */
export interface Checks {
  readonly interval: number;
  readonly fast: number;
  readonly timeout: number;
}

/** Checks of a member itself. A busy one may be slow to answer. */
export const memberChecks = ({ checkInterval, checkTimeout }: Vars): Checks => ({
  interval: checkInterval,
  fast: Math.min(200, checkInterval),
  timeout: checkTimeout,
});

/** Questions to the keeper of a member. */
export const keeperChecks = ({ stateInterval, stateTimeout }: Vars): Checks => ({
  interval: stateInterval,
  fast: Math.min(150, stateInterval),
  timeout: stateTimeout,
});

/** Milliseconds until a member that stops to answer is left out: two checks in a row fail, each after its whole timeout. */
export const detection = ({ interval, fast, timeout }: Checks): number => interval + fast + 2 * timeout;

/** Milliseconds as seconds, for people. */
export const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);
