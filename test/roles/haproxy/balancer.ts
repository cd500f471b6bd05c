import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request as plain, type Server } from "node:http";
import { request as secure } from "node:https";
import { join, resolve } from "node:path";
import type { Certificate } from "../../../src/model/secret.ts";
import { makeCertificate } from "../../../src/secrets/certificate.ts";
import type { Daemons } from "../daemon.ts";

const files = resolve(import.meta.dirname, "../../../roles/haproxy/files");

/** A certificate that is good for a year. */
export function certificateFor(name: string): Certificate {
  const [now, until] = [new Date(), new Date(Date.now() + 365 * 86_400_000)];
  return makeCertificate({ names: [name], authority: false, now, until });
}

/** A configuration of HAProxy as a role wrote it, made to run in a test's folder as any user, with its certificate. */
export function movedConfig(folder: string, name: string, text: string): string {
  const pair = certificateFor("127.0.0.1");
  writeFileSync(join(folder, "default.pem"), `${pair.certificate}${pair.key}`);
  const moved = text
    .replaceAll(/^ {4}(chroot|user haproxy|group haproxy).*\n/gm, "")
    .replaceAll(" user root group haproxy", "")
    .replaceAll("log /dev/log ", "log 127.0.0.1:9 ")
    .replaceAll(/\/run\/(haproxy|sidecar)\//g, `${folder}/`)
    .replaceAll("/etc/haproxy/certs/", `${folder}/`)
    .replaceAll("/etc/haproxy/sessions.lua", join(files, "sessions.lua"));
  writeFileSync(join(folder, "server-state"), "1\n");
  const path = join(folder, name);
  writeFileSync(path, moved);
  return path;
}

/** Shell of a role, made to speak to the instance in the test's folder. */
export function movedShell(folder: string, text: string): string {
  const program = join(folder, "haproxy-ask");
  copyFileSync(join(files, "ask"), program);
  chmodSync(program, 0o755);
  return text
    .replaceAll("/usr/local/sbin/haproxy-ask", program)
    .replaceAll(/\/run\/(haproxy|sidecar)\//g, `${folder}/`);
}

export const startHaproxy = (daemons: Daemons, config: string, ...more: readonly string[]) =>
  daemons.start("haproxy", ["-W", "-f", config, ...more], { ready: /Loading success/ });

/** What shellcheck has to say of a role's shell text. */
export function shellcheck(text: string): string {
  const { stdout, stderr, error } = spawnSync("shellcheck", ["-s", "sh", "-"], {
    input: text,
    encoding: "utf8",
  });
  if (error !== undefined) throw error;
  return stdout + stderr;
}

/** What an answer was, in short. */
interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** One request over a connection of its own; certificates are not judged. */
export function ask(
  url: string,
  options: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer> {
  const request = url.startsWith("https") ? secure : plain;
  return new Promise((done, failed) => {
    const sent = request(url, { ...options, agent: false, rejectUnauthorized: false }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on("end", () => done({ status: response.statusCode ?? 0, headers: response.headers, body }));
      response.on("error", failed);
    });
    sent.on("error", failed);
    sent.end();
  });
}

/** A web server that says its name, and can be made to drop what it is asked. */
export class FakeWeb {
  readonly requests: { readonly method: string; readonly url: string; readonly forwarded: string }[] = [];
  drops = false;
  readonly name: string;
  readonly #server: Server;

  constructor(name: string) {
    this.name = name;
    this.#server = createServer((request, response) => {
      if (request.url === "/healthz") {
        response.end("ok\n");
        return;
      }
      this.requests.push({
        method: request.method ?? "",
        url: request.url ?? "",
        forwarded: String(request.headers["x-forwarded-for"]),
      });
      if (this.drops) request.socket.destroy();
      else response.end(this.name);
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Asks again, at once, until the answer is the one that is waited for; fails after 10 s. */
export async function eventually<T>(look: () => Promise<T> | T, wanted: (seen: T) => boolean): Promise<T> {
  const end = Date.now() + 10_000;
  for (;;) {
    const seen = await look();
    if (wanted(seen)) return seen;
    if (Date.now() > end) throw new Error(`not within 10 s; last seen: ${JSON.stringify(seen)}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
