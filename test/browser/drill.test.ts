import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drillPage } from "../../src/report/drill/page.ts";
import { madeUp } from "../report/drill/made-up.ts";
import { openBrowser, openFile } from "./chromium.ts";
import { axeViolations, flawsSeen } from "./eyes.ts";
import { pages, removePages } from "./inventories.ts";

const sizes = [1, 12, 60];
const shots = process.env.PROVISION_SCREENSHOTS ?? pages;
const file = (faults: number): string => join(pages, `drill-${faults}.html`);

let browser: Browser;
const heard: string[] = [];

beforeAll(async () => {
  for (const faults of sizes) writeFileSync(file(faults), drillPage(madeUp(faults)));
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  removePages();
});

function opened(faults: number, width: number, more: { readonly dark?: true } = {}): Promise<Page> {
  heard.length = 0;
  return openFile(browser, file(faults), { width, heard, ...more });
}

/** Bars and columns that leave their lane. */
const strayed = `[...document.querySelectorAll(".lane rect")].filter((rect) => {
  const [own, lane] = [rect.getBoundingClientRect(), rect.closest("svg").getBoundingClientRect()];
  return own.width <= 0 || own.height <= 0 || own.left < lane.left - 2 || own.right > lane.right + 2 || own.bottom > lane.bottom + 1;
}).length`;

describe.each(sizes)("the page of a drill of %d faults", (faults) => {
  test.each([360, 390, 1024, 1200, 1920])("is whole and legible on a screen of %d px", async (width) => {
    const page = await opened(faults, width);
    await page.screenshot({ path: join(shots, `drill-${faults}-${width}.png`), fullPage: true });
    expect(await flawsSeen(page)).toEqual([]);
    expect(await axeViolations(page)).toEqual([]);
    expect(await page.evaluate(strayed)).toBe(0);
    expect(heard).toEqual([]);
    await page.close();
  });

  test.each([390, 1200])("is as good in the dark on a screen of %d px", async (width) => {
    const page = await opened(faults, width, { dark: true });
    await page.screenshot({ path: join(shots, `drill-${faults}-${width}-dark.png`), fullPage: true });
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(15, 20, 26)");
    expect(await axeViolations(page)).toEqual([]);
    await page.close();
  });
});

test("a fault's name in the timeline leads to its row, by keyboard", async () => {
  const page = await opened(12, 1024);
  await page.evaluate(`document.querySelector('.lane a[href="#fault-4"]').focus()`);
  await page.keyboard.press("Enter");
  expect(await page.$eval("tr:target", (node) => node.textContent)).toContain("etcd: leader cut off");
  await page.close();
});

test("printed, bars keep their colours, and the page fits the paper", async () => {
  const page = await opened(12, 1024, { dark: true });
  const path = join(shots, "drill-12.pdf");
  await page.pdf({ path, preferCSSPageSize: true });
  expect(existsSync(path)).toBe(true);
  await page.emulateMediaType("print");
  // A4 across, without its margins of 10 mm.
  await page.setViewport({ width: 1047, height: 718 });
  expect(await page.evaluate('getComputedStyle(document.querySelector(".bar.fault")).printColorAdjust')).toBe(
    "exact",
  );
  expect(await page.evaluate(strayed)).toBe(0);
  expect(await flawsSeen(page)).toEqual([]);
  await page.close();
});
