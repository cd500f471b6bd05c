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
import { type CommandOutput, diagnosticsText } from "./command-output.ts";
import { noInventory } from "./no-inventory.ts";
import { whyNotWritable, writeOut } from "./out-file.ts";
import { loadProject, type Project } from "./project/project.ts";
import { refusal } from "./refusal.ts";

/** Options of `provision diagram`. */
export interface DiagramOptions extends InventoryOptions {
  /** The output file. Without it: standard output. */
  readonly out?: string;
  /** Default: the format of the file's ending; without a file, Mermaid. */
  readonly format?: Format;
  /** Options for observing the hosts; without it, the command contacts no host. */
  readonly live?: ReachOptions;
  /** Base of relative paths; by default the current folder. */
  readonly cwd?: string;
}

/** The formats; each is also a file name's ending. */
const formats = ["svg", "html", "mmd"] as const;
type Format = (typeof formats)[number];

/**
 * A drawing of the stack. Without `live` it contacts no host, and the code is 0, also with flaws. With `live` the code is
 * that of `check`, and the drawing shows which hosts are not reachable. 3: bad input.
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
  const observed = live
    ? await observe({ ...options, ...live }, project.value, plain, report)
    : ok({ picture: plain, code: 0 });
  if (!observed.ok) return refusal([...warnings, ...observed.error]);
  const { picture, code } = observed.value;
  const text = await render(picture, format);
  const stderr = diagnosticsText(warnings) + failures(picture);
  if (out === undefined) return { stdout: text, stderr, code };
  const unwritten = writeOut({ option: "--out", file: out, cwd }, text);
  if (unwritten !== undefined) return { stdout: "", stderr: stderr + diagnosticsText([unwritten]), code: 1 };
  return { stdout: `${out}: ${summary(picture)}\n`, stderr, code };
}

interface Observed {
  readonly picture: Picture;
  readonly code: number;
}

/** The picture with the observed state of the hosts. */
async function observe(
  options: DiagramOptions & ReachOptions,
  project: Project,
  { addresses }: Picture,
  report: RedundancyReport,
): Promise<Result<Observed, readonly Diagnostic[]>> {
  const { observeHosts } = await import("./observe-hosts.ts");
  const floating = addresses.map(({ address }) => address);
  const observed = await observeHosts(project, options, floating, options.cwd ?? process.cwd());
  if (!observed.ok) return observed;
  const seen = utc(new Date(), "minute");
  const picture = pictureOf({ topology: project.topology, report, ...observed.value, seen });
  return ok({ picture, code: observed.value.code });
}

/** Hosts without a known state, and why. */
const failures = ({ hosts }: Picture): string =>
  hosts
    .flatMap(({ name, state }) =>
      state?.failure === undefined ? [] : `provision: ${name}: ${state.failure}\n`,
    )
    .join("");

async function render(picture: Picture, format: Format): Promise<string> {
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
    const message = "diagram takes no --limit: it draws the whole stack";
    return diagnostic("error", message, undefined, "remove -l");
  }
  if (format !== undefined)
    return out === undefined ? undefined : whyNotWritable({ option: "--out", file: out, cwd });
  const message = `--out ${out}: the name must end in one of .${formats.join(", .")}`;
  return diagnostic("error", message, undefined, "write -o stack.svg, or add --format svg");
}
