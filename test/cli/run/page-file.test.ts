import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { whyNoPage, writePage } from "../../../src/cli/run/page-file.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "provision-page-file-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the file of a page", () => {
  it.each([
    ["run.txt", "--report .*run.txt: the report is an HTML page"],
    ["missing/run.html", "cannot be written: ENOENT"],
    ["taken.html", "EISDIR"],
  ])("%s is refused, with the reason", (name, reason) => {
    mkdirSync(join(folder, "taken.html"));
    expect(whyNoPage(join(folder, name))?.message).toMatch(new RegExp(reason));
  });

  it("is neither made nor touched by asking whether it can be written", () => {
    writeFileSync(join(folder, "old.html"), "old");
    expect(whyNoPage(join(folder, "old.html"))).toBeUndefined();
    expect(whyNoPage(join(folder, "new.html"))).toBeUndefined();
    expect(readdirSync(folder)).toEqual(["old.html"]);
    expect(readFileSync(join(folder, "old.html"), "utf8")).toBe("old");
  });

  it("is replaced as a whole, keeps its mode, and leaves nothing beside it", () => {
    const file = join(folder, "run.html");
    writeFileSync(file, "old");
    chmodSync(file, 0o600);
    const { ino } = statSync(file);
    expect(writePage(file, "new")).toBeUndefined();
    expect(readFileSync(file, "utf8")).toBe("new");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // Another file in its place: whoever reads the old one reads it to its end.
    expect(statSync(file).ino).not.toBe(ino);
    expect(readdirSync(folder)).toEqual(["run.html"]);
  });

  it("says why when the folder has gone meanwhile", () => {
    const file = join(folder, "gone", "run.html");
    expect(writePage(file, "new")?.message).toContain("ENOENT");
  });
});
