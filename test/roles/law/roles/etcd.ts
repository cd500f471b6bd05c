import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { needProgram } from "../../daemon.ts";
import { patience } from "../answering.ts";
import { each, put, sheetOf } from "../ask.ts";
import { hostsOf } from "../hosts.ts";
import type { Judge, RoleLaw } from "../law.ts";
import { lawSecrets, realPair } from "../secrets.ts";
import { unitsJudge } from "../units.ts";

const path = "/etc/etcd/etcd.env";

/**
 * etcd has no check of its settings, so it is started with them: as the first voter of a new store, on the loopback, since its
 * addresses are not this machine's. The settings are good where etcd gets as far as
 * to serve; whether it then finds a leader is a matter of time, with the longest elections of a minute.
 */
const etcd: Judge = {
  name: "etcd",
  sheets: sheetOf((one) => one === path),
  ask: async (sheets, folder) => {
    needProgram("etcd", "etcd-server");
    put(folder, "ca.pem", lawSecrets.certificate("store/ca").certificate);
    put(folder, "cert.pem", realPair.certificate);
    put(folder, "key.pem", realPair.key);
    return each(sheets, (sheet, index) => serves(sheet.get(path) ?? "", folder, index), 4);
  },
};

async function serves(text: string, folder: string, index: number): Promise<string | undefined> {
  const own = `${folder}/${index}`;
  // The whole of 127.0.0.0/8 is the loopback: one address for each.
  const address = `127.19.${index >> 8}.${index & 255}`;
  mkdirSync(own);
  const settings = text.split("\n").filter((line) => /^[A-Z]/.test(line));
  const env = Object.fromEntries(
    settings.map((line) => [line.replace(/=.*$/s, ""), line.replace(/^[^=]*=/, "")]),
  );
  const moved = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value.replaceAll("/etc/etcd/", `${folder}/`)]),
  );
  const daemon = spawn("etcd", [], {
    env: {
      PATH: process.env.PATH ?? "",
      ...moved,
      ETCD_DATA_DIR: `${own}/data`,
      ETCD_LISTEN_PEER_URLS: `https://${address}:2380`,
      ETCD_LISTEN_CLIENT_URLS: `https://${address}:2379`,
      ETCD_INITIAL_CLUSTER_STATE: "new",
    },
    cwd: own,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(daemon, "close");
  const seen = { said: "", ended: false };
  daemon.stderr.on("data", (chunk: Buffer) => {
    seen.said += chunk.toString();
  });
  void ended.then(() => {
    seen.ended = true;
  });
  const patient = patience();
  try {
    while (patient()) {
      if (/now serving peer/.test(seen.said)) return undefined;
      if (seen.ended) return `${seen.said.slice(-600)} (exit ${daemon.exitCode})`;
      await pause(50);
    }
    return `${seen.said.slice(-600)} (no answer)`;
  } finally {
    daemon.kill("SIGKILL");
    await ended;
  }
}

export const law: RoleLaw = {
  role: "etcd",
  stack: (vars, size, round) => hostsOf(size, { etcd: vars }, { round }),
  judges: [etcd, unitsJudge],
};
