import type { RunEvent } from '../../../runner/run/events.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { ExecutionPlan } from '../../execution-plan/execution-plan.ts';

/** How an apply is shown. */
export interface ApplyView {
  /** A plan was made in this very command, and is about to be asked for. */
  planned(plan: ExecutionPlan, planFileText: string): void;
  /** The plan is about to be carried out. */
  begin(plan: ExecutionPlan): void;
  event(event: RunEvent): void;
  /** `planFileText`: the plan file, for the lines that diagnostics point at; secrets in it stay hidden. */
  diagnostics(found: readonly Diagnostic[], planFileText?: string): void;
  /** Everything is over; `next` are the commands that a person may want now. */
  end(next: readonly string[]): Promise<void>;
}
