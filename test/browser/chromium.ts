import puppeteer, { type Browser } from "puppeteer-core";

/** Debian's Chromium, without a window. `args`: more of its own options. */
export function openBrowser(args: readonly string[] = []): Promise<Browser> {
  // Root has no sandbox of its own; the pages are ours.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return puppeteer.launch({ executablePath: "/usr/bin/chromium", args: [...sandbox, ...args] });
}
