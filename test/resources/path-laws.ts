import { directory } from "../../src/resources/directory.ts";
import { file } from "../../src/resources/file.ts";
import { link } from "../../src/resources/link.ts";
import { tree } from "../../src/resources/tree.ts";
import { quote } from "../../src/script/script.ts";
import type { Law } from "./laws.ts";

/** Names that shells, terminals and programs trip over, each a legal file name. */
export const hostileNames = [
  "with space",
  "it's",
  'dou"ble',
  "$HOME",
  "$(exit 9)",
  "`exit 9`",
  "-n",
  "--",
  "é-ü-漢-🦊",
  "back\\slash",
  "trailing\\",
  "*",
  "[a]?",
  "~root",
  "%s%d",
  "semi;colon",
  "|pipe|",
  "!bang",
  "#hash",
  "=81a4|0|0|root|root|",
  "x".repeat(255),
];

/** Laws of the kinds that need nothing but a folder: file, directory, link. `root` is empty, and stays ours. */
export function pathLaws(root: string): readonly Law[] {
  const at = (name: string): string => `${root}/${name}`;
  return [...fileLaws(at), ...directoryLaws(at), ...linkLaws(at), treeLaw(at)];
}

type At = (name: string) => string;

function fileLaws(at: At): readonly Law[] {
  const secret = { content: "one\n", owner: "daemon", group: "nogroup", mode: "0640" };
  return [
    {
      name: "file: hostile names",
      resources: hostileNames.map((name) => file(at(name), { content: `in ${name}\n` })),
      changes: hostileNames.map((name) => `file:${at(name)}[+]`),
      proof: hostileNames
        .map((name) => `[ "$(cat -- ${quote(at(name))})" = ${quote(`in ${name}`)} ]`)
        .join("\n"),
    },
    {
      name: "file: content, owner and mode, each by itself",
      resources: [file(at("plain"), secret)],
      changes: [`file:${at("plain")}[+]`],
      proof: `[ "$(stat -c '%U:%G %a %s' ${at("plain")})" = 'daemon:nogroup 640 4' ]`,
      upsets: [
        { shell: `chmod 0666 ${at("plain")}`, changes: [`file:${at("plain")}[mode]`] },
        { shell: `chown root ${at("plain")}`, changes: [`file:${at("plain")}[owner]`] },
        { shell: `chgrp root ${at("plain")}`, changes: [`file:${at("plain")}[group]`] },
        { shell: `echo more >>${at("plain")}`, changes: [`file:${at("plain")}[sha256]`] },
        { shell: `rm ${at("plain")}`, changes: [`file:${at("plain")}[+]`] },
        {
          shell: `echo x >${at("plain")}.provision~; rm ${at("plain")}`,
          changes: [`file:${at("plain")}[+]`],
        },
      ],
    },
    {
      name: "file: set-id bits outlive a change of owner",
      resources: [file(at("setid"), { content: "x", owner: "daemon", mode: "6755" })],
      changes: [`file:${at("setid")}[+]`],
      proof: `[ "$(stat -c '%U %a' ${at("setid")})" = 'daemon 6755' ]`,
      upsets: [
        {
          shell: `chown root ${at("setid")}; chmod 6755 ${at("setid")}`,
          changes: [`file:${at("setid")}[owner]`],
        },
      ],
    },
    {
      name: "file: empty, one byte, binary, and 300 KB",
      resources: [
        file(at("empty"), { content: "" }),
        file(at("byte"), { content: "\n" }),
        file(at("binary"), { content: { bytes: Uint8Array.from({ length: 256 }, (_, i) => i) } }),
        file(at("big"), { content: "0123456789".repeat(30_000) }),
      ],
      changes: ["empty", "byte", "binary", "big"].map((name) => `file:${at(name)}[+]`),
      proof: `[ "$(stat -c %s ${["empty", "byte", "binary", "big"].map(at).join(" ")} | tr '\\n' ' ')" = '0 1 256 300000 ' ]`,
    },
    {
      name: "file: a link is replaced, and what it led to is left alone",
      before: `echo theirs >${at("theirs")}; ln -s theirs ${at("was-link")}; mkdir ${at("dir")}; ln -s dir ${at("was-dir-link")}`,
      resources: [
        file(at("was-link"), { content: "ours\n" }),
        file(at("was-dir-link"), { content: "ours\n" }),
      ],
      changes: [at("was-link"), at("was-dir-link")].map((path) => `file:${path}[sha256,owner,group,mode]`),
      proof: `[ ! -L ${at("was-link")} ] && [ "$(cat ${at("theirs")})" = theirs ] && [ -z "$(ls -A ${at("dir")})" ]`,
    },
    {
      name: "file: absent",
      before: `echo x >${at("gone")}; ln -s nowhere ${at("gone-link")}`,
      resources: [at("gone"), at("gone-link"), at("never")].map((path) => file(path, { absent: true })),
      changes: [`-file:${at("gone")}`, `-file:${at("gone-link")}`],
      proof: `[ ! -e ${at("gone")} ] && [ ! -L ${at("gone-link")} ]`,
    },
    {
      name: "file: a checker that agrees",
      resources: [
        file(at("checked it's"), { content: "good\n", check: `grep -q good %s && [ %s != ${at("x")} ]` }),
      ],
      changes: [`file:${at("checked it's")}[+]`],
      proof: `grep -q good ${quote(at("checked it's"))}`,
    },
  ];
}

function directoryLaws(at: At): readonly Law[] {
  return [
    {
      name: "directory: made inside one another, with owner and mode",
      resources: [
        directory(at("d1")),
        directory(at("d1/d 2"), { owner: "daemon", group: "daemon", mode: "2750" }),
      ],
      changes: [`directory:${at("d1")}[+]`, `directory:${at("d1/d 2")}[+]`],
      proof: `[ "$(stat -c '%U:%G %a' ${quote(at("d1/d 2"))})" = 'daemon:daemon 2750' ]`,
      upsets: [
        {
          shell: `chmod 2700 ${quote(at("d1/d 2"))}; touch ${at("d1/foreign")}`,
          changes: [`directory:${at("d1/d 2")}[mode]`],
        },
        { shell: `chown root ${quote(at("d1/d 2"))}`, changes: [`directory:${at("d1/d 2")}[owner]`] },
        { shell: `chmod g+s ${at("d1")}`, changes: [`directory:${at("d1")}[mode]`] },
      ],
    },
    {
      name: "directory: absent",
      before: `mkdir ${at("e")}`,
      resources: [directory(at("e"), { absent: true }), directory(at("never"), { absent: true })],
      changes: [`-directory:${at("e")}`],
      proof: `[ ! -e ${at("e")} ]`,
    },
  ];
}

function linkLaws(at: At): readonly Law[] {
  const targets = ["plain", '../it\'s a "target"', "-n", "/$HOME/é", "back\\slash\\"];
  return [
    {
      name: "link: hostile targets, an old target, a directory behind it",
      before: `mkdir ${at("behind")}; ln -s behind ${at("link1")}`,
      resources: targets.map((target, i) => link(at(`link${i}`), { target })),
      changes: targets.map((_, i) => `link:${at(`link${i}`)}[${i === 1 ? "target" : "+"}]`),
      proof: [
        ...targets.map((target, i) => `[ "$(readlink ${at(`link${i}`)})" = ${quote(target)} ]`),
        `[ -z "$(ls -A ${at("behind")})" ]`,
      ].join("\n"),
      upsets: [
        {
          shell: `rm ${at("link2")}; ln -s "new\nline" ${at("link2")}`,
          changes: [`link:${at("link2")}[target]`],
        },
      ],
    },
    {
      name: "link: absent",
      before: `ln -s x ${at("unlink")}`,
      resources: [link(at("unlink"), { absent: true }), link(at("never"), { absent: true })],
      changes: [`-link:${at("unlink")}`],
      proof: `[ ! -L ${at("unlink")} ]`,
    },
  ];
}

/** A folder of the project, as `asset` gives it. */
function treeLaw(at: At): Law {
  const bytes = new TextEncoder().encode("#!/bin/sh\necho ran\n");
  const files = new Map([
    ["data", { bytes }],
    ["run", { bytes, executable: true as const }],
    ["sub dir/it's", { bytes }],
  ]);
  const asset = Object.assign(files, {
    folders: ["empty", "sub dir"],
    links: new Map([["sub dir/go", "../run"]]),
  });
  const root = at("a tree");
  const made = ["directory:", "directory:/empty", "directory:/sub dir"].concat([
    "file:/data",
    "file:/run",
    "file:/sub dir/it's",
    "link:/sub dir/go",
  ]);
  const id = (one: string): string => one.replace(":", `:${root}`);
  return {
    name: "tree: folders, files with their x bit, links",
    resources: tree(root, asset, { group: "daemon", mode: "0750" }),
    changes: made.map((one) => `${id(one)}[+]`),
    proof: [
      `[ "$(${quote(`${root}/sub dir/go`)})" = ran ]`,
      `[ "$(cd ${quote(root)}; stat -c '%G %a' . empty data run | tr '\\n' ' ')" = 'daemon 750 daemon 750 daemon 640 daemon 750 ' ]`,
    ].join("\n"),
    upsets: [
      { shell: `chmod a+x ${quote(`${root}/data`)}`, changes: [`${id("file:/data")}[mode]`] },
      { shell: `chmod a-x ${quote(`${root}/run`)}`, changes: [`${id("file:/run")}[mode]`] },
      { shell: `rmdir ${quote(`${root}/empty`)}`, changes: [`${id("directory:/empty")}[+]`] },
    ],
  };
}
