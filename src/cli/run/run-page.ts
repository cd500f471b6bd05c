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

/** The HTML page of a run. */
export interface RunPage {
  /** Receives every event, without secrets. */
  readonly event: Recorder["event"];
  /** Writes the page completely or not at all, and returns the error. Called once, at the end of every run. */
  write(): Promise<Diagnostic | undefined>;
}

interface Subject {
  readonly topology: Topology;
  readonly redactor: Redactor;
  /** Monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** Starts recording the page of a run. */
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
