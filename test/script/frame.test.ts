import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bootLine,
  bootWords,
  createDecoder,
  encodeRequest,
  guardScript,
  type Piece,
} from "../../src/script/frame.ts";

const TOKEN = "provision-aaaaaaaaaaaaaaaa";
const MARK = "provision-aaaaaaaaaaaaaaab";

interface Seen {
  noise: string;
  hellos: number;
  readonly answers: { output: string; number: number; code: number }[];
  rest: string;
  readonly broken: string[];
}

/** Puts pieces together as a session does. Bytes are kept as latin1 text, one character each. */
function collect(pieces: readonly Piece[]): Seen {
  const seen: Seen = { noise: "", hellos: 0, answers: [], rest: "", broken: [] };
  for (const piece of pieces) {
    if (piece.type === "noise") seen.noise += Buffer.from(piece.bytes).toString("latin1");
    else if (piece.type === "hello") seen.hellos += 1;
    else if (piece.type === "output") seen.rest += Buffer.from(piece.bytes).toString("latin1");
    else if (piece.type === "broken") seen.broken.push(piece.line);
    else {
      seen.answers.push({ output: seen.rest, number: piece.request, code: piece.code });
      seen.rest = "";
    }
  }
  return seen;
}

function split(data: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (data.length + 1)))].sort((a, b) => a - b);
  return [...places, data.length].map((end, index) => data.subarray(places[index - 1] ?? 0, end));
}

/** Output with text that looks like a mark or a hello, but is not one. */
const output = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
      fc.constantFrom(
        "provision-",
        MARK,
        MARK.slice(0, -1),
        `${TOKEN} hello\n`,
        "\n",
        "provision-aaaaprovision-aaaa",
      ),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join("").replaceAll(`${MARK} `, ""))
  // Two parts together must not make up the mark. It is random, so real output does not either.
  .filter((text) => !text.includes(`${MARK} `) && !`${text}${MARK} `.slice(0, -1).includes(`${MARK} `));

describe("decoder", () => {
  it("finds every answer, wherever packets end", () => {
    const answer = fc.record({ output, code: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(
        output,
        fc.array(answer, { maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 60 }),
        (noise, answers, cuts) => {
          const quiet = noise.replaceAll(" hello", "");
          const frames = answers
            .map((each, index) => `${each.output}${MARK} ${index + 1} ${each.code}\n`)
            .join("");
          const decoder = createDecoder(TOKEN, MARK);
          const pieces = split(Buffer.from(`${quiet}${TOKEN} hello\n${frames}`, "latin1"), cuts).flatMap(
            (chunk) => decoder.push(chunk),
          );
          const seen = collect(pieces);
          expect(seen).toEqual({
            noise: quiet,
            hellos: 1,
            answers: answers.map((each, index) => ({
              output: each.output,
              number: index + 1,
              code: each.code,
            })),
            rest: "",
            broken: [],
          });
        },
      ),
      { numRuns: 500 },
    );
  });

  it("returns output at once, but never a part of a mark", () => {
    const decoder = createDecoder(TOKEN, MARK);
    decoder.push(Buffer.from(`${TOKEN} hello\n`));
    const heard: string[] = [];
    const text = `a line\nprovision-b ${MARK}x ${MARK} 1 0\n`;
    for (const char of text) {
      heard.push(collect(decoder.push(Buffer.from(char))).rest);
    }
    expect(heard.join("")).toBe(`a line\nprovision-b ${MARK}x `);
    // The end of a line is returned at once, because people wait for it.
    expect(heard.slice(0, 7).join("")).toBe("a line\n");
  });

  it.each(["1\n", "1 2 3\n", "1 -1\n", "one 0\n", `${"9".repeat(60)}`])(
    "refuses the mark line %j",
    (tail) => {
      const decoder = createDecoder(TOKEN, MARK);
      const seen = collect(decoder.push(Buffer.from(`${TOKEN} hello\n${MARK} ${tail}`)));
      expect([seen.answers.length, seen.broken.length]).toEqual([0, 1]);
    },
  );
});

describe("requests", () => {
  it("carry lengths in bytes", () => {
    const [first] = encodeRequest(7, { text: "echo é", input: [Buffer.from("ab"), Buffer.from("c")] }, "run");
    expect(Buffer.from(first ?? []).toString()).toBe("run 7 7 3\necho éabc");
  });

  it("do not copy large input", () => {
    const large = Buffer.alloc(1_000_000);
    const chunks = encodeRequest(1, { text: "cat", input: [large] }, "run");
    expect(chunks.length).toBe(2);
    expect(chunks[1]).toBe(large);
  });

  it("refuse input that cannot be sent", () => {
    expect(() => encodeRequest(1, { text: "a\0b", input: [] }, "run")).toThrow("NUL");
    expect(() => encodeRequest(1, { text: "", input: [Buffer.from("x")] }, "keep")).toThrow("no input");
  });
});

describe("the shell programs", () => {
  const programs = {
    guard: /-c '(.*?)' provision /s.exec(guardScript.text)?.[1] ?? "",
    executor: bootWords(TOKEN, { type: "none" })[2] ?? "",
  };

  it("are found", () => {
    expect(Object.values(programs).map((text) => text.length > 500)).toEqual([true, true]);
  });

  it.each(Object.entries(programs))("%s passes shellcheck", (_name, text) => {
    execFileSync("shellcheck", ["--shell=sh", "--severity=style", "-"], {
      input: text,
      stdio: ["pipe", "inherit", "inherit"],
    });
  });

  it.each(Object.entries(programs))("%s stands between single quotes in any login shell", (_name, text) => {
    expect(text).not.toMatch(/['\\\n]/);
    expect(text).not.toMatch(/!(?! )/);
  });

  it("are given the token, not the mark", () => {
    expect(bootWords(TOKEN, { type: "none" }).join(" ")).not.toContain(MARK);
    expect(bootLine(TOKEN, { type: "sudo" })).toMatch(/^sudo -n -- \/bin\/sh -c 'p_t=.* provision-a+ hello$/);
    expect(bootWords(TOKEN, { type: "sudo-password", prompt: "[x] password:" }).slice(0, 6)).toEqual([
      "sudo",
      "-S",
      "-p",
      "[x] password:",
      "--",
      "/bin/sh",
    ]);
  });
});
