import type { RunEvent } from '../../../runner/run/events.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { ExecutionPlan } from '../../execution-plan/execution-plan.ts';
import type { Io, OutputFormat } from '../io.ts';
import { applyJsonView } from './apply-json.ts';
import { applyLinesView } from './apply-lines.ts';
import { applyTasksView } from './apply-tasks.ts';

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

/** JSON; on a terminal live tasks; in a log, and where a terminal does not tell its width, plain lines. */
export function applyView(format: OutputFormat, io: Io, now: () => number): ApplyView {
  if (format === 'json') return applyJsonView(io, now);
  const isLive = io.interactive && !io.quiet && process.stderr.isTTY && process.stderr.columns > 0;
  return isLive ? applyTasksView(io, now) : applyLinesView(io, now);
}
