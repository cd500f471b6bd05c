import { describe, expect, it } from "vitest";
import { bug } from "../../src/base/bug.ts";
import type { Kind } from "../../src/model/kind.ts";
import type { Script } from "../../src/model/script.ts";
import { file } from "../../src/resources/file.ts";
import { kinds } from "../../src/resources/kinds.ts";
import { liveOutput } from "../../src/run/converge/live-output.ts";
import { localTransport } from "../../src/transport/local.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { type EngineRun, runEngine } from "../lab/support/engine.ts";

const hosts = ["good1", "bad", "good2"];

/** This machine in the place of each host, with a systemd. The script that a host is sent may be changed on the way. */
const here = (change: (host: string, script: Script) => Script): Transport => ({
  async connect(target, options) {
    const connected = await localTransport.connect(target, options);
    if (!connected.ok) return connected;
    const session = connected.value;
    return {
      ok: true,
      value: {
        request: ({ text, input }, more) => {
          const systemd = { text: text.replace("/run/systemd/system", "/"), input };
          return session.request(change(target.name, systemd), more);
        },
        close: () => session.close(),
        get stats() {
          return session.stats;
        },
      },
    };
  },
});

const fileKind = kinds.get("file");

/** The kind `file`, with something in it that throws on one host. */
function brokenOn(host: string, broken: Partial<Kind>): Partial<EngineRun> {
  if (fileKind === undefined) throw new Error("no kind file");
  const kind: Kind = { ...fileKind, ...broken };
  return {
    resources: (name) => [file(name === host ? "/tmp/bad" : "/tmp/good", { content: "x" })],
    input: { kinds: new Map([...kinds, ["file", kind]]) },
  };
}

const boom = (): never => {
  throw new TypeError("Cannot read properties of null");
};

async function outcomes(more: Partial<EngineRun>, change = (_host: string, script: Script) => script) {
  const { summary, events } = await runEngine({
    command: "plan",
    targets: hosts.map((name) => ({ name, host: "here", sudo: false, connection: "local" as const })),
    resources: () => [],
    wrap: () => here(change),
    ...more,
  });
  expect(events.filter(({ type }) => type === "run-finished")).toHaveLength(1);
  return summary.hosts.map(({ host, outcome, failure }) => [host, outcome, failure] as const);
}

const oneBug = [
  ["good1", "changes", undefined],
  [
    "bad",
    "failed",
    {
      code: "bug",
      message: "bad: a bug in provision: TypeError: Cannot read properties of null",
      detail: expect.stringContaining("one-host.test.ts"),
      hint: "please report it, with the lines above",
    },
  ],
  ["good2", "changes", undefined],
];

describe("one bad host is one bad host", () => {
  it("whose answer cannot be parsed", async () => {
    const parse: Kind["parse"] = (output, own) =>
      own.some(({ key }) => key === "/tmp/bad") ? boom() : (fileKind?.parse(output, own) ?? new Map());
    expect(await outcomes(brokenOn("bad", { parse }))).toEqual(oneBug);
  });

  it("for which no question can be made", async () => {
    const observe: Kind["observe"] = (own) =>
      own.some(({ key }) => key === "/tmp/bad")
        ? boom()
        : (fileKind?.observe(own) ?? { text: "", input: [] });
    expect(await outcomes(brokenOn("bad", { observe }))).toEqual(oneBug);
  });

  it("whose facts from earlier runs cannot be used", async () => {
    const recall = {
      facts: (host: string) => (host === "bad" ? boom() : undefined),
      remember: () => {},
    };
    const broken = brokenOn("none", {});
    expect(await outcomes({ ...broken, input: { ...broken.input, recall } })).toEqual(oneBug);
  });

  it("that floods, while it is asked", async () => {
    const flood = (host: string, script: Script): Script =>
      host === "bad" ? { ...script, text: `yes >&2\n${script.text}` } : script;
    const found = await outcomes(brokenOn("none", {}), flood);
    expect(found.map(([, outcome]) => outcome)).toEqual(["changes", "failed", "changes"]);
    expect(found[1]?.[2]).toMatchObject({ code: "protocol", message: expect.stringContaining("64 MiB") });
  });
});

it("a bug without an error is told, too", () => {
  expect(bug("web1", "words")).toMatchObject({ message: "web1: a bug in provision: words", detail: "words" });
});

describe("live output", () => {
  function told(pieces: readonly string[]): { readonly lines: readonly string[]; readonly last: string } {
    const lines: string[] = [];
    const output = liveOutput((line) => lines.push(line));
    for (const piece of pieces) output.chunk(Buffer.from(piece));
    output.end();
    return { lines, last: output.last() };
  }

  it("comes line by line, however it is cut; what was written over is left out", () => {
    expect(told(["a\nb", "c\n", "1%\r2%", "\r3%\nend"]).lines).toEqual(["a", "bc", "3%", "end"]);
  });

  it("of a line without end tells the beginning, in little time", () => {
    const { lines, last } = told(Array.from({ length: 2_000 }, () => "x".repeat(32_768)));
    expect(lines.map(({ length }) => length)).toEqual([4_097]);
    expect(last.length).toBe(65_536);
  });

  it("of lines without end tells the first", () => {
    const { lines } = told(Array.from({ length: 100 }, () => "y\n".repeat(1_000)));
    expect([lines.length, lines.at(-1)]).toEqual([20_001, "… (further lines are not shown)"]);
  });
});
