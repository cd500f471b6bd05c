import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { roles } from "../../../roles/index.ts";
import type { Json } from "../../../src/model/json.ts";
import type { Resource } from "../../../src/model/resource.ts";
import { exec } from "../../../src/resources/exec.ts";
import { armUndo, awaitUndo, confirmUndo, endChange, undoRunner } from "../../../src/run/converge/undo.ts";
import { desiredOfAll, type HostSpec } from "../../roles/scenario.ts";

const folder = mkdtempSync(join(tmpdir(), "confirm-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What can cut off the connection that it is changed over, once it is in force. */
const dangers: Readonly<Record<string, RegExp>> = {
  // `nft list` and `nft -c` only look.
  exec: /\b(nft (?!list|-s list|-c )|iptables|ip6tables|ufw |ip (addr|link|route|rule) (add|del|set|flush|replace)|sshd\b|ssh\.service|netplan|networkctl|ifup|ifdown|visudo)/,
  unit: /^(ssh|sshd|networking|systemd-networkd|NetworkManager|nftables|netfilter-persistent|ufw)(\.|$)/,
  file: /^\/etc\/(ssh\/sshd|sudoers|pam\.d\/|network\/|netplan\/|systemd\/network\/|nftables\.conf|hosts\.(allow|deny)|nsswitch\.conf)/,
};

const isDangerous = ({ kind, key, payload }: Resource): boolean =>
  dangers[kind]?.test(kind === "exec" ? String(payload?.own?.command) : key) === true;

/** Two hosts for every role, three for the store, with nothing but defaults; the agent and the sidecar, which some roles ask for, are on all of them. */
function everyRole(): readonly Resource[] {
  const vars: Readonly<Record<string, Json>> = { keepalived: { addresses: ["10.0.0.250/24"] } };
  const specs = [...roles.keys()].flatMap((role, index) =>
    [1, 2, ...(role === "etcd" ? [3] : [])].map((nth): [string, HostSpec] => {
      const last = 3 * index + nth;
      const address = `10.0.0.${last}`;
      const played = { nrpe: {}, sidecar: {}, [role]: vars[role] ?? {} };
      // The newest system: some roles refuse older ones.
      const os = { id: "debian", version: "13", codename: "trixie" };
      const facts = { os, addresses: [{ interface: "eth0", address, prefix: 24 }] };
      return [`host${last}`, { address, roles: played, facts }];
    }),
  );
  const hosts = desiredOfAll(Object.fromEntries(specs));
  return [...hosts.values()].flatMap((wanted) => {
    if (!wanted.ok) throw new Error(JSON.stringify(wanted.error));
    return wanted.value;
  });
}

describe("law 12: what can cut off its own connection", () => {
  it("needs the confirmation of a new login, in every role", () => {
    const resources = everyRole();
    const dangerous = resources.filter(isDangerous);
    expect(new Set(dangerous.map(({ kind, key }) => `${kind}:${key}`))).toContain("exec:firewall");
    const bare = dangerous.filter(({ payload }) => payload?.confirm === undefined);
    expect(bare.map(({ kind, key }) => `${kind}:${key}`)).toEqual([]);
  });

  it("is in the boot's ruleset only after it was confirmed: the same bytes, written later", () => {
    const resources = everyRole();
    const load = resources.findIndex(({ kind, key }) => kind === "exec" && key === "firewall");
    const boot = resources.findIndex(
      ({ kind, key }) => kind === "file" && key === "/etc/nftables.d/provision.nft",
    );
    expect(boot).toBeGreaterThan(load);
    expect(resources[boot]?.payload?.content?.bytes).toEqual(resources[load]?.payload?.content?.bytes);
  });
});

describe("a confirmation", () => {
  it.each([
    [{ undo: "" }, /undo: write a shell command/],
    [{ undo: "true", save: " " }, /save: write a shell command/],
    [{ undo: "true", seconds: 0 }, /confirm.seconds 0: write a whole number from 1 to 600/],
    [{ undo: "true", seconds: 1.5 }, /confirm.seconds 1.5/],
  ])("is refused as %j", (confirm, words) => {
    expect(() => exec("x", { command: "true", unless: "true", confirm })).toThrow(words);
  });
});

describe("the scripts of an undo", () => {
  const confirm = { save: "cat '/x y'", undo: 'cat >"/x y"', seconds: 5 };
  const scripts = [
    armUndo("exec:it's $(x)", confirm),
    confirmUndo("exec:it's $(x)"),
    awaitUndo("exec:it's $(x)", 5),
    endChange("exec:it's $(x)"),
  ];

  it("pass shellcheck", () => {
    const paths = [...scripts.map(({ text }) => `${text}\n`), undoRunner].map((text, index) => {
      const path = join(folder, `${index}.sh`);
      writeFileSync(path, text);
      return path;
    });
    // As for the kinds' scripts: `$` in single quotes is data here.
    expect(
      execFileSync("shellcheck", ["-s", "sh", "-e", "SC2016,SC1003,SC2317", ...paths], { encoding: "utf8" }),
    ).toBe("");
  });

  it("take nothing from the request's input", () => {
    expect(scripts.flatMap(({ input }) => input)).toEqual([]);
  });
});

describe("an undo whose time has come", () => {
  /** What a host has in the folder of a pending undo, and a shell there that makes the change, as a session's does. */
  async function pending(change: string, born?: string) {
    const at = mkdtempSync(join(folder, "undo-"));
    const files = { armed: "", run: undoRunner, saved: "old\n", undo: "cat >state\n", state: "old\n" };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(at, name), text);
    const lead = `read -r _; ( ${change} ); echo "$?" >answer; read -r _`;
    // A session and a group of its own.
    const shell = spawn("sh", ["-c", lead], { cwd: at, detached: true, stdio: ["pipe", "ignore", "ignore"] });
    const ended = once(shell, "exit");
    const stat = readFileSync(`/proc/${shell.pid}/stat`, "utf8");
    const begun = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    writeFileSync(join(at, "maker"), `${shell.pid} ${born ?? begun}\n`);
    shell.stdin.write("\n");
    await delay(200);
    execFileSync("sh", [join(at, "run")]);
    const left = shell.exitCode === null && shell.signalCode === null;
    await delay(300);
    const read = (name: string): string =>
      existsSync(join(at, name)) ? readFileSync(join(at, name), "utf8").trim() : "";
    const seen = { left, answer: read("answer"), said: read("said"), ended: read("ended") };
    shell.stdin.end("\n");
    await ended;
    return { ...seen, state: read("state") };
  }

  it("ends a change that is still under way, so that it is not made behind the undo's back", async () => {
    const seen = await pending("sleep 1; echo new >state");
    expect(seen).toEqual({
      left: true,
      answer: "143",
      said: "the change was still under way when its time was over, and was ended",
      ended: "0",
      state: "old",
    });
  });

  it("also one that takes no hint", { timeout: 10_000 }, async () => {
    const seen = await pending("trap '' TERM; sleep 3; echo new >state");
    expect(seen).toMatchObject({ left: true, answer: "137", ended: "0", state: "old" });
  });

  it("touches nothing where the change has ended, nor what has its number by now", async () => {
    expect(await pending("echo new >state")).toEqual({
      left: true,
      answer: "0",
      said: "",
      ended: "0",
      state: "old",
    });
    expect(await pending("sleep 0.4; echo new >state", "1")).toMatchObject({
      said: "",
      answer: "0",
      state: "new",
    });
  });
});
