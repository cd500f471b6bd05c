import { resolve } from "node:path";
import type { Resource } from "../../../../src/model/resource.ts";
import { needProgram } from "../../daemon.ts";
import { put, refusal, runAll, textOf } from "../ask.ts";
import { hostsOf } from "../hosts.ts";
import type { Judge, RoleLaw } from "../law.ts";
import { realPair } from "../secrets.ts";
import { unitsJudge } from "../units.ts";

const certificates = "/etc/haproxy/certs/";

const sessions = resolve(import.meta.dirname, "../../../../roles/haproxy/files/sessions.lua");

/** The configuration with its certificates. It need not be root who asks. */
export const haproxyCheck = (path: string): Judge => ({
  name: "haproxy",
  sheets: (resources) => {
    const wanted = ({ kind, key }: Resource): boolean =>
      kind === "file" && (key === path || key.startsWith(certificates));
    return [new Map(resources.filter(wanted).map((one) => [one.key, textOf(one)]))];
  },
  ask: async (sheets, folder) => {
    needProgram("haproxy", "haproxy");
    const files = sheets.map((sheet, index) => {
      const own = `${folder}/${index}/`;
      for (const [name, text] of sheet)
        if (name !== path) put(own, name.slice(certificates.length), text.replaceAll(certificates, own));
      const text = (sheet.get(path) ?? "")
        .replaceAll(certificates, own)
        .replaceAll("/etc/haproxy/sessions.lua", sessions)
        .replaceAll(/^ {4}(chroot|user haproxy|group haproxy).*\n/gm, "")
        .replaceAll(" user root group haproxy", "");
      return put(own, "haproxy.cfg", text);
    });
    return (await runAll(files, (file) => ["haproxy", "-c", "-f", file])).map(({ code, words }) => {
      const against = words.split("\n").filter((line) => line.startsWith("[ALERT]"));
      return refusal({ code, words: against.join("\n") });
    });
  },
});

export const law: RoleLaw = {
  role: "haproxy",
  stand: {
    // Made once: what is in it is a matter of the user's own files.
    "certificates.*.certificate": [realPair.certificate],
    "certificates.*.key": [realPair.key],
    "config.global": ["", "tune.ssl.default-dh-param 2048\n"],
    "config.defaults": ["", "timeout http-keep-alive 5s"],
    "config.frontend": ["", "http-request deny if { path /x }"],
    "config.backend": ["", "http-request set-header X-A b"],
    "config.sections": ["", "backend own\n    server a 127.0.0.1:1\n"],
    service: ["http"],
    "backends.*.service": ["http", "memcached", "nowhere"],
    "tcp.*.service": ["http", "memcached", "nowhere"],
  },
  stack: (vars, size, round) => ({
    ...hostsOf(1, { haproxy: vars }, { round, first: 700 }),
    ...hostsOf(size, { sidecar: {}, nginx: {} }, { round: round + 2 }),
    ...hostsOf(1, { gunicorn: {}, memcached: {} }, { round: round + 4, first: 400 }),
  }),
  judges: [haproxyCheck("/etc/haproxy/haproxy.cfg"), unitsJudge],
};
