import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PartitionComparison } from '../../../runner/verify/verify-partition.ts';
import { byKeyFindings } from '../../../src/cli/commands/by-key-findings.ts';
import { type VerifyRun, verifyDocument } from '../../../src/cli/views/verify-document.ts';
import { renderVerifyMarkdown } from '../../../src/cli/views/verify-markdown.ts';
import { scopeWords } from '../../../src/cli/views/verify-scope-words.ts';
import { renderVerification } from '../../../src/cli/views/verify-text.ts';
import { diagnostic } from '../../../src/diagnostics/diagnostic.ts';

function checked(name: string, document: unknown): void {
  const schema = JSON.parse(readFileSync(new URL(`../../../schema/${name}.v1.schema.json`, import.meta.url), 'utf8'));
  const validate = new Ajv2020({ allErrors: true }).compile(schema);
  assert.ok(validate(JSON.parse(JSON.stringify(document))), JSON.stringify(validate.errors));
  assert.not.ok(
    validate({ ...(JSON.parse(JSON.stringify(document)) as object), formatVersion: 1 }),
    'the schema checks',
  );
}

const range = { start: 0n, end: 30n };

const run: VerifyRun = {
  kplanVersion: '1.2.3',
  migration: 'dc-to-msk',
  startedAt: '2026-11-26T01:00:00.000Z',
  endedAt: '2026-11-26T01:02:00.000Z',
  scope: { kind: 'all' },
};

function comparison(changes: Partial<PartitionComparison> = {}): PartitionComparison {
  return {
    partition: {
      source: { topic: 'orders', partition: 3 },
      target: { topic: 'eu.orders', partition: 3 },
      input: { segments: [], startSource: 0n, nextSource: 30n, nextTarget: 30n, source: range, target: range },
    },
    range: { source: range, target: range },
    leftOut: [],
    before: null,
    records: 1_204_331n,
    sourceDigest: 'a'.repeat(64),
    targetDigest: 'a'.repeat(64),
    equal: true,
    cleaned: 12n,
    unproven: 0n,
    differences: 0n,
    kinds: { missing: 0, extra: 0, duplicated: 0, reordered: 0, changed: 0, displaced: 0 },
    firstDifference: null,
    ...changes,
  };
}

const different = comparison({
  equal: false,
  differences: 2n,
  kinds: { missing: 1, extra: 0, duplicated: 0, reordered: 0, changed: 1, displaced: 0 },
  firstDifference: { kind: 'changed', sourceOffset: 2n ** 60n, targetOffset: 17n, parts: ['value', 'timestamp'] },
});

test('verify: the document follows its schema, 64 bits are strings', () => {
  const flows = [{ flow: 'dc-to-msk', partitions: [comparison(), different], diagnostics: [] }];
  const document = verifyDocument(flows, [diagnostic('KP6001', { summary: 'Differs.' })], true);
  checked('verify', document);
  assert.not.ok(document.equal);
  assert.is(document.partitions[1]?.firstDifference?.sourceOffset, '1152921504606846976');
  for (const firstDifference of [
    { kind: 'missing', sourceOffset: 1n, targetOffset: null },
    { kind: 'extra', sourceOffset: null, targetOffset: 1n },
    { kind: 'duplicated', sourceOffset: 1n, targetOffset: 2n },
    { kind: 'reordered', sourceOffset: 1n, targetOffset: 2n },
    { kind: 'displaced', sourceOffset: 1n, targetOffset: 2n },
  ] as const) {
    const one = comparison({ equal: false, firstDifference });
    checked('verify', verifyDocument([{ flow: 'f', partitions: [one], diagnostics: [] }], [], true));
  }
});

const before = { at: '2026-11-25T09:00:00.000Z', digest: 'a'.repeat(64), records: 1_000n, cleaned: 0n };
const resumed = comparison({
  before: {
    ...before,
    ...{ fromSource: 0n, fromTarget: 0n, nextSource: 20n, nextTarget: 20n, sourceEpoch: 1, targetEpoch: 1 },
  },
});
const scopes: readonly VerifyRun['scope'][] = [
  { kind: 'all' },
  { kind: 'sample', share: 0.05, seed: 7 },
  { kind: 'since', timestamp: '2026-11-26T00:00:00.000Z' },
  { kind: 'tail', offsets: '1000' },
];

test('verify: what was not compared, or compared before, follows the schema and is said in words', () => {
  const words = scopes.map((scope) => {
    const one = scope.kind === 'all' ? resumed : comparison({ leftOut: [{ start: 3n, end: 9n }] });
    const document = verifyDocument([{ flow: 'f', partitions: [one], diagnostics: [] }], [], true, { ...run, scope });
    checked('verify', document);
    return scopeWords({ ...document, run: { ...run, scope } });
  });
  assert.equal(words, [
    '1,000 of the records were found equal before, by 2026-11-25T09:00:00.000Z at the latest; --full compares them anew.',
    'Compared was only a sample of 5 % (--seed 7): 6 offsets of the source were not.',
    'Compared was only what is from 2026-11-26T00:00:00.000Z on: 6 offsets of the source were not.',
    'Compared was only the newest 1,000 offsets of each partition: 6 offsets of the source were not.',
  ]);
});

test('verify: the report holds what, when, up to where, the digests and the result', () => {
  const flows = [{ flow: 'dc-to-msk', partitions: [comparison(), different], diagnostics: [] }];
  const found = diagnostic('KP6001', { summary: 'Differs.' });
  assert.is(
    renderVerifyMarkdown({ ...verifyDocument(flows, [found], true), run }),
    readFileSync(new URL('./report.md', import.meta.url), 'utf8'),
  );
});

test('verify: a topic that goes by key is one entry without partitions', () => {
  const parts = {
    kind: 'whole',
    source: 'clicks',
    target: 'eu.clicks',
    records: 7n,
    orderShare: 1,
    overtaken: false,
  } as const;
  const digests = { sourceDigest: 'b'.repeat(64), targetDigest: 'c'.repeat(64) };
  const byKey = [
    { ...parts, ...digests, differing: [], keysOutOfOrder: 0 },
    { ...parts, ...digests, differing: [{ partition: 3, wanted: 2, found: 1 }], keysOutOfOrder: 4 },
  ];
  const document = verifyDocument([{ flow: 'dc-to-msk', partitions: [], byKey, diagnostics: [] }], [], true);
  checked('verify', document);
  assert.equal(
    document.partitions.map(({ source, equal, differences }) => [source, equal, differences]),
    [
      [{ topic: 'clicks' }, true, '0'],
      [{ topic: 'clicks' }, false, '5'],
    ],
  );
  assert.not.ok(document.equal);
});

test('verify: of a compacted topic that goes by key the kinds of keys that differ are counted, and some are named', () => {
  const at = { hash: 1, partition: 2, offset: 2n ** 60n, tombstone: false, misplaced: false };
  const one = {
    kind: 'compacted',
    source: 'clicks',
    target: 'eu.clicks',
    records: 7n,
    sourceDigest: 'b'.repeat(64),
    targetDigest: 'c'.repeat(64),
    overtaken: true,
    cleaned: 5n,
    unproven: 3n,
    kinds: { missing: 0, extra: 0, duplicated: 0, reordered: 0, changed: 2 },
    differences: [{ kind: 'changed', source: at, target: { ...at, partition: 0, offset: 9n } }],
    keyShare: 0.25,
  } as const;
  const document = verifyDocument([{ flow: 'f', partitions: [], byKey: [one], diagnostics: [] }], [], true);
  checked('verify', document);
  assert.equal(document.partitions[0]?.kinds, { changed: '2' });
  assert.is(document.partitions[0]?.cleaned, '5');
  assert.is(document.partitions[0]?.differences, '2');
  const text = renderVerification({ ...document, run }, false);
  assert.ok(text.includes('f     clicks (by key)  eu.clicks (by key)        7        5  2 changed'), text);
  assert.equal(
    byKeyFindings('flow/f', one).map(({ code, severity, summary, detail }) => [code, severity, summary, detail]),
    [
      [
        'KP6024',
        'error',
        'Source and target differ in clicks, which goes by key.',
        'changed: clicks:2 offset 1152921504606846976 at the source, eu.clicks:0 offset 9 at the target; retention deleted records meanwhile, and may be why.',
      ],
      ['KP6025', 'warning', '3 records of clicks cannot be told from what a cleaner takes.', undefined],
      [
        'KP6020',
        'error',
        'clicks has more records than verification holds: 25.0 % of its keys were compared.',
        undefined,
      ],
    ],
  );
});

test('verify: equal only where all was compared', () => {
  const flows = [{ flow: 'dc-to-msk', partitions: [comparison()], diagnostics: [] }];
  assert.ok(verifyDocument(flows, [], true).equal);
  assert.not.ok(verifyDocument(flows, [], false).equal);
});

test('verify: the text has a line a partition, the first difference and the totals', () => {
  const flows = [{ flow: 'dc-to-msk', partitions: [comparison(), different], diagnostics: [] }];
  assert.is(
    renderVerification({ ...verifyDocument(flows, [], true), run }, false),
    [
      'flow       source    target         records  cleaned  result',
      'dc-to-msk  orders:3  eu.orders:3  1,204,331       12  equal',
      'dc-to-msk  orders:3  eu.orders:3  1,204,331       12  1 missing, 1 changed',
      '',
      'orders:3, first difference: source offset 1152921504606846976 and target offset 17 differ in value, timestamp',
      '',
      '2 partitions, 2,408,662 records compared, 24 taken by cleaners: 1 of 2 differ.',
      '',
    ].join('\n'),
  );
});

test.run();
