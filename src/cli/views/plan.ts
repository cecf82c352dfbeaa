import { shownSource } from '../../diagnostics/shown-source.ts';
import type { ExecutionPlan } from '../../execution-plan/execution-plan.ts';
import { renderPlanMarkdown } from '../../render/plan-markdown.ts';
import { renderPlanText } from '../../render/plan-text.ts';
import type { PlanFormat } from '../arguments/plan.ts';
import type { Io } from '../io.ts';

export interface PlanView {
  readonly format: PlanFormat;
  readonly savedAs?: string | undefined;
  /** The address that the plan was narrowed to. */
  readonly narrowedTo?: string | undefined;
  readonly planFileText?: string | undefined;
  /** As the user named it. */
  readonly planFile?: string | undefined;
}

/** The plan on stdout: the document itself, its text or Markdown. */
export function viewPlan(plan: ExecutionPlan, view: PlanView, io: Io): void {
  const { format, savedAs, narrowedTo, planFile, planFileText } = view;
  if (format === 'json') {
    io.stdout(planDocument(plan));
    return;
  }
  const shown = planFileText === undefined ? undefined : shownSource(planFileText);
  const common = { planFile, planFileText: shown, narrowedTo };
  if (format === 'markdown') io.stdout(renderPlanMarkdown(plan, common));
  else io.stdout(renderPlanText(plan, { ...common, color: io.color, quiet: io.quiet, savedAs }));
}

/** The saved document; `readExecutionPlan` reads it back. */
export function planDocument(plan: ExecutionPlan): string {
  return `${JSON.stringify(plan, null, 2)}\n`;
}
