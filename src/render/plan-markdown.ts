import { basename } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { renderDiagnostic } from '../diagnostics/text.ts';
import type { Action, Change, ExecutionPlan } from '../execution-plan/execution-plan.ts';
import { changesText } from './change-groups.ts';
import { driftBlock } from './drift-text.ts';
import {
  codeSpan,
  diffLines,
  fencedPart,
  fittedMarkdown,
  folded,
  hiddenMarker,
  type MarkdownPart,
  markdownCharactersMax,
} from './markdown.ts';
import { painter } from './paint.ts';
import { counted, dataBlock, narrowedWords, summaryBlock } from './plan-text.ts';

export interface PlanMarkdownOptions {
  /** The plan file's text, for the lines that diagnostics point at; as `shownSource` allows it. */
  readonly planFileText?: string | undefined;
  /** The address that the plan was narrowed to. */
  readonly narrowedTo?: string | undefined;
  /** The plan file as the user named it; absent: its name without folders. */
  readonly planFile?: string | undefined;
  /** UTF-16 units. Default: what a comment takes. */
  readonly charactersMax?: number;
}

/** Addresses listed of each action; the rest is counted. */
const listedMax = 20;
const plain = painter(false);

const headings = {
  delete: 'To delete',
  update: 'To change',
  create: 'To create',
  'no-op': 'Unchanged',
} as const satisfies Record<Action, string>;

/**
 * An execution plan as a comment on a pull request: what is deleted first, then all by action, drift and the full text
 * folded. Nothing that a plan file or a cluster holds is markup in it.
 */
export function renderPlanMarkdown(plan: ExecutionPlan, options: PlanMarkdownOptions = {}): string {
  const findings = (...severities: Diagnostic['severity'][]) =>
    severities.flatMap((severity) => plan.diagnostics.filter((one) => one.severity === severity));
  const parts = [
    ...findingsPart(findings('error', 'warning'), options),
    ...(['delete', 'update', 'create'] as const).flatMap((action) => listPart(plan.changes, action)),
    ...driftPart(plan),
    ...fullPart(plan),
    ...findingsPart(findings('note'), options).map((part) => folded(counted(findings('note').length, 'note'), part)),
  ];
  return fittedMarkdown(headOf(plan, options), parts, options.charactersMax ?? markdownCharactersMax);
}

function headOf(plan: ExecutionPlan, { planFile, narrowedTo }: PlanMarkdownOptions): string {
  const { commit, dirty, path } = plan.source;
  const at = commit === undefined ? '' : ` at commit ${codeSpan(commit)}${dirty ? ', changed since' : ''}`;
  const errors = plan.diagnostics.filter((one) => one.severity === 'error').length;
  const refused = `> [!CAUTION]\n> This plan can not be applied: ${counted(errors, 'error')}.`;
  const isTopicDeleted = plan.changes.some((change) => change.kind === 'topic' && change.action === 'delete');
  const records = isTopicDeleted ? ' The records of a deleted topic can not be had back.' : '';
  const deletions = `> [!WARNING]\n> ${counted(plan.summary.delete, 'resource')} will be deleted.${records}`;
  const summary = summaryBlock(plan, plain);
  const narrowed = narrowedWords(plan, narrowedTo === undefined ? undefined : codeSpan(narrowedTo));
  return [
    hiddenMarker('kplan', plan.migration.name),
    `## kplan: plan of ${codeSpan(plan.migration.name)}`,
    ...(plan.applyable ? [] : [refused]),
    ...(plan.summary.delete === 0 ? [] : [deletions]),
    ...(summary === '' ? [] : [`**${summary}**`]),
    ...(narrowed === '' ? [] : [narrowed]),
    `Plan file ${codeSpan(planFile ?? basename(path))}${at}, kplan ${codeSpan(plan.kplanVersion)}`,
  ].join('\n\n');
}

function listPart(changes: readonly Change[], action: Action): MarkdownPart[] {
  const alike = changes.filter((change) => change.action === action);
  if (alike.length === 0) return [];
  const more = alike.length - listedMax;
  const lines = alike.slice(0, listedMax).map((change) => `- ${codeSpan(change.address)}`);
  const before = `### ${headings[action]}: ${alike.length.toLocaleString('en-US')}\n`;
  return [
    { before, lines: [...lines, ...(more > 0 ? [`- and ${more.toLocaleString('en-US')} more`] : [])], after: '' },
  ];
}

function driftPart(plan: ExecutionPlan): MarkdownPart[] {
  if (plan.drift.length === 0) return [];
  const lines = diffLines(driftBlock(plan, plain).split('\n'));
  const summary = `Drift: ${counted(plan.drift.length, 'resource')} changed outside of kplan`;
  return [folded(summary, fencedPart('diff', lines))];
}

function fullPart(plan: ExecutionPlan): MarkdownPart[] {
  const changes = diffLines(changesText(plan.changes, plain));
  const data = dataBlock(plan);
  const lines = [...changes, ...(data === '' ? [] : data.split('\n'))];
  if (lines.length === 0) return [];
  if (lines.at(-1) === '') lines.pop();
  return [folded('The plan in full', fencedPart('diff', lines))];
}

function findingsPart(found: readonly Diagnostic[], options: PlanMarkdownOptions): MarkdownPart[] {
  if (found.length === 0) return [];
  const text = found.map((one) => renderDiagnostic(one, { color: false, sourceText: options.planFileText }));
  return [fencedPart('text', text.join('\n').trimEnd().split('\n'))];
}
