import { pathToFileURL } from "node:url";
import puppeteer, { type Browser, type Page } from "puppeteer-core";

/** Debian's Chromium, without a window. `args`: more of its own options. */
export function openBrowser(args: readonly string[] = []): Promise<Browser> {
  // Root has no sandbox of its own; the pages are ours.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return puppeteer.launch({ executablePath: "/usr/bin/chromium", args: [...sandbox, ...args] });
}

/** How a file is opened. */
export interface Screen {
  readonly width: number;
  readonly height?: number;
  readonly dark?: true;
  /** Takes all that the page says to the console, and whatever it asks for beside itself. */
  readonly heard?: string[];
}

/** Opens a file of this machine as a page. */
export async function openFile(browser: Browser, path: string, screen: Screen): Promise<Page> {
  const { width, height = 900, dark, heard = [] } = screen;
  const url = pathToFileURL(path).href;
  const page = await browser.newPage();
  page.on("console", (message) => heard.push(message.text()));
  page.on("pageerror", (error) => heard.push(String(error)));
  page.on("request", (request) => {
    if (request.url() !== url) heard.push(`asks for ${request.url()}`);
  });
  await page.setViewport({ width, height });
  if (dark) await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  await page.goto(url);
  return page;
}
