import { renderDiagnostic } from '../../diagnostics/text.ts';
import { codeSpan, fencedPart, fittedMarkdown, folded, type MarkdownPart } from '../../render/markdown.ts';
import type { CompletedDocument, VerifiedPartition, VerifyDocument } from './verify-document.ts';
import { sideName, sideOffsets } from './verify-names.ts';
import { scopeWords } from './verify-scope-words.ts';
import { differenceLine, resultWords, verdictWords } from './verify-text.ts';

/** A verification as a report to attach to a change request: what, when, up to which offsets, digests, and the result. */
export function renderVerifyMarkdown(document: CompletedDocument): string {
  const { partitions, diagnostics, run, equal } = document;
  const different = partitions.filter((one) => !one.equal);
  const alert = equal ? [] : [`> [!CAUTION]\n> Not proven: ${verdictWords(document)}.`];
  const head = [
    `## kplan: verification of ${codeSpan(run.migration)}`,
    `**${verdictSentence(document)}**`,
    ...alert,
    `Compared from ${run.startedAt} to ${run.endedAt}, kplan ${codeSpan(run.kplanVersion)}. ${scopeWords(document)}`.trim(),
    'Of offsets the second one is not included; `cleaned` are records that compaction took on one side.',
  ];
  const findings = diagnostics.flatMap((one) => renderDiagnostic(one, { color: false }).trimEnd().split('\n'));
  const parts = [
    ...(findings.length === 0 ? [] : [fencedPart('text', findings)]),
    ...(different.length === 0
      ? []
      : [
          fencedPart(
            'text',
            different.map((one) => differenceLine(one).trimEnd()),
          ),
        ]),
    partitionsPart(partitions),
    folded('Digests', digestsPart(partitions)),
  ];
  return fittedMarkdown(head.join('\n\n'), parts);
}

function verdictSentence({ partitions, equal }: VerifyDocument): string {
  const records = partitions.reduce((sum, one) => sum + BigInt(one.records), 0n).toLocaleString('en-US');
  const what = `${records} records of ${partitions.length.toLocaleString('en-US')} partitions compared`;
  return `${what}: ${equal ? 'equal' : 'not equal'}.`;
}

function partitionsPart(partitions: readonly VerifiedPartition[]): MarkdownPart {
  const header =
    '| flow | source | offsets | target | offsets | records | cleaned | result |\n|---|---|---|---|---|--:|--:|---|';
  const lines = partitions.map(({ flow, source, target, records, cleaned, ...one }) => {
    const cells = [
      codeSpan(flow),
      codeSpan(sideName(source)),
      sideOffsets(source),
      codeSpan(sideName(target)),
      sideOffsets(target),
      BigInt(records).toLocaleString('en-US'),
      BigInt(cleaned).toLocaleString('en-US'),
      resultWords({ ...one, source }),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return { before: header, lines, after: '' };
}

function digestsPart(partitions: readonly VerifiedPartition[]): MarkdownPart {
  const lines = partitions.map(({ source, sourceDigest, targetDigest }) => {
    const names = sideName(source);
    return sourceDigest === targetDigest
      ? `${names}  ${sourceDigest}`
      : `${names}  source ${sourceDigest}\n${names}  target ${targetDigest}`;
  });
  return fencedPart(
    'text',
    lines.flatMap((one) => one.split('\n')),
  );
}
