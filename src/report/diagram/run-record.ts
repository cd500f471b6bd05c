import type { MoveDone } from "../../model/event.ts";
import type { Failure } from "../../model/failure.ts";
import type { Orphan } from "../../model/plan.ts";
import type { Command, HostReport, Summary } from "../../model/summary.ts";

/** The kind of a step. */
export type StepKind = "connect" | "observe" | "change" | "reload" | "gate" | "wait";

/** Something that took time on a host. Times are in milliseconds since the run began. */
export interface RunStep {
  readonly kind: StepKind;
  /** `update file:/etc/hosts`, `http is healthy`. */
  readonly name: string;
  /** Further notes, such as the fields that differed. */
  readonly notes: readonly string[];
  readonly from: number;
  /** Absent while the step runs, and if the run ended before the step. */
  to?: number;
  failed?: true;
}

/** One host in a run. */
export interface RunHost {
  readonly name: string;
  readonly steps: readonly RunStep[];
  /** Resources on the host that no role wants any more. */
  readonly orphans: readonly Orphan[];
  /** The result of the host; absent if the run did not finish. */
  readonly report?: HostReport;
  readonly failure?: Failure;
}

/** A stage: roles that converge together, or an early stage without roles. */
export interface RunStage {
  readonly name: string;
  readonly hosts: number;
  readonly changes: number;
  readonly from: number;
  to?: number;
}

/** All that is shown of a run after its end, also if it was cut short. */
export interface RunRecord {
  readonly command: Command;
  readonly began: Date;
  /** Milliseconds from its first event to the last. */
  readonly ms: number;
  readonly hosts: readonly RunHost[];
  readonly stages: readonly RunStage[];
  /** The moves of primaries in the run. */
  readonly moves: readonly MoveDone[];
  /** When the user asked the run to stop. */
  readonly interrupted?: number;
  /** Absent: the run was cut short. */
  readonly summary?: Summary;
}
