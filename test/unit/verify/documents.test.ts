import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PartitionComparison } from '../../../runner/verify/verify-partition.ts';
import { verifyDocument } from '../../../src/cli/views/verify-document.ts';
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

function comparison(changes: Partial<PartitionComparison> = {}): PartitionComparison {
  return {
    partition: {
      source: { topic: 'orders', partition: 3 },
      target: { topic: 'eu.orders', partition: 3 },
      input: { segments: [], startSource: 0n, nextSource: 30n, nextTarget: 30n, source: range, target: range },
    },
    range: { source: range, target: range },
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

test('verify: equal only where all was compared', () => {
  const flows = [{ flow: 'dc-to-msk', partitions: [comparison()], diagnostics: [] }];
  assert.ok(verifyDocument(flows, [], true).equal);
  assert.not.ok(verifyDocument(flows, [], false).equal);
});

test('verify: the text has a line a partition, the first difference and the totals', () => {
  const flows = [{ flow: 'dc-to-msk', partitions: [comparison(), different], diagnostics: [] }];
  assert.is(
    renderVerification(verifyDocument(flows, [], true), false),
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
