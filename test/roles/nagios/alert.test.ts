import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { needProgram } from "../daemon.ts";
import { desiredOn, type HostSpec, textAt } from "../scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "alert-"));
const journal = join(folder, "journal");
const arrived: unknown[] = [];
/** What the receiver of the webhook answers with. */
let status = 204;
let refused = 0;

const receiver = createServer((request, response) => {
  let body = "";
  request.on("data", (part) => {
    body += String(part);
  });
  request.on("end", () => {
    if (status < 300) arrived.push(JSON.parse(body));
    else refused += 1;
    response.writeHead(status).end();
  });
});

beforeAll(async () => {
  needProgram("curl", "curl");
  receiver.listen(0, "127.0.0.1");
  await once(receiver, "listening");
});
afterAll(() => {
  receiver.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  arrived.length = 0;
  status = 204;
  rmSync(journal, { force: true });
  peer("OK - Nagios runs");
});

const now = (): number => Math.floor(Date.now() / 1000);

/** What the other server answers: words, exit code, and what it answers from the third question on. */
function peer(words: string, code = 0, later = words): void {
  writeFileSync(join(folder, "asked"), "");
  writeFileSync(join(folder, "answer"), `${words}\n`);
  writeFileSync(join(folder, "later"), `${later}\n`);
  const text = `#!/bin/sh
printf x >>${folder}/asked
if [ "$(wc -c <${folder}/asked)" -ge 3 ]; then cat ${folder}/later; else cat ${folder}/answer; fi
exit ${code}
`;
  writeFileSync(join(folder, "peer"), text, { mode: 0o755 });
}

const server = (address: string): HostSpec => ({
  address,
  roles: { nrpe: {}, nagios: { webhook: "http://127.0.0.1:1/" } },
});

/** The program of a server, with the places of a host moved into the test's folder. */
function programOf(host: string): string {
  const address = receiver.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  writeFileSync(join(folder, "webhook.curl"), `url = "http://127.0.0.1:${address.port}/"\n`);
  const specs = { mon1: server("10.0.0.61"), mon2: server("10.0.0.62") };
  const text = textAt("/usr/lib/provision/nagios-alert", desiredOn(host, specs))
    .replaceAll("/usr/lib/nagios/plugins/check_nrpe", join(folder, "peer"))
    .replaceAll("/var/lib/nagios4/provision-alerts", journal)
    .replaceAll("/etc/nagios4/provision/", `${folder}/`)
    .replace("sleep 3", "sleep 0.05")
    .replace("--retry 2 ", "");
  const path = join(folder, host);
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

interface Alert {
  readonly type?: string;
  readonly service?: string;
  readonly state?: string;
  /** Seconds ago: since when it is so, and since when this server's Nagios runs. */
  readonly since?: number;
  readonly running?: number;
  readonly patience?: number;
  readonly words?: string;
}

async function tell(host: string, alert: Alert = {}): Promise<void> {
  const {
    type = "PROBLEM",
    service = "http",
    state = "CRITICAL",
    since = 0,
    running = 0,
    patience = 30,
    words = "gone",
  } = alert;
  const times = [now() - since, now() - running, patience].map(String);
  const args = ["--detached", type, "web1", service, state, ...times, words];
  const child = spawn(programOf(host), args, {
    stdio: "ignore",
    env: { ...process.env, ALERT_PAUSE: "0.3" },
  });
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
}

const sent = (state: string, by: string, at = now(), service = "http"): string =>
  `sent;${at};web1;${service};${state};${by}`;
const noted = (): readonly string[] =>
  existsSync(journal)
    ? readFileSync(journal, "utf8")
        .trim()
        .split("\n")
        .map((line) => line.split(";").slice(2).join(";"))
    : [];

describe("an alert", () => {
  it("is told by the first server, and noted for the others", async () => {
    await tell("mon1");
    expect(arrived).toMatchObject([
      { type: "PROBLEM", host: "web1", service: "http", state: "CRITICAL", output: "gone", server: "mon1" },
    ]);
    expect(noted()).toEqual(["web1;http;CRITICAL;mon1"]);
  });

  it("is told by the second at once when the first does not work", async () => {
    peer("connect to address 10.0.0.61 port 5666: Connection refused", 3);
    await tell("mon2");
    expect(arrived).toMatchObject([{ server: "mon2" }]);
  });

  it("is not told by the second when the first has told it, or tells it while the second waits", async () => {
    peer(`OK - Nagios runs\n${sent("CRITICAL", "mon1")}`);
    await tell("mon2");
    peer("OK - Nagios runs", 0, `OK - Nagios runs\n${sent("CRITICAL", "mon1", now() + 60, "sql")}`);
    await tell("mon2", { service: "sql" });
    expect(readFileSync(join(folder, "asked"), "utf8")).toBe("xxx");
    expect(arrived).toEqual([]);
  });

  it("is told by the second when the first works and yet has not told it in time", async () => {
    await tell("mon2", { patience: 1 });
    expect(arrived).toMatchObject([{ server: "mon2" }]);
  });

  it("is not told again by a first server that was away when the second told it", async () => {
    peer(`OK - Nagios runs\n${sent("CRITICAL", "mon2", now() - 600)}`);
    await tell("mon1");
    expect(arrived).toEqual([]);
  });

  it("is told again when it was well in between, of another service, in another state, or after a day", async () => {
    const before = now() - 600;
    peer(`OK - Nagios runs\n${sent("OK", "mon2", before + 60)}\n${sent("CRITICAL", "mon2", before)}`);
    await tell("mon1");
    peer(`OK - Nagios runs\n${sent("CRITICAL", "mon2", before, "https")}`);
    await tell("mon1", { service: "sql" });
    peer(`OK - Nagios runs\n${sent("WARNING", "mon2", before, "disk")}`);
    await tell("mon1", { service: "disk" });
    peer(`OK - Nagios runs\n${sent("CRITICAL", "mon2", now() - 90_000, "load")}`);
    await tell("mon1", { service: "load" });
    expect(arrived).toHaveLength(4);
  });

  it("is told by a server alone, though its own journal knows of an earlier time and not of its end", async () => {
    peer("Connection refused", 3);
    writeFileSync(journal, `${sent("CRITICAL", "mon1", now() - 600)}\n`);
    await tell("mon2", { running: 3600, since: 5 });
    expect(arrived).toHaveLength(1);
  });

  it("that another server has told is kept, so that it is known when that one is away", async () => {
    peer(`OK - Nagios runs\n${sent("CRITICAL", "mon1", now() - 2)}`);
    await tell("mon2");
    expect(noted()).toEqual(["web1;http;CRITICAL;mon1"]);
  });

  it("that could not be delivered is not noted, and tried again until it is", {
    timeout: 60_000,
  }, async () => {
    status = 500;
    const telling = tell("mon1");
    await expect.poll(() => refused, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(noted()).toEqual([]);
    status = 204;
    await telling;
    expect(noted()).toEqual(["web1;http;CRITICAL;mon1"]);
  });

  it("of what somebody wants quiet, on any server, is not told; nor is its end", async () => {
    peer("OK - Nagios runs\nquiet;web1;");
    await tell("mon1");
    peer("OK - Nagios runs");
    await tell("mon1", { type: "RECOVERY", state: "OK" });
    expect(arrived).toEqual([]);
  });

  it("carries whatever a check says as JSON", async () => {
    const words = 'a "quoted" \\ back\\slash\tand\u0001 more; $(id) `id`';
    await tell("mon1", { words });
    expect(arrived).toMatchObject([{ output: words.replaceAll(/[\t\u0001]/g, " ") }]);
  });
});

describe("a recovery", () => {
  it("is told once", async () => {
    const before = now() - 600;
    peer(`OK - Nagios runs\n${sent("CRITICAL", "mon2", before)}`);
    await tell("mon1", { type: "RECOVERY", state: "OK" });
    expect(arrived).toMatchObject([{ type: "RECOVERY", state: "OK" }]);
    peer(`OK - Nagios runs\n${sent("OK", "mon2")}`);
    await tell("mon1", { type: "RECOVERY", state: "OK" });
    expect(arrived).toHaveLength(1);
  });
});

describe("the other programs", () => {
  const program = (name: string): string => {
    const specs = { mon1: server("10.0.0.61"), mon2: server("10.0.0.62") };
    const text = textAt(`/usr/lib/provision/nagios-${name}`, desiredOn("mon1", specs));
    const path = join(folder, name);
    const moved = text
      .replaceAll("/usr/lib/nagios/plugins/check_nrpe", join(folder, "agent"))
      .replaceAll("/var/lib/nagios4/status.dat", join(folder, "status.dat"));
    writeFileSync(path, moved, { mode: 0o755 });
    return path;
  };
  const run = (name: string, ...args: string[]): string => {
    const line = `"$0" "$@"; echo "ends with $?"`;
    return execFileSync("sh", ["-c", line, program(name), ...args], { encoding: "utf8" });
  };

  it("are good in the eyes of shellcheck", () => {
    needProgram("shellcheck", "shellcheck");
    const names = ["ask", "alert", "journal", "alive", "redundancy", "exactly", "summary", "check"].map(
      program,
    );
    expect(execFileSync("shellcheck", ["-s", "sh", "-S", "warning", ...names], { encoding: "utf8" })).toBe(
      "",
    );
  });

  it("count the members that are well against all and the floor", () => {
    expect(run("redundancy", "1", "a=0", "b=0")).toBe("OK - 2 of 2 members healthy, 1 needed\nends with 0\n");
    expect(run("redundancy", "1", "a=0", "b=2")).toBe(
      "WARNING - 1 of 2 members healthy, 1 needed; failed: b\nends with 1\n",
    );
    expect(run("redundancy", "2", "a=3", "b=0")).toBe(
      "CRITICAL - 1 of 2 members healthy, 2 needed; failed: a\nends with 2\n",
    );
  });

  it("ask all agents where a check must be well on so many, whichever they are", () => {
    const agent = '#!/bin/sh\ncase "$*" in *10.0.0.1\\ *) exit 0 ;; esac\necho not here; exit 2\n';
    writeFileSync(join(folder, "agent"), agent, { mode: 0o755 });
    const asked = ["vip-here", "a,10.0.0.1,5666", "b,10.0.0.2,5666"];
    expect(run("exactly", "1", ...asked)).toBe("OK - on 1 of 2 hosts, 1 wanted: a\nends with 0\n");
    expect(run("exactly", "2", ...asked)).toBe("CRITICAL - on 1 of 2 hosts, 2 wanted: a\nends with 2\n");
  });

  it("tell an agent that does not answer from a check that is not well", () => {
    const answers = (text: string): string => {
      writeFileSync(join(folder, "agent"), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      return run("ask", "10.0.0.1", "5666", "health-http");
    };
    expect(answers("echo 'OK - well | a=1'")).toBe("OK - well | a=1\nends with 0\n");
    expect(answers("echo 'CRITICAL - gone'; exit 2")).toBe("CRITICAL - gone\nends with 2\n");
    expect(answers("echo 'connection refused' >&2; exit 2")).toBe(
      "UNKNOWN - the agent does not answer\nends with 3\n",
    );
    expect(answers("echo 'CHECK_NRPE STATE CRITICAL: Socket timeout'; exit 2")).toMatch(/ends with 3\n$/);
    expect(answers(`echo "NRPE: Command 'health-http' not defined"; exit 3`)).toMatch(/ends with 1\n$/);
    expect(answers("echo 'NRPE: Command timed out after 10 seconds'; exit 2")).toMatch(/ends with 2\n$/);
  });

  it("sum up what Nagios has found", () => {
    const one = (kind: string, name: string, checked: number, state: number): string =>
      `${kind} {\n\thost_name=h\n${name === "" ? "" : `\tservice_description=${name}\n`}\thas_been_checked=${checked}\n\tcurrent_state=${state}\n\tplugin_output=words = more\n\t}\n`;
    const well = `${one("hoststatus", "", 1, 0)}${one("servicestatus", "a", 1, 0)}`;
    writeFileSync(join(folder, "status.dat"), well);
    expect(run("summary")).toBe("hosts 1 up 1; services 1 ok 1; pending 0\nends with 0\n");
    writeFileSync(join(folder, "status.dat"), `${well}${one("servicestatus", "b c", 1, 2)}`);
    expect(run("summary")).toBe(
      "hosts 1 up 1; services 2 ok 1; pending 0\nh b c: words = more\nends with 1\n",
    );
    writeFileSync(join(folder, "status.dat"), `${well}${one("servicestatus", "b", 0, 0)}`);
    expect(run("summary")).toBe("hosts 1 up 1; services 2 ok 1; pending 1\nends with 1\n");
  });
});
