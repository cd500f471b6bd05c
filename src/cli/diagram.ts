import { extname } from "node:path";
import { diagnostic } from "../base/diagnostic.ts";
import { ok, type Result, unreachable } from "../base/result.ts";
import { utc } from "../base/text.ts";
import type { Picture } from "../model/picture.ts";
import type { RedundancyReport } from "../model/redundancy.ts";
import type { Diagnostic } from "../model/source.ts";
import { renderHtml } from "../report/diagram/html.ts";
import { layOut } from "../report/diagram/layout.ts";
import { renderMermaid } from "../report/diagram/mermaid.ts";
import { renderSvg } from "../report/diagram/svg.ts";
import { summary } from "../report/diagram/words.ts";
import { pictureOf } from "../topology/picture.ts";
import { redundancyReport } from "../topology/single-points.ts";
import type { InventoryOptions, ReachOptions } from "./command.ts";
import { type CommandOutput, told } from "./command-output.ts";
import { noInventory } from "./no-inventory.ts";
import { whyNotWritable, writeOut } from "./out-file.ts";
import { loadProject, type Project } from "./project/project.ts";
import { refusal } from "./refusal.ts";

/** Options of `provision diagram`. */
export interface DiagramOptions extends InventoryOptions {
  /** The file to write; its ending names the format where nothing else does. Without it: standard output. */
  readonly out?: string;
  /** What to draw; without it and without a file, Mermaid. */
  readonly format?: Format;
  /** Look at the hosts as well, reached like this. */
  readonly live?: ReachOptions;
  /** Where relative paths start; the current folder by default. */
  readonly cwd?: string;
}

/** What can be drawn: each is an ending of file names as well. */
const formats = ["svg", "html", "mmd"] as const;
type Format = (typeof formats)[number];

/**
 * The stack, drawn. Without `live` no host is contacted, and the code is 0, flaws or not. With it the code is that of `check`,
 * and what could not be reached is drawn as such. 3: bad input.
 */
export async function diagramCommand(options: DiagramOptions): Promise<CommandOutput> {
  const { out, cwd = process.cwd() } = options;
  const format = options.format ?? (out === undefined ? "mmd" : formatOf(out));
  const misuse = misuseOf(options, format);
  if (misuse !== undefined || format === undefined) return refusal(misuse === undefined ? [] : [misuse]);
  const project = loadProject(options, cwd);
  if (!project.ok) return refusal(project.error);
  const { topology, warnings } = project.value;
  const report = redundancyReport(topology);
  const plain = pictureOf({ topology, report });
  if (plain.hosts.length === 0) return refusal([noRoles]);
  const { live } = options;
  const seen = live
    ? await look({ ...options, ...live }, project.value, plain, report)
    : ok({ picture: plain, code: 0 });
  if (!seen.ok) return refusal([...warnings, ...seen.error]);
  const { picture, code } = seen.value;
  const text = await drawn(picture, format);
  const stderr = told(warnings) + failures(picture);
  if (out === undefined) return { stdout: text, stderr, code };
  const unwritten = writeOut({ option: "--out", file: out, cwd }, text);
  if (unwritten !== undefined) return { stdout: "", stderr: stderr + told([unwritten]), code: 1 };
  return { stdout: `${out}: ${summary(picture)}\n`, stderr, code };
}

interface Seen {
  readonly picture: Picture;
  readonly code: number;
}

/** The same picture, with what was seen on the hosts. */
async function look(
  options: DiagramOptions & ReachOptions,
  project: Project,
  { addresses }: Picture,
  report: RedundancyReport,
): Promise<Result<Seen, readonly Diagnostic[]>> {
  const { lookAtHosts } = await import("./live.ts");
  const moving = addresses.map(({ address }) => address);
  const looked = await lookAtHosts(project, options, moving, options.cwd ?? process.cwd());
  if (!looked.ok) return looked;
  const seen = utc(new Date(), "minute");
  const picture = pictureOf({ topology: project.topology, report, ...looked.value, seen });
  return ok({ picture, code: looked.value.code });
}

/** Hosts of which the picture cannot tell, and why. */
const failures = ({ hosts }: Picture): string =>
  hosts
    .flatMap(({ name, state }) =>
      state?.failure === undefined ? [] : `provision: ${name}: ${state.failure}\n`,
    )
    .join("");

async function drawn(picture: Picture, format: Format): Promise<string> {
  switch (format) {
    case "mmd":
      return renderMermaid(picture);
    case "svg":
      return renderSvg(await layOut(picture, "wide"));
    case "html":
      return renderHtml(picture);
    default:
      return unreachable(format);
  }
}

const formatOf = (file: string): Format | undefined =>
  formats.find((ending) => `.${ending}` === extname(file).toLowerCase());

const noRoles = diagnostic(
  "error",
  "no host has a role: there is nothing to draw",
  undefined,
  "give hosts or groups the variable `roles: [common, …]`",
);

function misuseOf(
  { inventory, limit, out, cwd = process.cwd() }: DiagramOptions,
  format: Format | undefined,
) {
  if (inventory.length === 0) {
    const hint = "provision diagram -i prod.yml -o stack.svg";
    return noInventory(hint);
  }
  if (limit !== undefined) {
    const message = "the picture is of the whole stack: diagram takes no --limit";
    return diagnostic("error", message, undefined, "leave out -l");
  }
  if (format !== undefined)
    return out === undefined ? undefined : whyNotWritable({ option: "--out", file: out, cwd });
  const message = `--out ${out}: the ending says what to draw, and it is none of .${formats.join(", .")}`;
  return diagnostic("error", message, undefined, "write -o stack.svg, or add --format svg");
}
