import { hasErrors } from '../diagnostics/diagnostic.ts';
import { printable } from '../diagnostics/printable.ts';
import { renderDiagnostic } from '../diagnostics/text.ts';
import type { ExecutionPlan } from '../execution-plan/execution-plan.ts';
import { fieldLines } from './change-text.ts';
import type { DriftDocument } from './drift-document.ts';
import { type Drifted, driftedOf, driftWords, outcomeWords } from './drift-outcome.ts';
import { type Paint, painter } from './paint.ts';

/** Drift is shown for so many resources in a plan; the rest is counted. */
const driftShownMax = 20;
const title = 'Changed outside of kplan since the last apply (Kafka does not tell by whom):';

/** Which fields differ from what was applied, and what apply does about it. Empty: nothing drifted. */
export function driftBlock(plan: ExecutionPlan, paint: Paint): string {
  if (plan.drift.length === 0) return '';
  const more = plan.drift.length - driftShownMax;
  const rest = more > 0 ? [`  # and ${more} more: kplan drift shows them`] : [];
  return [
    title,
    '',
    ...driftedOf(plan)
      .slice(0, driftShownMax)
      .flatMap((one) => driftLines(one, paint)),
    ...rest,
  ]
    .join('\n')
    .trimEnd();
}

/** The document of `kplan drift` for people. `planFile` as the user named it, for the next step. */
export function renderDriftText(document: DriftDocument, options: { color: boolean; planFile: string }): string {
  const paint = painter(options.color);
  const notes = document.diagnostics.map((one) => renderDiagnostic(one, { color: options.color }).trimEnd());
  if (!document.drifted) return `${[...notes, paint('bold', driftSummary(document))].join('\n\n')}\n`;
  const shown = [title, '', ...document.drift.flatMap((one) => driftLines(one, paint))].join('\n').trimEnd();
  const next = `To see what apply would do:\n  kplan plan ${printable(options.planFile)}`;
  return `${[shown, ...notes, paint('bold', driftSummary(document)), next].join('\n\n')}\n`;
}

/** `Drift: 1 changed, 0 deleted, 0 made again outside of kplan.` */
export function driftSummary({ drift, diagnostics }: DriftDocument): string {
  if (drift.length === 0) {
    return hasErrors(diagnostics)
      ? 'No drift was found, but the plan has errors: not all could be compared.'
      : 'No drift. What kplan applied lives as it was applied.';
  }
  const count = (action: string) => drift.filter((one) => one.action === action).length;
  return `Drift: ${count('update')} changed, ${count('delete')} deleted, ${count('create')} made again outside of kplan.`;
}

/** One resource: what happened, what apply does about it, the fields, an empty line. */
export function driftLines(drifted: Drifted, paint: Paint): readonly string[] {
  const header = paint('bold', `  # ${printable(drifted.address)} ${driftWords[drifted.action]}`);
  return [header, `  # (${outcomeWords[drifted.apply]})`, ...fieldLines(drifted, paint), ''];
}
