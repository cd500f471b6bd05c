import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { place } from "../../../roles/etcd/place.ts";
import { voting } from "../../../roles/etcd/probe.ts";
import type { Json } from "../../../src/model/json.ts";
import { freePort, needProgram } from "../daemon.ts";
import { lawSecrets, realPair } from "../law/secrets.ts";
import { facts, scenarioOf, textAt } from "../scenario.ts";

const program = resolve(import.meta.dirname, "../../../roles/etcd/files/etcd-voter");

/** What a step of the program said, and how it ended. */
export interface Said {
  readonly code: number | null;
  readonly text: string;
}

interface Place {
  readonly folder: string;
  readonly clientPort: number;
  peerPort: number;
}

const answered = z.record(z.string(), z.unknown());

/** Voters on this machine, each in a folder of its own: real etcd, with the files that the role writes. */
export class Store {
  readonly folder = mkdtempSync(join(tmpdir(), "store-"));
  readonly #hosts = new Map<string, Place>();

  async host(name: string): Promise<void> {
    needProgram("etcd", "etcd-server");
    const folder = join(this.folder, name);
    for (const part of ["etc", "run"]) mkdirSync(join(folder, part), { recursive: true });
    this.#hosts.set(name, { folder, clientPort: await freePort(), peerPort: await freePort() });
  }

  at(name: string): Place {
    const found = this.#hosts.get(name);
    if (found === undefined) throw new Error(`no host ${name}`);
    return found;
  }

  /** Writes the files of these hosts, as the inventory has them now. */
  inventory(names: readonly string[], more: Readonly<Record<string, Json>> = {}): void {
    const spec = (name: string) => {
      const { clientPort, peerPort } = this.at(name);
      return {
        address: "127.0.0.1",
        roles: { etcd: { clientPort, peerPort, heartbeat: 20, election: 300, ...more } },
        facts: { addresses: [...facts.addresses, { interface: "lo", address: "127.0.0.1", prefix: 8 }] },
      };
    };
    const built = scenarioOf(Object.fromEntries(names.map((name) => [name, spec(name)])), {
      secrets: lawSecrets,
    });
    if (!built.ok) throw new Error(JSON.stringify(built.error));
    for (const name of names) {
      const wanted = built.value.get(name)?.();
      if (wanted?.ok !== true) throw new Error(JSON.stringify(wanted));
      for (const file of ["etcd.env", "voter.json", "ca.pem", "cert.pem", "key.pem"])
        this.write(name, file, this.#moved(name, textAt(`/etc/etcd/${file}`, wanted.value)));
    }
  }

  write(name: string, file: string, text: string): void {
    writeFileSync(join(this.at(name).folder, "etc", file), text);
  }

  #moved(name: string, text: string): string {
    const { folder } = this.at(name);
    return text
      .replaceAll(
        '"systemctl",\n    "stop",\n    "etcd.service"',
        `"sh",\n    "${this.#script(name, "stop")}"`,
      )
      .replaceAll(
        '"systemctl",\n    "start",\n    "etcd.service"',
        `"sh",\n    "${this.#script(name, "start")}"`,
      )
      .replaceAll(place.settings, join(folder, "etc"))
      .replaceAll(place.data, join(folder, "data"))
      .replaceAll("/run/provision-etcd", join(folder, "run"));
  }

  /** What the unit does, without systemd. */
  #script(name: string, step: "start" | "stop"): string {
    const { folder } = this.at(name);
    const path = join(folder, step);
    const start = `cd ${folder} || exit
set -a; . etc/etcd.env; [ ! -e run/start.env ] || . run/start.env; set +a
setsid etcd >>log 2>&1 </dev/null & echo $! >pid
while kill -0 $! 2>/dev/null && [ ! -e data/member/wal/0000000000000000-0000000000000000.wal ]; do sleep 0.02; done
rm -f run/start.env`;
    const stop = `cd ${folder} || exit
[ -e pid ] || exit 0
read -r pid <pid; kill -\${1:-TERM} $pid 2>/dev/null; while kill -0 $pid 2>/dev/null; do sleep 0.02; done; rm pid`;
    writeFileSync(path, step === "start" ? start : stop);
    return path;
  }

  start(name: string): void {
    spawnSync("sh", [this.#script(name, "start")], { timeout: 30_000, stdio: "ignore" });
  }

  stop(name: string, signal = "TERM"): void {
    spawnSync("sh", [this.#script(name, "stop"), signal], { timeout: 30_000, stdio: "ignore" });
  }

  /** It still has its connections, and answers nothing. */
  freeze(name: string): void {
    process.kill(Number(readFileSync(join(this.at(name).folder, "pid"), "utf8")), "SIGSTOP");
  }

  /** One step of the program on a host. */
  step(name: string, ...words: readonly string[]): Said {
    const env = { ...process.env, ETCD_VOTER_SETTINGS: join(this.at(name).folder, "etc/voter.json") };
    const ended = spawnSync(program, words, { encoding: "utf8", env, timeout: 100_000 });
    return { code: ended.status, text: ended.stdout + ended.stderr };
  }

  /** All steps of a run for a host without data. */
  grow(name: string, first: "found" | "join" = "join"): Said {
    const placed = this.step(name, first);
    if (placed.code !== 0) return placed;
    this.start(name);
    const settled = this.step(name, "settle");
    return { code: settled.code, text: placed.text + settled.text };
  }

  #shell(name: string, script: string): Said {
    const ended = spawnSync("sh", ["-c", this.#moved(name, script)], { encoding: "utf8", timeout: 30_000 });
    return { code: ended.status, text: ended.stdout + ended.stderr };
  }

  /** What the run asks after the last step: whether the host is a voter; with an inventory, whether nobody else is. */
  voting(name: string, inventory?: readonly string[]): boolean {
    const voter = (one: string) => ({ name: one, peer: `https://127.0.0.1:${this.at(one).peerPort}` });
    const text = voting(this.at(name).clientPort, voter(name), inventory?.map(voter));
    return this.#shell(name, text).code === 0;
  }

  healthy(name: string): boolean {
    return this.step(name, "check", "health").code === 0;
  }

  /** One request to the store's gateway through a voter. */
  ask(name: string, path: string, body: Json, tls: object = {}): Promise<Record<string, unknown>> {
    const { clientPort: port } = this.at(name);
    const ca = lawSecrets.certificate("store/ca").certificate;
    const pair = { ca, cert: realPair.certificate, key: realPair.key };
    return new Promise((done, failed) => {
      const options = { host: "127.0.0.1", port, path, method: "POST", timeout: 10_000, agent: false };
      const sent = request({ ...options, ...pair, ...tls }, (answer) => {
        let text = "";
        answer.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        answer.on("end", () => done(answered.parse(JSON.parse(text))));
      });
      sent.on("error", failed);
      sent.on("timeout", () => sent.destroy(new Error("no answer")));
      sent.end(JSON.stringify(body));
    });
  }

  put(name: string, key: string, value: string): Promise<Record<string, unknown>> {
    return this.ask(name, "/v3/kv/put", { key: btoa(key), value: btoa(value) });
  }

  async get(name: string, key: string): Promise<string | undefined> {
    const said = await this.ask(name, "/v3/kv/range", { key: btoa(key) });
    const found = z.object({ kvs: z.array(z.object({ value: z.string() })).default([]) }).parse(said);
    return found.kvs.map(({ value }) => atob(value))[0];
  }

  /** Name → identifier of all members but learners. */
  async voters(name: string): Promise<ReadonlyMap<string, string>> {
    const said = await this.ask(name, "/v3/cluster/member/list", {});
    const member = z.object({
      ID: z.string(),
      name: z.string().default(""),
      isLearner: z.boolean().optional(),
    });
    const { members } = z.object({ members: z.array(member) }).parse(said);
    return new Map(members.filter(({ isLearner }) => isLearner !== true).map((one) => [one.name, one.ID]));
  }

  async lead(name: string): Promise<void> {
    const targetID = (await this.voters(name)).get(name) ?? "";
    const leader = await this.leader(name);
    if (leader !== name) await this.ask(leader, "/v3/maintenance/transfer-leadership", { targetID });
    await this.until(async () => (await this.leader(name)) === name);
  }

  async leader(name: string): Promise<string> {
    const { leader } = z
      .object({ leader: z.string() })
      .parse(await this.ask(name, "/v3/maintenance/status", {}));
    return [...(await this.voters(name))].find(([, id]) => id === leader)?.[0] ?? "";
  }

  async until(what: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
    const end = Date.now() + seconds * 1000;
    while (!(await what())) {
      if (Date.now() > end) throw new Error(`not so after ${seconds} s: ${what}`);
      await sleep(50);
    }
  }

  runs(name: string): boolean {
    const path = join(this.at(name).folder, "pid");
    if (!existsSync(path)) return false;
    try {
      return process.kill(Number(readFileSync(path, "utf8")), 0);
    } catch {
      return false;
    }
  }

  /** The host's disk is a new one. Its settings in /etc are still there. */
  loseDisk(name: string): void {
    this.stop(name, "KILL");
    rmSync(join(this.at(name).folder, "data"), { recursive: true });
  }

  folders(name: string): readonly string[] {
    return readdirSync(this.at(name).folder).filter((one) => one.startsWith("data"));
  }

  end(): void {
    for (const name of this.#hosts.keys()) this.stop(name, "KILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
