import { randomUUID } from "node:crypto";
import { Agent, request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";

/** Where users reach the stack: the balancers' floating address. */
export const vip = "10.77.0.10";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** The certificate that the floating address shows, in PEM: pinned by every client of the tests. */
export function shownCertificate(host = vip): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 443, rejectUnauthorized: false, timeout: 10_000 }, () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      const lines = raw.toString("base64").match(/.{1,64}/g) ?? [];
      resolve(`-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`);
    });
    socket.on("error", reject);
  });
}

/** A client of the stack that keeps its connections open, and trusts nothing but the stack's own certificate. */
export class Client {
  readonly #agent: Agent;
  constructor(ca: string, connections = 8) {
    this.#agent = new Agent({ ca, keepAlive: true, maxSockets: connections });
  }

  send(method: string, path: string, body?: unknown, milliseconds = 20_000): Promise<Reply> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = text === undefined ? {} : { "content-type": "application/json" };
    return new Promise((resolve, reject) => {
      const options = { host: vip, port: 443, method, path, headers, agent: this.#agent };
      const sent = request(options, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          const { statusCode: status = 0, headers: told } = answer;
          resolve({ status, headers: told, body: Buffer.concat(chunks).toString() });
        });
      });
      sent.setTimeout(milliseconds, () => sent.destroy(new Error(`no answer within ${milliseconds} ms`)));
      sent.on("error", reject);
      sent.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** What a load has seen when it was over. */
export interface Seen {
  readonly count: number;
  /** What was not answered as it should be, in words. */
  readonly wrong: readonly string[];
  /** Milliseconds of the slowest answer. */
  readonly slowest: number;
}

/** GETs a path while `going` says so, some at a time; every answer must be a 200. */
async function fetchWhile(client: Client, path: string, width: number, going: () => boolean): Promise<Seen> {
  const wrong: string[] = [];
  let [count, slowest] = [0, 0];
  const one = async (): Promise<void> => {
    while (going()) {
      count += 1;
      const begun = performance.now();
      const reply = await client.send("GET", path).catch((error: unknown) => String(error));
      slowest = Math.max(slowest, performance.now() - begun);
      if (typeof reply === "string") wrong.push(reply);
      else if (reply.status !== 200) wrong.push(`${reply.status}: ${reply.body.slice(0, 200)}`);
    }
  };
  await Promise.all(Array.from({ length: width }, one));
  return { count, wrong, slowest };
}

/** GETs a path so many times. */
export function fetchMany(client: Client, path: string, count: number, width = 8): Promise<Seen> {
  let left = count;
  return fetchWhile(client, path, width, () => left-- > 0);
}

/** GETs a path for some seconds. */
export function fetchFor(client: Client, path: string, seconds: number, width: number): Promise<Seen> {
  const end = performance.now() + seconds * 1000;
  return fetchWhile(client, path, width, () => performance.now() < end);
}

/** GETs a path until it is told to stop. */
export function fetchUntil(client: Client, path: string, width = 4): () => Promise<Seen> {
  let going = true;
  const seen = fetchWhile(client, path, width, () => going);
  return () => {
    going = false;
    return seen;
  };
}

/** What a writer has been promised. */
export interface Ledger {
  /** Ids of the notes whose writing was acknowledged. */
  readonly acknowledged: readonly string[];
  /** Writes that were refused or broke: nothing was promised. */
  readonly failed: number;
  /** Milliseconds of the longest time without any acknowledgement. */
  readonly pause: number;
}

/** Writes notes, each with an id of its own, and keeps a ledger of those that were acknowledged. */
export class Writer {
  readonly #acknowledged: string[] = [];
  readonly #writers: readonly Promise<void>[];
  #failed = 0;
  #pause = 0;
  #last = performance.now();
  #going = true;

  constructor(client: Client, width = 4) {
    this.#writers = Array.from({ length: width }, () => this.#write(client));
  }

  async #write(client: Client): Promise<void> {
    while (this.#going) {
      const id = randomUUID();
      const reply = await client
        .send("POST", "/notes", { id, text: `note ${id}` }, 10_000)
        .catch(() => undefined);
      if (reply?.status === 201) {
        this.#acknowledged.push(id);
        const now = performance.now();
        this.#pause = Math.max(this.#pause, now - this.#last);
        this.#last = now;
      } else {
        this.#failed += 1;
        await sleep(50);
      }
    }
  }

  get acknowledged(): number {
    return this.#acknowledged.length;
  }

  /** Waits until so many more writes were acknowledged. */
  async progress(more: number, seconds: number): Promise<void> {
    const wanted = this.#acknowledged.length + more;
    const end = performance.now() + seconds * 1000;
    while (this.#acknowledged.length < wanted) {
      if (performance.now() > end) {
        const missing = wanted - this.#acknowledged.length;
        throw new Error(`${missing} of ${more} writes are not acknowledged after ${seconds} s`);
      }
      await sleep(50);
    }
  }

  async stop(): Promise<Ledger> {
    this.#going = false;
    await Promise.all(this.#writers);
    return { acknowledged: this.#acknowledged, failed: this.#failed, pause: this.#pause };
  }
}
