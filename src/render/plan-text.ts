import type { Diagnostic, Severity } from '../diagnostics/diagnostic.ts';
import { printable } from '../diagnostics/printable.ts';
import { renderDiagnostic } from '../diagnostics/text.ts';
import type { Action, ExecutionPlan } from '../execution-plan/execution-plan.ts';
import type { Flow } from '../migration/migration.ts';
import { changesText } from './change-groups.ts';
import { symbols } from './change-text.ts';
import { driftBlock } from './drift-text.ts';
import { groupLines } from './group-lines.ts';
import { type Paint, painter } from './paint.ts';

export interface PlanTextOptions {
  readonly color: boolean;
  /** Where the plan was saved; absent: it was not. */
  readonly savedAs?: string | undefined;
  /** Shown by apply, which goes on by itself: no next step, and where nothing changes no warning that `plan` gave before. */
  readonly isApplied?: boolean | undefined;
  /** Leaves the notes out. */
  readonly quiet?: boolean | undefined;
  /** The address that the plan was narrowed to. */
  readonly narrowedTo?: string | undefined;
  /** The plan file's text, for the lines that diagnostics point at. */
  readonly planFileText?: string | undefined;
  /** The plan file as the user named it; absent: its absolute path. */
  readonly planFile?: string | undefined;
}

/** An execution plan for people, from its JSON document alone: changes, data, drift, findings, summary, next step. */
export function renderPlanText(plan: ExecutionPlan, options: PlanTextOptions): string {
  const paint = painter(options.color);
  const blocks = [
    ...diagnosticBlocks(plan, options, isOnTop),
    changesBlock(plan, paint),
    dataBlock(plan),
    driftBlock(plan, paint),
    ...diagnosticBlocks(plan, options, (one) => !isOnTop(one)),
    narrowedWords(plan, options.narrowedTo === undefined ? undefined : printable(options.narrowedTo)),
    summaryBlock(plan, paint),
    nextStep(plan, options),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function changesBlock(plan: ExecutionPlan, paint: Paint): string {
  if (plan.changes.length === 0) return '';
  const used = (['create', 'update', 'delete'] satisfies Action[]).filter((action) =>
    plan.changes.some((change) => change.action === action),
  );
  const legend = used.map((action) => {
    const { sign, color, explained } = symbols[action];
    return `  ${paint(color, sign)} ${explained}`;
  });
  return ['kplan will make these changes:', ...legend, '', ...changesText(plan.changes, paint)].join('\n').trimEnd();
}

/** Steps on data are no changes: each apply goes on with them. */
export function dataBlock(plan: ExecutionPlan): string {
  const lines = plan.migration.flows.flatMap((flow) => [
    `  flow ${flow.name} mirrors ${sizeOf(flow)} from ${flow.source} to ${flow.target}`,
    ...groupLines(flow),
  ]);
  return lines.length === 0 ? '' : ['Data, moved on by every apply:', ...lines].join('\n');
}

function sizeOf(flow: Flow): string {
  const partitions = flow.topics.reduce((sum, topic) => sum + topic.sourcePartitions, 0);
  return `${counted(flow.topics.length, 'topic')}, ${counted(partitions, 'partition')},`;
}

/** What must not be overlooked: records that nothing brings back. */
function isOnTop({ code }: Diagnostic): boolean {
  return code === 'KP2202';
}

function diagnosticBlocks(
  plan: ExecutionPlan,
  options: PlanTextOptions,
  isWanted: (one: Diagnostic) => boolean,
): string[] {
  const errorsOnly = options.isApplied && plan.changes.length === 0;
  const hidden: readonly Severity[] = errorsOnly ? ['note', 'warning'] : options.quiet ? ['note'] : [];
  const shown = (['note', 'warning', 'error'] as const).flatMap((severity) =>
    hidden.includes(severity) ? [] : plan.diagnostics.filter((one) => one.severity === severity && isWanted(one)),
  );
  return shown.map((one) =>
    renderDiagnostic(one, { color: options.color, sourceText: options.planFileText }).trimEnd(),
  );
}

/** How much of the plan is not shown; empty where it was not narrowed. `address` as it is written where the text goes. */
export function narrowedWords({ changes, summary, applyable }: ExecutionPlan, address: string | undefined): string {
  const inAll = summary.create + summary.update + summary.delete;
  if (address === undefined || inAll === 0) return '';
  if (changes.length === 0) return applyable ? `Nothing at ${address} will be changed.` : '';
  return `Only ${address} is shown: ${changes.length.toLocaleString('en-US')} of ${counted(inAll, 'change')}.`;
}

/** `Plan: 3 to create, ...`, or that nothing changes; empty where an error keeps kplan from telling. */
export function summaryBlock(plan: ExecutionPlan, paint: Paint): string {
  const { create, update, delete: deleted, unchanged } = plan.summary;
  if (create + update + deleted === 0) {
    if (!plan.applyable) return '';
    const compared = counted(unchanged, 'resource');
    return paint('bold', `No changes. What lives matches the plan file (${compared} compared).`);
  }
  return paint('bold', `Plan: ${create} to create, ${update} to change, ${deleted} to delete.`);
}

function nextStep(plan: ExecutionPlan, options: PlanTextOptions): string {
  const errors = plan.diagnostics.filter((one) => one.severity === 'error').length;
  if (!plan.applyable) return `This plan can not be applied: ${counted(errors, 'error')}, see above.`;
  if (plan.steps.length === 0 || options.isApplied) return '';
  const path = printable(options.planFile ?? plan.source.path);
  if (options.savedAs !== undefined) {
    const file = printable(options.savedAs);
    return `Saved as ${file}. To take exactly these steps:\n  kplan apply ${file}`;
  }
  if (plan.changes.length === 0) return `To mirror on from here:\n  kplan apply ${path}`;
  return [
    'This plan was not saved: kplan apply plans anew and can not promise to take',
    'exactly these steps. To have that promise:',
    `  kplan plan ${path} --out PLAN && kplan apply PLAN`,
  ].join('\n');
}

/** `1 topic`, `2,000 topics`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
