import { renderDiagnostic } from '../diagnostics/text.ts';
import type { DriftDocument } from './drift-document.ts';
import { driftWords, outcomeWords } from './drift-outcome.ts';
import { driftLines, driftSummary } from './drift-text.ts';
import {
  codeSpan,
  diffLines,
  fencedPart,
  fittedMarkdown,
  folded,
  hiddenMarker,
  type MarkdownPart,
} from './markdown.ts';
import { painter } from './paint.ts';

/** Resources listed by name; the rest stands in the folded text. */
const listedMax = 50;

/** Drift as an issue that a CI job keeps: what was changed outside, and what apply would do about it. */
export function renderDriftMarkdown(document: DriftDocument): string {
  const { migration, drifted, drift, diagnostics } = document;
  const unknown = drifted ? [`Kafka does not tell by whom. Compared with what kplan applied last.`] : [];
  const head = [
    hiddenMarker('kplan-drift', migration),
    `## kplan: drift of ${codeSpan(migration)}`,
    `**${driftSummary(document)}**`,
    ...unknown,
  ];
  const more = drift.length - listedMax;
  const list: MarkdownPart = {
    before: '',
    lines: [
      ...drift
        .slice(0, listedMax)
        .map((one) => `- ${codeSpan(one.address)} ${driftWords[one.action]}: ${outcomeWords[one.apply]}`),
      ...(more > 0 ? [`- and ${more} more`] : []),
    ],
    after: '',
  };
  const lines = diffLines(drift.flatMap((one) => driftLines(one, painter(false))));
  const findings = diagnostics.flatMap((one) => renderDiagnostic(one, { color: false }).split('\n'));
  const parts = [
    ...(drifted ? [list, folded('Applied, and what lives', fencedPart('diff', lines.slice(0, -1)))] : []),
    ...(findings.length > 0 ? [fencedPart('text', findings.slice(0, -1))] : []),
  ];
  return fittedMarkdown(head.join('\n\n'), parts);
}
