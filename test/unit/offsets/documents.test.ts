import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderOffsetsCsv } from '../../../src/cli/views/offsets-csv.ts';
import { type OffsetAnswer, offsetsDocument } from '../../../src/cli/views/offsets-document.ts';
import { renderOffsets } from '../../../src/cli/views/offsets-text.ts';
import { renderWrites, renderWritten } from '../../../src/cli/views/offsets-writes-text.ts';
import { diagnostic } from '../../../src/diagnostics/diagnostic.ts';

const schemaFile = new URL('../../../schema/offsets.v1.schema.json', import.meta.url);
const validate = new Ajv2020({ allErrors: true }).compile(JSON.parse(readFileSync(schemaFile, 'utf8')));

function checked(document: unknown): void {
  assert.ok(validate(JSON.parse(JSON.stringify(document))), JSON.stringify(validate.errors));
  assert.not.ok(validate({ ...(document as object), formatVersion: 1 }), 'the schema checks');
}

const billing = { direction: 'to-target', group: 'billing' } as const;

function answer(topic: string, partition: number, offset: bigint, parts: Partial<OffsetAnswer>): OffsetAnswer {
  const asked = { topic, partition, offset, ...parts.asked };
  return { flow: 'dc-to-msk', found: null, result: 'unknown', rereadRecords: 0n, ...parts, asked };
}

const answers = [
  answer('orders', 0, 106n, { result: 'translated', found: { topic: 'eu.orders', partition: 0, offset: 96n } }),
  answer('orders', 1, 7n, { result: 'below-start' }),
  answer('orders', 2, 7n, {
    result: 'at-least-once',
    rereadRecords: 12n,
    found: { topic: 'o', partition: 9, offset: 1n },
  }),
  answer('new', 0, 0n, { why: 'not-yet' }),
];

test('the document follows its schema, and says null where nothing is known', () => {
  const document = offsetsDocument(billing, answers, []);
  checked(document);
  checked(offsetsDocument({ direction: 'to-target' }, [], [diagnostic('KP6010', { summary: 'Nothing.' })]));
  assert.equal(
    document.partitions.map((one) => one.target?.offset ?? null),
    ['96', null, '1', null],
  );
  assert.equal(
    document.partitions.map((one) => [one.result, one.rereadRecords]),
    [
      ['translated', '0'],
      ['below-start', '0'],
      ['at-least-once', '12'],
      ['unknown', '0'],
    ],
  );
});

test('by key a place is one of all offsets together, told in a row for each target partition', () => {
  const found = (partition: number, offset: bigint) => ({ topic: 'eu.orders', partition, offset });
  const parts = { result: 'at-least-once', rereadRecords: 3n } as const;
  const document = offsetsDocument(
    billing,
    [
      answer('orders', 0, 7n, { ...parts, found: found(0, 10n), byKey: 'together' }),
      answer('orders', 0, 7n, { ...parts, found: found(1, 20n), byKey: 'together' }),
      answer('orders', 1, 7n, { ...parts, found: found(0, 12n), byKey: 'alone' }),
      answer('clicks', 1, 7n, { why: 'with-others' }),
    ],
    [],
  );
  checked(document);
  assert.equal(
    document.partitions.map(({ source, target }) => [source?.offset ?? null, target?.offset ?? null]),
    [
      [null, '10'],
      [null, '20'],
      ['7', '12'],
      ['7', null],
    ],
  );
  assert.match(renderOffsets(document), 'another one of the group has none');
});

test('back: the target is what was given, the source what was found', () => {
  const document = offsetsDocument({ direction: 'to-source', timestampMs: 1_793_491_200_000n }, answers, []);
  checked(document);
  assert.equal(document.partitions[0]?.target, { topic: 'orders', partition: 0, offset: '106' });
  assert.equal(document.partitions[0]?.source, { topic: 'eu.orders', partition: 0, offset: '96' });
  assert.is(document.partitions[1]?.source, null);
  assert.is(document.timestamp, '2026-11-01T00:00:00.000Z');
  assert.match(
    renderOffsets(document),
    /^At 2026-11-01T00:00:00\.000Z\n\nflow +target +offset +source +offset +result\n/u,
  );
  assert.match(renderOffsets(document), "below the target's log start");
});

test('the text has a line a partition', () => {
  assert.is(
    renderOffsets(offsetsDocument(billing, answers, [])),
    [
      'Group billing',
      '',
      'flow       source    offset  target       offset  result',
      'dc-to-msk  orders:0     106  eu.orders:0      96  exact',
      "dc-to-msk  orders:1       7  -                 -  below the source's log start",
      'dc-to-msk  orders:2       7  o:9               1  12 read again',
      'dc-to-msk  new:0          0  -                 -  not mirrored, or not yet',
      '',
    ].join('\n'),
  );
});

test('of several groups each line names its own', () => {
  const ofGroups = answers.map((one, at) => ({ ...one, asked: { ...one.asked, group: `g${at}` } }));
  const document = offsetsDocument({ direction: 'to-target' }, ofGroups, []);
  checked(document);
  assert.match(renderOffsets(document), /^group +flow +source/u);
  assert.match(renderOffsets(document), /^g1 +dc-to-msk +orders:1/mu);
});

test('the CSV has one line for each answer, and columns that stay', () => {
  const odd = answer('orders', 3, 8n, {
    flow: '',
    asked: { topic: 'orders', partition: 3, offset: 8n, group: 'a,"b"\n', line: 12 },
  });
  assert.is(
    renderOffsetsCsv(offsetsDocument({ direction: 'to-target' }, [...answers, odd], [])),
    [
      'flow,group,source_topic,source_partition,source_offset,target_topic,target_partition,target_offset,result,reread_records,line',
      'dc-to-msk,,orders,0,106,eu.orders,0,96,translated,0,',
      'dc-to-msk,,orders,1,7,,,,below-start,0,',
      'dc-to-msk,,orders,2,7,o,9,1,at-least-once,12,',
      'dc-to-msk,,new,0,0,,,,unknown,0,',
      ',"a,""b""\n",orders,3,8,,,,unknown,0,12',
      '',
    ].join('\n'),
  );
  assert.is(renderOffsetsCsv(offsetsDocument(billing, [], [])), '');
});

const checkpoints = {
  flow: 'dc-to-msk',
  cluster: 'msk',
  topic: 'dc.checkpoints.internal',
  kind: 'checkpoints',
  create: true,
  records: '1200',
  unchanged: '0',
  written: false,
} as const;
const syncs = {
  ...checkpoints,
  cluster: 'dc',
  topic: 'mm2-offset-syncs.msk.internal',
  kind: 'offset-syncs',
  create: false,
  records: '3',
  unchanged: '1',
} as const;

test('what is to be written follows the schema, and is shown before and after', () => {
  checked({ ...offsetsDocument(billing, answers, []), writes: [checkpoints, syncs] });
  assert.is(
    renderWrites([checkpoints, syncs]),
    [
      '',
      'written for MirrorMaker  cluster  topic                              records  there already',
      'checkpoints              msk      dc.checkpoints.internal (is made)     1200              0',
      'offset syncs             dc       mm2-offset-syncs.msk.internal            3              1',
      '',
      '',
    ].join('\n'),
  );
  const done = [checkpoints, syncs].map((one) => ({ ...one, written: true }));
  assert.is(renderWritten(done), '1,203 records written to 2 topics.\n');
  assert.is(renderWritten([{ ...checkpoints, records: '0' }]), 'Nothing to write: all of it stands there already.\n');
  assert.is(renderWritten([checkpoints]), '');
});

test.run();
