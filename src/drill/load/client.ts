import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import type { LoadRequest } from "../../model/role.ts";

/** An answer, whole. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** Whether an answer is what was asked for. */
export const isGood = ({ status }: Pick<Answer, "status">): boolean => status >= 200 && status < 300;

/** Seconds that a user waits. */
const PATIENCE = 20;

/** Seconds after which an idle connection is closed, before the other end does so at the very moment of a request. */
const IDLE = 3;

/** Sends requests to one address, over connections that are kept, or over a new one each time. */
export interface Client {
  send(request: LoadRequest, id: string, fresh?: boolean): Promise<Answer>;
  close(): void;
}

/**
 * A client of one URL. As browsers do, it sends a GET again if a kept connection turns out to be closed (RFC 9110, 9.2.2). It does
 * not verify the certificate of an address: stacks without a name have one that nobody signed.
 */
export function clientOf(url: URL): Client {
  const isTls = url.protocol === "https:";
  const trust = isIP(url.hostname.replace(/^\[|\]$/g, "")) === 0 ? {} : { rejectUnauthorized: false };
  const settings = { keepAlive: true, maxSockets: 64, timeout: IDLE * 1000, ...trust };
  const kept = isTls ? new HttpsAgent(settings) : new HttpAgent(settings);
  const sendOne = (wanted: LoadRequest, id: string, fresh: boolean): Promise<Answer> =>
    sendOver(isTls ? httpsRequest : httpRequest, new URL(withId(wanted.path, id), url), {
      ...(fresh ? { ...trust, agent: false } : { agent: kept }),
      method: wanted.method ?? "GET",
      body: bodyOf(wanted, id),
    });
  return {
    send: async (wanted, id, fresh = false) => {
      const isGet = (wanted.method ?? "GET") === "GET";
      return sendOne(wanted, id, fresh).catch((error: unknown) => {
        if (isGet && !fresh && error instanceof ClosedConnection) return sendOne(wanted, id, true);
        throw error;
      });
    },
    close: () => kept.destroy(),
  };
}

/** The other end had closed a kept connection before it answered the request. */
class ClosedConnection extends Error {}

type Sending = Pick<RequestOptions, "agent" | "method"> & { readonly body: string | undefined };

function sendOver(
  send: typeof httpRequest | typeof httpsRequest,
  url: URL,
  { body, ...options }: Sending,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const sent = send(url, { ...options, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const { statusCode: status = 0, headers: told } = answer;
        resolve({ status, headers: told, body: Buffer.concat(chunks).toString() });
      });
    });
    const late = new Error(`no answer within ${PATIENCE} s`);
    const slow = setTimeout(() => sent.destroy(late), PATIENCE * 1000);
    sent.on("close", () => clearTimeout(slow));
    sent.on("error", (error) =>
      reject(sent.reusedSocket && error !== late ? new ClosedConnection(codeOf(error)) : error),
    );
    sent.end(body);
  });
}

/** Why no answer came, without what differs from request to request. */
export const codeOf = (error: Error): string =>
  "code" in error && typeof error.code === "string" ? error.code : error.message;

const withId = (text: string, id: string): string => text.replaceAll("{id}", id);

function bodyOf({ body }: LoadRequest, id: string): string | undefined {
  if (body === undefined) return undefined;
  return JSON.stringify(
    Object.fromEntries(Object.entries(body).map(([key, text]) => [key, withId(text, id)])),
  );
}
