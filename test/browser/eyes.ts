import { readFileSync } from "node:fs";
import axe from "axe-core";
import type { Page } from "puppeteer-core";

const seen = readFileSync(new URL("seen.js", import.meta.url), "utf8");

/** Texts over each other, texts larger than their box, a page that scrolls sideways: a phrase each. */
export const flawsSeen = (page: Page): Promise<unknown> =>
  page.evaluate(`(() => { ${seen.replace(/flawsSeen\(\);\s*$/, "return flawsSeen();")} })()`);

/** What axe-core finds on the page as it stands: rule and place each. */
export async function axeViolations(page: Page): Promise<unknown> {
  await page.evaluate(axe.source);
  return page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map((n) => n.html.slice(0, 160)).join(" | ")))`,
  );
}
