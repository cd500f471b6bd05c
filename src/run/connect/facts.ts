import type { Address, Facts } from "../../model/facts.ts";
import type { Manifest } from "../../model/plan.ts";
import type { Script } from "../../model/script.ts";
import { parseManifest } from "../../plan/manifest-file.ts";
import { subshell } from "../../script/block.ts";
import { raw } from "../../script/script.ts";
import { joinSections, type Section, splitSections } from "../../script/sections.ts";

/** Where a host keeps what was last applied to it. Readable by root only. */
export const manifestPath = "/var/lib/provision/manifest.json";

/** What the first request brings. */
export interface FirstAnswer {
  readonly facts: Facts;
  readonly manifest: Manifest;
  readonly root: boolean;
}

/**
 * Read by the shell itself where the kernel tells it in a file: each program started costs a host more than all of these.
 * `Cpus_allowed_list` is what `nproc` counts.
 */
const core = `while read -r name value rest; do
  case $name in Uid:) echo "$value";; Cpus_allowed_list:) echo "$value"; break;; esac
done </proc/self/status
for file in hostname osrelease random/boot_id; do read -r value </proc/sys/kernel/$file; echo "$value"; done
{ read -r value </proc/sys/kernel/arch; } 2>/dev/null || value=$(uname -m); echo "$value"
read -r name value rest </proc/meminfo; echo "$value"
if [ -d /run/systemd/system ]; then echo yes; else echo no; fi
while IFS= read -r line; do echo "$line"; done </etc/os-release`;

/** One script for everything that is known before roles are asked: facts, roles' own facts, the manifest. */
export function factsScript(nonce: string, roleFacts: Readonly<Record<string, string>>): Script {
  const sections: Section[] = [
    { name: "core", script: raw(core) },
    { name: "addresses", script: raw("ip -o addr show 2>/dev/null || true") },
    { name: "manifest", script: raw(`cat ${manifestPath} 2>/dev/null || true`) },
    ...Object.entries(roleFacts).map(([name, text]) => ({
      name: `fact ${name}`,
      script: subshell([raw(text)]),
    })),
  ];
  return joinSections(nonce, sections);
}

/** `undefined`: the answer is not one. */
export function parseFacts(nonce: string, output: string): FirstAnswer | undefined {
  const sections = splitSections(nonce, output);
  const text = (name: string): string => sections.get(name)?.output ?? "";
  const [uid, cpus, hostname, kernel, bootId, arch, memoryKb, systemd, ...release] = linesOf(text("core"));
  if (systemd === undefined || uid === undefined) return undefined;
  const os = parseOsRelease(release);
  const role = [...sections].filter(([name]) => name.startsWith("fact "));
  return {
    root: uid === "0",
    manifest: parseManifest(text("manifest")),
    facts: {
      hostname: hostname ?? "",
      os: {
        id: os.get("ID") ?? "",
        version: os.get("VERSION_ID") ?? "",
        codename: os.get("VERSION_CODENAME") ?? "",
      },
      arch: arch ?? "",
      kernel: kernel ?? "",
      cpus: countCpus(cpus ?? ""),
      memoryMb: Math.round(Number.parseInt(memoryKb ?? "0", 10) / 1024),
      addresses: parseAddresses(text("addresses")),
      bootId: bootId ?? "",
      systemd: systemd.trim() === "yes",
      role: new Map(role.map(([name, section]) => [name.slice("fact ".length), section.output.trim()])),
    },
  };
}

/** No host has as many lines to tell: a text of millions of line ends would be as many strings. */
const linesOf = (text: string): readonly string[] => text.split("\n", 10_000);

/** `0-3,8` = 5. */
function countCpus(list: string): number {
  return list.split(",").reduce((sum, range) => {
    const [first, last = first] = range.split("-").map(Number);
    return sum + Number(last) - Number(first) + 1;
  }, 0);
}

function parseOsRelease(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.flatMap((line) => {
      const match = /^([A-Z_]+)=["']?(.*?)["']?$/.exec(line);
      return match?.[1] === undefined ? [] : [[match[1], match[2] ?? ""] as const];
    }),
  );
}

/** Lines of `ip -o addr show`: `2: eth0    inet 10.0.0.2/24 brd …`. */
function parseAddresses(text: string): readonly Address[] {
  return linesOf(text).flatMap((line) => {
    const match = /^\d+:\s+(\S+)\s+inet6?\s+([0-9a-fA-F:.]+)\/(\d+)/.exec(line);
    const [, name, address, prefix] = match ?? [];
    if (name === undefined || address === undefined) return [];
    return [{ interface: name, address, prefix: Number(prefix) }];
  });
}
