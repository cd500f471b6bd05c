import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Script } from "../../src/model/script.ts";
import { raw } from "../../src/script/script.ts";
import type { Session, Target, Transport } from "../../src/transport/transport.ts";
import { runWith } from "../resources/run.ts";

/** Places of a host that the engine itself uses: each is led into the folder. */
const ownPlaces = ["/var/lib/provision", "/run/provision.lock", "/run/systemd/system", "/etc/os-release"];

/** A host for the engine, without one: real scripts, run by this machine's shell, whose own places are in a folder. */
export interface FolderHost {
  readonly folder: string;
  readonly target: Target;
  readonly transport: Transport;
  /** The manifest as it stands there; undefined: none. */
  manifest(): string | undefined;
  putManifest(text: string): void;
  remove(): void;
}

/** `script`: what becomes of each script before it is run. */
export function folderHost(script: (text: string) => string = (text) => text): FolderHost {
  const folder = mkdtempSync(join(tmpdir(), "provision-host-"));
  for (const place of ["/run/systemd/system", "/run", "/etc", "/srv"])
    mkdirSync(join(folder, place), { recursive: true });
  writeFileSync(join(folder, "/etc/os-release"), "ID=debian\nVERSION_ID=12\n");
  const led = (text: string): string =>
    ownPlaces.reduce((one, place) => one.replaceAll(place, join(folder, place)), script(text));
  const manifestFile = join(folder, "/var/lib/provision/manifest.json");
  return {
    folder,
    target: { name: "web1", host: "127.0.0.1", sudo: false },
    transport: { connect: async () => ({ ok: true, value: sessionOn(led) }) },
    manifest: () => {
      try {
        return readFileSync(manifestFile, "utf8");
      } catch {
        return undefined;
      }
    },
    putManifest: (text) => {
      mkdirSync(dirname(manifestFile), { recursive: true });
      writeFileSync(manifestFile, text);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function sessionOn(led: (text: string) => string): Session {
  const run = runWith(["/bin/sh"]);
  const stats = { requests: 0, sent: 0, received: 0 };
  return {
    async request(script, { onOutput }) {
      stats.requests += 1;
      const ended = await run(ledScript(script, led));
      const [stdout, stderr] = [ended.stdout, ended.stderr].map((text) => new TextEncoder().encode(text));
      if (stdout === undefined || stderr === undefined) throw new Error("no output");
      onOutput?.(stdout, "stdout");
      return { ok: true, value: { code: ended.code, stdout, stderr } };
    },
    close: async () => {},
    stats,
  };
}

const ledScript = (script: Script, led: (text: string) => string): Script => ({
  text: raw(led(script.text)).text,
  input: script.input,
});
