import { describe, expect, it } from "vitest";
import {
  checkHostKey,
  entriesFor,
  fingerprint,
  hostKeyAlgorithms,
  knownHostLine,
  knownName,
  parseKnownHosts,
} from "../../src/transport/known-hosts.ts";

/** A key of a type. `id`: its last byte. */
function key(type: string, id: number): Buffer {
  const name = Buffer.from(type);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(name.length);
  return Buffer.concat([head, name, Buffer.alloc(31, 7), Buffer.from([id])]);
}

const ED = "ssh-ed25519";
const RSA = "ssh-rsa";
const a = key(ED, 1);
const b = key(ED, 2);
const r = key(RSA, 3);
const text64 = (bytes: Buffer): string => bytes.toString("base64");
const line = (hosts: string, bytes: Buffer, type = ED): string => `${hosts} ${type} ${text64(bytes)}`;
const hashed = (name: string, bytes: Buffer): string =>
  knownHostLine(name, bytes, Buffer.alloc(20, 5)).trim();

function verdict(text: string, shown: Buffer, host = "web1", port = 22): string {
  const entries = parseKnownHosts(text, "kh");
  const named = entriesFor(entries, knownName(host, port));
  const portless = port === 22 ? [] : entriesFor(entries, knownName(host, 22));
  const result = checkHostKey(named, shown, portless);
  switch (result.type) {
    case "ok":
      return "ok";
    case "unknown":
      return result.authority === undefined ? "unknown" : `unknown, authority ${result.authority.line}`;
    case "changed":
    case "revoked":
      return `${result.type} ${result.known.file}:${result.known.line}`;
  }
}

describe("known_hosts", () => {
  it.each<[what: string, text: string, shown: Buffer, expected: string, host?: string, port?: number]>([
    ["a plain name", line("web1", a), a, "ok"],
    ["one of several names", line("10.0.0.1,web1,web1.example", a), a, "ok"],
    ["nothing", "", a, "unknown"],
    ["another host only", line("web2", a), a, "unknown"],
    ["letters in another case", line("WEB1.Example", a), a, "ok", "web1.EXAMPLE"],
    ["a comment behind the key", `${line("web1", a)} root@web1 since 2020`, a, "ok"],
    ["tabs and blanks", `  web1\t${ED}   ${text64(a)}\t\n`, a, "ok"],
    ["another key of the same type", `# old\n${line("web1", a)}`, b, "changed kh:2"],
    ["two keys, the second fits", `${line("web1", a)}\n${line("web1", b)}`, b, "ok"],
    ["a key of another type only", line("web1", r, RSA), a, "changed kh:1"],
    ["an IPv6 address, written in another way", line("2001:db8::1", a), a, "ok", "2001:DB8:0:0::0001"],
    ["the same on another port", line("[2001:db8::1]:2222", a), a, "ok", "2001:DB8:0::1", 2222],
    ["a hashed name", hashed("web1", a), a, "ok"],
    ["a hashed name of another", hashed("web2", a), a, "unknown"],
    ["a hashed name, key changed", hashed("web1", a), b, "changed kh:1"],
    ["another port", line("[web1]:2222", a), a, "ok", "web1", 2222],
    ["another port, hashed", hashed("[web1]:2222", a), a, "ok", "web1", 2222],
    ["a port that is not this one", line("[web1]:2222", a), a, "unknown"],
    ["the name without port vouches for another port", line("web1", a), a, "ok", "web1", 2222],
    ["… but does not contradict it", line("web1", a), b, "unknown", "web1", 2222],
    ["star", line("web*", a), a, "ok"],
    ["question mark", line("web?", a), a, "ok"],
    ["question mark stands for one letter", line("web?", a), a, "unknown", "web12"],
    ["a dot is a dot", line("web.1", a), a, "unknown", "webx1"],
    ["star with a port", line("[10.0.*]:2222", a), a, "ok", "10.0.3.4", 2222],
    ["negation", line("*.example,!bad.example", a), a, "unknown", "bad.example"],
    ["negation of another", line("*.example,!bad.example", a), a, "ok", "good.example"],
    ["negation before", line("!bad.example,*.example", a), a, "unknown", "bad.example"],
    ["revoked", `@revoked ${line("*", a)}`, a, "revoked kh:1"],
    ["revoked beats known", `${line("web1", a)}\n@revoked ${line("*", a)}`, a, "revoked kh:2"],
    ["another key is revoked", `${line("web1", a)}\n@revoked ${line("*", b)}`, a, "ok"],
    ["revoked without port counts for all", `@revoked ${line("web1", a)}`, a, "revoked kh:1", "web1", 2222],
    ["an authority only", `@cert-authority ${line("*.example", b)}`, a, "unknown, authority 1", "x.example"],
    ["an authority's own key as the host's", `@cert-authority ${line("web1", a)}`, a, "unknown, authority 1"],
    ["an authority and the plain key", `@cert-authority ${line("*", b)}\n${line("web1", a)}`, a, "ok"],
    [
      "an authority and another plain key",
      `@cert-authority ${line("*", b)}\n${line("web1", b)}`,
      a,
      "changed kh:2",
    ],
    ["an unknown marker", `@trusted ${line("web1", a)}`, a, "unknown"],
    [
      "bad lines, then a good one",
      `garbage\nweb1\nweb1 ${ED}\nweb1 ${ED} !!!\n|1|x ${ED} AAAA\n${line("web1", a)}`,
      a,
      "ok",
    ],
    ["a type that the key is not", line("web1", a, RSA), a, "unknown"],
    ["a line without hosts", line(",", a), a, "unknown"],
    ["Windows line ends", `${line("web1", a)}\r\n${line("web2", b)}\r\n`, a, "ok"],
  ])("%s", (_what, text, shown, expected, host, port) => {
    expect(verdict(text, shown, host, port)).toBe(expected);
  });

  it("requests known key types first", () => {
    const named = parseKnownHosts(line("web1", r, RSA), "kh");
    expect(hostKeyAlgorithms(named).slice(0, 3)).toEqual(["rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519"]);
    expect(hostKeyAlgorithms([])[0]).toBe("ssh-ed25519");
  });

  it("shows fingerprints as ssh-keygen does", () => {
    expect(fingerprint(Buffer.from("abc"))).toBe("SHA256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0");
  });
});
