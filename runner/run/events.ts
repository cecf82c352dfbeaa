import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type { StepKind } from '../../src/execution-plan/execution-plan.ts';

/** What a run reports while it goes on; `apply --format json` prints each with its time, schema/events.v1.schema.json. */
export type RunEvent =
  | { readonly event: 'step_start'; readonly step: string; readonly kind: StepKind; readonly address: string }
  | { readonly event: 'step_progress'; readonly step: string; readonly message: string }
  | {
      readonly event: 'step_done';
      readonly step: string;
      /** `already-done`: an earlier run of the same plan had done it. */
      readonly result: 'done' | 'already-done';
      readonly seconds: number;
    }
  | { readonly event: 'step_failed'; readonly step: string; readonly diagnostics: readonly Diagnostic[] }
  | {
      readonly event: 'flow_progress';
      readonly flow: string;
      readonly recordsPerSecond: number;
      readonly bytesPerSecond: number;
      /** Null while the end is not known yet. */
      readonly lagRecords: bigint | null;
      /** Mirrored in this run. */
      readonly records: bigint;
      readonly bytes: number;
    }
  /** The plan's steps are done, and these flows are followed from now on. */
  | { readonly event: 'follow_start'; readonly flows: readonly string[] }
  | { readonly event: 'diagnostic'; readonly diagnostic: Diagnostic }
  | { readonly event: 'summary'; readonly summary: RunSummary };

/** How a run ended; each has its exit code. */
export type RunResult =
  | 'done'
  | 'failed'
  | 'stale'
  | 'locked'
  /** A person must decide: a loss at the source, a foreign writer. */
  | 'decide'
  | 'time-limit'
  | 'interrupted';

export interface RunSummary {
  readonly result: RunResult;
  readonly steps: {
    readonly done: number;
    readonly alreadyDone: number;
    readonly failed: number;
    readonly left: number;
  };
  readonly seconds: number;
}

export type Emit = (event: RunEvent) => void;
