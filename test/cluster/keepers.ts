import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { localTransport } from "../../src/transport/local.ts";
import type { Session } from "../../src/transport/transport.ts";

/** What a keeper of the tests answers: its status, and to a request that changes something. */
export interface Keeper {
  status: Record<string, unknown> | string;
  answer?: (path: string, body: Record<string, unknown>) => { code: number; text: string };
}

/** A cluster with the steps that were reported and the requests that were made. */
export interface Tried extends Cluster {
  readonly steps: string[];
  readonly requests: string[];
}

const servers: Server[] = [];
const sessions: Session[] = [];

/** Keepers on loopback, asked by real shells with the real curl. `undefined`: the host cannot be reached. */
export async function cluster(keepers: Record<string, Keeper | undefined>): Promise<Tried> {
  const steps: string[] = [];
  const requests: string[] = [];
  const members = [];
  for (const [host, keeper] of Object.entries(keepers)) {
    if (keeper === undefined) members.push({ host, url: "http://127.0.0.1:1", session: undefined });
    else members.push({ host, url: await listening(host, keeper, requests), session: await session() });
  }
  return {
    service: "sql",
    members,
    now: () => performance.now(),
    begun: performance.now(),
    emit: ({ host, what, ms, failed }) => {
      if (ms !== undefined) steps.push(`${host} ${what}${failed ? ": failed" : ""}`);
    },
    steps,
    requests,
  };
}

async function listening(host: string, keeper: Keeper, requests: string[]): Promise<string> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      const path = request.url ?? "";
      if (request.method !== "POST") {
        const { status } = keeper;
        response.end(typeof status === "string" ? status : JSON.stringify(status));
        return;
      }
      requests.push(`${host} ${path} ${body}`);
      const { code, text } = keeper.answer?.(path, JSON.parse(body)) ?? { code: 404, text: "no such path" };
      response.writeHead(code).end(text);
    });
  });
  servers.push(server);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

async function session(): Promise<Session> {
  const made = await localTransport.connect(
    { name: "local", host: "localhost", connection: "local", sudo: false },
    { deadline: 10_000 },
  );
  if (!made.ok) throw new Error(made.error.message);
  sessions.push(made.value);
  return made.value;
}

/** Ends all keepers and shells. */
export async function removeCluster(): Promise<void> {
  await Promise.all(sessions.splice(0).map((one) => one.close()));
  for (const server of servers.splice(0)) server.close();
}

/** The status of a leader, and of a member that follows it. */
export const leading = { role: "primary", state: "running", received: "0-1-9", timeline: 4 };
export const following = (source: string) => ({
  role: "replica",
  state: "running",
  source,
  received: "0-1-9",
});
