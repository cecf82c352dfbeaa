import { styleText } from 'node:util';
import type { DifferenceKind } from '../../../runner/verify/difference.ts';
import { type Column, textTable } from './text-table.ts';
import type { CompletedDocument, DifferenceDocument, VerifiedPartition, VerifyDocument } from './verify-document.ts';
import { sideName } from './verify-names.ts';
import { scopeWords } from './verify-scope-words.ts';

const columns: readonly Column[] = [
  { title: 'flow', align: 'left' },
  { title: 'source', align: 'left' },
  { title: 'target', align: 'left' },
  { title: 'records', align: 'right' },
  { title: 'cleaned', align: 'right' },
  { title: 'result', align: 'left' },
];

/** The result of `verify` for people, made from the document alone: a line a partition, then the totals. */
export function renderVerification(document: CompletedDocument, color: boolean): string {
  const table = textTable(columns, document.partitions.map(rowOf));
  const different = document.partitions.filter((one) => !one.equal);
  const lines = different.map(differenceLine);
  const scope = scopeWords(document);
  return [table, lines.join(''), totals(document, color), scope === '' ? '' : `${scope}\n`]
    .filter((part) => part !== '')
    .join('\n');
}

function rowOf(one: VerifiedPartition): string[] {
  return [
    one.flow,
    sideName(one.source),
    sideName(one.target),
    grouped(one.records),
    grouped(one.cleaned),
    resultWords(one),
  ];
}

/** `equal`, or `1 missing, 41 displaced`; of a topic that goes by key it is not always known which. */
export function resultWords({ equal, kinds, source }: Pick<VerifiedPartition, 'equal' | 'kinds' | 'source'>): string {
  if (equal) return 'equal';
  if (source.partition === undefined && Object.keys(kinds).length === 0) return 'differs';
  return Object.entries(kinds)
    .map(([kind, count]) => `${grouped(count)} ${kind}`)
    .join(', ');
}

export function differenceLine({ source, firstDifference, differences }: VerifiedPartition): string {
  if (source.partition === undefined) return `${sideName(source)}: ${differences} target partitions or keys differ\n`;
  const what = firstDifference === undefined ? 'unknown' : differenceWords(firstDifference);
  return `${sideName(source)}, first difference: ${what}\n`;
}

/** `source offset 9 and target offset 17 differ in value, timestamp`. */
function differenceWords(difference: DifferenceDocument): string {
  return wordsOf[difference.kind](difference);
}

const wordsOf = {
  changed: ({ sourceOffset, targetOffset, parts }) =>
    `source offset ${sourceOffset} and target offset ${targetOffset} differ in ${parts.join(', ')}`,
  missing: ({ sourceOffset, targetOffset }) => {
    const place = targetOffset === null ? 'it was never mirrored' : `it belongs at target offset ${targetOffset}`;
    return `source offset ${sourceOffset} is missing at the target (${place})`;
  },
  extra: ({ sourceOffset, targetOffset }) => {
    const place = sourceOffset === null ? 'it was not mirrored' : `the source has none at offset ${sourceOffset}`;
    return `target offset ${targetOffset} is no record of the source (${place})`;
  },
  duplicated: ({ sourceOffset, targetOffset }) =>
    `target offset ${targetOffset} holds source offset ${sourceOffset} once more`,
  reordered: ({ sourceOffset, targetOffset }) =>
    `source offset ${sourceOffset} stands out of order, at target offset ${targetOffset}`,
  displaced: ({ sourceOffset, targetOffset }) =>
    `source offset ${sourceOffset} stands at target offset ${targetOffset}, where the offset map does not have it`,
} as const satisfies Record<DifferenceKind, (difference: DifferenceDocument) => string>;

/** `equal`, `1 of 2 differ`, or that not all was compared. */
export function verdictWords({ partitions, equal }: VerifyDocument): string {
  const different = partitions.filter((one) => !one.equal).length;
  return equal ? 'equal' : different > 0 ? `${different} of ${partitions.length} differ` : 'not all compared';
}

function totals(document: VerifyDocument, color: boolean): string {
  const { partitions, equal } = document;
  const sum = (of: (one: VerifiedPartition) => string) => partitions.reduce((all, one) => all + BigInt(of(one)), 0n);
  const records = sum((one) => one.records).toLocaleString('en-US');
  const cleaned = sum((one) => one.cleaned);
  const taken = cleaned === 0n ? '' : `, ${cleaned.toLocaleString('en-US')} taken by cleaners`;
  const text = `${partitions.length} partitions, ${records} records compared${taken}: ${verdictWords(document)}.`;
  return `${color ? styleText(['bold', equal ? 'green' : 'red'], text, { validateStream: false }) : text}\n`;
}

function grouped(count: string): string {
  return BigInt(count).toLocaleString('en-US');
}
