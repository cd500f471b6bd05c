import type { MoveDone } from "../../model/event.ts";
import type { Failure } from "../../model/failure.ts";
import type { Orphan } from "../../model/plan.ts";
import type { Command, HostReport, Summary } from "../../model/summary.ts";

/** What took time on a host. */
export type StepKind = "connect" | "observe" | "change" | "reload" | "gate" | "wait";

/** One thing that took time on a host. Times in milliseconds since the run began. */
export interface RunStep {
  readonly kind: StepKind;
  /** `update file:/etc/hosts`, `http is healthy`. */
  readonly name: string;
  /** What else is to be said: which fields differed. */
  readonly notes: readonly string[];
  readonly from: number;
  /** Absent while it lasts, and where the run ended before it did. */
  to?: number;
  failed?: true;
}

/** One host in a run. */
export interface RunHost {
  readonly name: string;
  readonly steps: readonly RunStep[];
  /** What no role wants there any more. */
  readonly orphans: readonly Orphan[];
  /** How the run says that it ended; absent where the run did not come to say so. */
  readonly report?: HostReport;
  readonly failure?: Failure;
}

/** Roles converged together, or an early stage without any. */
export interface RunStage {
  readonly name: string;
  readonly hosts: number;
  readonly changes: number;
  readonly from: number;
  to?: number;
}

/** A run as it can be told when it is over, however it ended. */
export interface RunRecord {
  readonly command: Command;
  readonly began: Date;
  /** Milliseconds from its first event to the last. */
  readonly ms: number;
  readonly hosts: readonly RunHost[];
  readonly stages: readonly RunStage[];
  /** Services whose primary the run has moved. */
  readonly moves: readonly MoveDone[];
  /** When the user wished it to stop. */
  readonly interrupted?: number;
  /** Absent: the run was cut short. */
  readonly summary?: Summary;
}
