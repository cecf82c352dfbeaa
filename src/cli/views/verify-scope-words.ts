import type { CompletedDocument, VerifyDocument, VerifyRun } from './verify-document.ts';

/** What was not compared, and what was found equal before; empty where all was compared in this run. */
export function scopeWords(document: CompletedDocument): string {
  return [leftOutWords(document), beforeWords(document)].filter((words) => words !== '').join(' ');
}

function leftOutWords({ run: { scope }, partitions }: CompletedDocument): string {
  if (scope.kind === 'all') return '';
  const left = partitions.reduce((sum, one) => sum + BigInt(one.leftOutOffsets), 0n).toLocaleString('en-US');
  return `Compared was only ${wordsOf(scope)}: ${left} offsets of the source were not.`;
}

function wordsOf(scope: Exclude<VerifyRun['scope'], { readonly kind: 'all' }>): string {
  switch (scope.kind) {
    case 'sample':
      return `a sample of ${Number((scope.share * 100).toPrecision(6))} % (--seed ${scope.seed})`;
    case 'since':
      return `what is from ${scope.timestamp} on`;
    case 'tail':
      return `the newest ${BigInt(scope.offsets).toLocaleString('en-US')} offsets of each partition`;
  }
}

function beforeWords({ partitions }: VerifyDocument): string {
  const before = partitions.flatMap((one) => (one.before === undefined ? [] : [one.before]));
  const records = before.reduce((sum, one) => sum + BigInt(one.records), 0n);
  const newest = before
    .map((one) => one.at)
    .sort()
    .at(-1);
  if (records === 0n || newest === undefined) return '';
  const count = records.toLocaleString('en-US');
  return `${count} of the records were found equal before, by ${newest} at the latest; --full compares them anew.`;
}
