import type { Diagnostic } from "../../model/source.ts";
import type { Topology } from "../../model/topology.ts";
import { renderHtml } from "../../report/diagram/html.ts";
import { newRecorder, type Recorder } from "../../report/diagram/recorder.ts";
import { runSection } from "../../report/diagram/run-section.ts";
import { statesOf } from "../../report/diagram/run-words.ts";
import type { Redactor } from "../../secrets/redact.ts";
import { pictureOf } from "../../topology/picture.ts";
import { redundancyReport } from "../../topology/single-points.ts";
import { writePage } from "./page-file.ts";

/** The page that a run leaves behind. */
export interface RunPage {
  /** Called with every event, without secrets, as every report is. */
  readonly event: Recorder["event"];
  /** Writes the page, whole or not at all; gives back why it could not. Called once, however the run ended. */
  write(): Promise<Diagnostic | undefined>;
}

interface Subject {
  readonly topology: Topology;
  readonly redactor: Redactor;
  /** Milliseconds of some clock. */
  readonly now: () => number;
}

/** The page of a run that begins now. */
export function openRunPage(file: string, { topology, redactor, now }: Subject): RunPage {
  const recorder = newRecorder(now, new Date());
  return {
    event: recorder.event,
    async write() {
      const run = recorder.record();
      const subject = { topology, report: redundancyReport(topology), states: statesOf(run) };
      const picture = redactor.value(pictureOf(subject));
      return writePage(file, await renderHtml(picture, runSection(run)));
    },
  };
}
