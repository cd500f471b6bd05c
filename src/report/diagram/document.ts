import { createHash } from "node:crypto";
import { escaped } from "./markup.ts";

/** What differs between our pages. */
export interface HtmlDocument {
  readonly title: string;
  readonly style: string;
  /** The lines inside <body>: markup. */
  readonly body: readonly string[];
}

/** One page without external parts: no script, no font, no request. A browser allows it nothing else. */
export function htmlDocument({ title, style, body }: HtmlDocument): string {
  const hash = createHash("sha256").update(style).digest("base64");
  const lines = [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    "</head>",
    "<body>",
    ...body,
    "</body>",
    "</html>",
  ];
  return `${lines.join("\n")}\n`;
}
