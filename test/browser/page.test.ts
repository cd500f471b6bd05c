import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diagramCommand } from "../../src/cli/diagram.ts";
import { openBrowser, openFile } from "./chromium.ts";
import { axeViolations, flawsSeen } from "./eyes.ts";
import { inventories, pages, removePages } from "./inventories.ts";
import { livePage } from "./looked-at.ts";

const cwd = resolve(import.meta.dirname, "../..");
const sizes = [...inventories()];
/** Where screenshots are left for people to look at. */
const shots = process.env.PROVISION_SCREENSHOTS ?? pages;

let browser: Browser;
const heard: string[] = [];

const file = (hosts: number, format: string): string => join(pages, `${hosts}.${format}`);

beforeAll(async () => {
  for (const [hosts, inventory] of sizes) {
    for (const format of ["svg", "html", "mmd"]) {
      const options = { inventory: [inventory], extraVars: [], out: file(hosts, format), cwd };
      const { code, stderr } = await diagramCommand(options);
      expect(code, stderr).toBe(0);
    }
  }
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  removePages();
});

function opened(path: string, width: number, more: { readonly dark?: true } = {}): Promise<Page> {
  heard.length = 0;
  return openFile(browser, path, { width, heard, ...more });
}

describe.each(sizes)("the page of %d hosts", (hosts) => {
  test.each([360, 1024, 1920])("is whole and legible on a screen of %d px", async (width) => {
    const page = await opened(file(hosts, "html"), width);
    await page.screenshot({ path: join(shots, `${hosts}-${width}.png`), fullPage: true });
    expect(await flawsSeen(page)).toEqual([]);
    expect(await axeViolations(page)).toEqual([]);
    expect(heard).toEqual([]);
    // Everything there is, opened.
    await page.$$eval("details", (all) => {
      for (const one of all) one.open = true;
    });
    expect(await flawsSeen(page)).toEqual([]);
    expect(await axeViolations(page)).toEqual([]);
    await page.close();
  });

  test("is as good in the dark", async () => {
    const page = await opened(file(hosts, "html"), 1024, { dark: true });
    await page.screenshot({ path: join(shots, `${hosts}-dark.png`) });
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(15, 20, 26)");
    expect(await axeViolations(page)).toEqual([]);
    await page.close();
  });

  test("is an SVG that is well-formed and legible on its own", async () => {
    const page = await opened(file(hosts, "svg"), 1920);
    await page.screenshot({ path: join(shots, `${hosts}-svg.png`), fullPage: true });
    expect(await page.evaluate('document.querySelector("parsererror")?.textContent ?? ""')).toBe("");
    expect(await page.evaluate('document.querySelectorAll(".chip").length')).toBeGreaterThanOrEqual(hosts);
    expect(heard).toEqual([]);
    await page.close();
  });
});

describe("the page of hosts that were looked at", () => {
  test.each([360, 1024, 1920])("is whole and legible on a screen of %d px", async (width) => {
    const page = await opened(await livePage(), width, width === 1920 ? { dark: true } : {});
    await page.$$eval("details", (all) => {
      for (const one of all) one.open = true;
    });
    await page.screenshot({ path: join(shots, `live-${width}.png`), fullPage: true });
    expect(await flawsSeen(page)).toEqual([]);
    expect(await axeViolations(page)).toEqual([]);
    expect(heard).toEqual([]);
    await page.close();
  });

  test("opens the host that has drifted to what differs", async () => {
    const page = await opened(await livePage(), 1280);
    await page.click('.wide a[href="#host-db2"]');
    const text = await page.$eval("#host-db2", (node) => node.closest("details")?.innerText ?? "");
    expect(text).toContain("[content] drift: changed on the host");
    expect(text).toContain("/etc/systemd/system/provision-keeper.service");
    await page.close();
  });
});

test("a host in the picture leads to what is known of it, by click and by keyboard", async () => {
  const page = await opened(file(13, "html"), 1280);
  const isOpen = (host: string): Promise<boolean> =>
    page.$eval(`#host-${host}`, (node) => node.closest("details")?.open === true);
  expect(await isOpen("db1")).toBe(false);
  await page.click('.wide a[href="#host-db1"]');
  expect(await isOpen("db1")).toBe(true);
  await page.evaluate(`document.querySelector('.wide a[href="#host-web2"]').focus()`);
  await page.keyboard.press("Enter");
  expect(await isOpen("web2")).toBe(true);
  const text = await page.$eval("#host-web2", (node) => node.textContent ?? "");
  expect(text).toContain("nginx");
  expect(text).toContain("One may be lost.");
  await page.close();
});

test("the keyboard reaches the hosts by the skip link and opens them", async () => {
  const page = await opened(file(4, "html"), 1024);
  await page.keyboard.press("Tab");
  expect(await page.evaluate("document.activeElement.className")).toBe("skip");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  expect(await page.evaluate("document.activeElement.tagName")).toBe("SUMMARY");
  await page.keyboard.press("Space");
  expect(await page.evaluate('document.activeElement.closest("details").open')).toBe(true);
  await page.close();
});

test("a single point of failure is red, and told by a sign and in words", async () => {
  const page = await opened(file(60, "html"), 1920);
  const text = await page.$eval(".wide .chip.outage text", (node) => node.textContent);
  const color = await page.evaluate(
    `getComputedStyle(document.querySelector(".wide .chip.outage rect")).stroke`,
  );
  expect(text).toMatch(/^lb1 ⚠ \d/);
  expect(color).toBe("rgb(179, 19, 27)");
  expect(await page.$eval(".flaws", (node) => node.textContent)).toContain("outage:");
  await page.close();
});

test("printed, the picture fills one A4 page and every host is open", async () => {
  const page = await opened(file(13, "html"), 1024, { dark: true });
  const path = join(shots, "13.pdf");
  await page.pdf({ path, preferCSSPageSize: true });
  expect(existsSync(path)).toBe(true);
  expect(readFileSync(path, "latin1")).toMatch(/\/MediaBox \[0 0 84[12][.\d]* 59[45][.\d]*\]/);
  await page.emulateMediaType("print");
  // A4 across, without its margins of 10 mm.
  await page.setViewport({ width: 1047, height: 718 });
  // On paper as it is here: heading and picture have the first page for themselves.
  const svg = await page.$eval(".wide svg", (node) => {
    const { bottom, width, height } = node.getBoundingClientRect();
    return { bottom, width, height };
  });
  expect(svg.bottom).toBeLessThanOrEqual(718);
  expect(svg.width).toBeLessThanOrEqual(1047);
  // It fills the page in one direction at the least.
  expect(Math.max(svg.width / 1047, svg.height / 624)).toBeGreaterThan(0.95);
  // What is known of a host is seen without opening it.
  const shown = await page.$$eval("#hosts details", (all) =>
    all.map((one) => ({
      open: one.open,
      height: one.querySelector("div")?.getBoundingClientRect().height ?? 0,
    })),
  );
  expect(shown).toHaveLength(13);
  expect(shown.filter(({ open, height }) => open || height < 50)).toEqual([]);
  const small = await page.$$eval(".wide text", (all) =>
    all.map((node) => node.getBoundingClientRect().height).filter((height) => height > 0 && height < 5.9),
  );
  expect(small).toEqual([]);
  expect(await page.evaluate('getComputedStyle(document.querySelector(".wide .t-role")).fill')).toBe(
    "rgb(22, 32, 44)",
  );
  await page.close();
});

test("the pages are small, and hold no script and no address of anything else", () => {
  for (const [hosts] of sizes) {
    const text = readFileSync(file(hosts, "html"), "utf8");
    expect(text).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)|url\(/);
    expect(text.length).toBeLessThan(60_000 + hosts * 4_500);
  }
});
