import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser, openFile } from "./chromium.ts";
import { axeViolations, flawsSeen } from "./eyes.ts";
import { inventories, pages, removePages } from "./inventories.ts";
import { told, writeRun } from "./runs.ts";

const sizes = [...inventories()];
const shots = process.env.PROVISION_SCREENSHOTS ?? pages;
const file = (hosts: number): string => join(pages, `run-${hosts}.html`);

let browser: Browser;

beforeAll(async () => {
  for (const [hosts, inventory] of sizes) await writeRun(inventory, file(hosts));
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  removePages();
});

const opened = (hosts: number, width: number, more: { readonly dark?: true } = {}): Promise<Page> =>
  openFile(browser, file(hosts), { width, height: 1600, ...more });

/** Bars and bands that leave their lane. */
const strayed = `[...document.querySelectorAll(".lane rect")].filter((rect) => {
  const [own, lane] = [rect.getBoundingClientRect(), rect.closest("svg").getBoundingClientRect()];
  return own.width <= 0 || own.left < lane.left - 2 || own.right > lane.right + 2;
}).length`;

describe.each(sizes)("the page of a run on %d hosts", (hosts) => {
  test.each([360, 1024, 1920])("is whole and legible on a screen of %d px", async (width) => {
    const page = await opened(hosts, width);
    await page.screenshot({ path: join(shots, `run-${hosts}-${width}.png`) });
    expect(await flawsSeen(page)).toEqual([]);
    expect(await axeViolations(page)).toEqual([]);
    expect(await page.evaluate(strayed)).toBe(0);
    await page.$$eval("details", (all) => {
      for (const one of all) one.open = true;
    });
    expect(await flawsSeen(page)).toEqual([]);
    expect(await axeViolations(page)).toEqual([]);
    await page.close();
  });

  test("is as good in the dark", async () => {
    const page = await opened(hosts, 1024, { dark: true });
    await page.screenshot({ path: join(shots, `run-${hosts}-dark.png`) });
    expect(await axeViolations(page)).toEqual([]);
    await page.close();
  });
});

test("a host's name in the timeline leads to what was done there, by keyboard", async () => {
  const page = await opened(4, 1024);
  await page.evaluate(`document.querySelector(".lane a").focus()`);
  await page.keyboard.press("Enter");
  const [open, text] = await page.$$eval("#run details[open]", (all) => [
    all.length,
    all.map((node) => node.textContent).join(""),
  ]);
  expect(open).toBe(1);
  expect(text).toContain("update file:/etc/");
  await page.close();
});

test("says what failed, in the words of the host, without what is secret", () => {
  for (const [hosts] of sizes) {
    const text = readFileSync(file(hosts), "utf8");
    expect(text).toContain("unknown directive &quot;server_tokenz&quot;");
    expect(text).toContain("password = [secret]");
    expect(text).not.toContain(told);
    expect(text).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org|[\w.]+\/healthz)|url\(/);
  }
});

test("printed, lanes keep their bars, and every host is open", async () => {
  const page = await opened(13, 1024, { dark: true });
  await page.pdf({ path: join(shots, "run-13.pdf"), preferCSSPageSize: true });
  await page.emulateMediaType("print");
  expect(
    await page.evaluate('getComputedStyle(document.querySelector(".bar.change")).printColorAdjust'),
  ).toBe("exact");
  expect(await page.evaluate(strayed)).toBe(0);
  await page.close();
});
