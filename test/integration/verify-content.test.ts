import { CompressionAlgorithms, type CompressionAlgorithmValue } from '@platformatic/kafka';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../runner/engines/native/clock.ts';
import { verifyFlow } from '../../runner/verify/verify-flow.ts';
import type { PartitionComparison } from '../../runner/verify/verify-partition.ts';
import { appendRun } from '../../src/offset-map/append.ts';
import type { Segment } from '../../src/offset-map/segment.ts';
import type { PositionRecord } from '../../src/state/records.ts';
import { positionRecordVersion } from '../../src/state/records.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { mirroredTopics } from '../fixtures/mirrored-topics.ts';
import { createTopic, produceRecords, type RecordToProduce, uniqueName } from '../fixtures/records.ts';

const clusters = await sharedClusters();
const bootstrap = { source: clusters.source.bootstrap, target: clusters.target.bootstrap };
const codecs: readonly CompressionAlgorithmValue[] = Object.values(CompressionAlgorithms);
const nowMs = BigInt(Date.now());

function records(count: number): RecordToProduce[] {
  return Array.from({ length: count }, (_, n) => ({
    partition: n % 2,
    key: n % 7 === 0 ? null : Buffer.from(`key ${n}`),
    value: n % 5 === 0 ? null : Buffer.from(`value ${n}`),
    headers: [
      ['a', Buffer.from([n % 256])],
      ['a', Buffer.alloc(0)],
      ['b', Buffer.from('x')],
    ],
    timestamp: nowMs + BigInt(n),
  }));
}

test('what the engine mirrored is equal: every codec, transactions with aborts, LogAppendTime, an empty topic', async () => {
  const names = { mixed: uniqueName('mixed'), stamped: uniqueName('stamped'), empty: uniqueName('empty') };
  const settings = { bootstrap: bootstrap.source, topic: names.mixed };
  const config = { 'message.timestamp.type': 'LogAppendTime' };
  for (const topic of Object.values(names)) {
    await createTopic(bootstrap.source, topic, { partitions: 2, config: topic === names.stamped ? config : {} });
    await createTopic(bootstrap.target, topic, { partitions: 3 });
  }
  for (const codec of codecs) await produceRecords({ ...settings, codec, recordsPerBatch: 40 }, records(200));
  for (const outcome of ['commit', 'abort', 'commit'] as const) {
    const transaction = { transactionalId: uniqueName('app'), outcome };
    await produceRecords({ ...settings, recordsPerBatch: 10, transaction }, records(60));
  }
  await produceRecords({ ...settings, recordsPerBatch: 1 }, records(50));
  await produceRecords({ ...settings, topic: names.stamped, recordsPerBatch: 20 }, records(100));
  const pairs = Object.values(names).map((name) => ({ source: name, target: name, partitions: 2 }));
  const mirrored = await mirroredTopics(bootstrap, pairs);
  try {
    await mirrored.mirror();
    const { partitions, diagnostics } = await mirrored.verify();
    assert.equal(diagnostics, []);
    assert.is(partitions.length, 6);
    for (const one of partitions) {
      assert.ok(
        one.equal,
        `${one.partition.source.topic}: ${one.firstDifference?.kind} ${one.firstDifference?.sourceOffset}`,
      );
      assert.is(one.sourceDigest, one.targetDigest);
    }
    const count = partitions.reduce((sum, one) => sum + one.records, 0n);
    assert.is(count, BigInt(codecs.length * 200 + 2 * 60 + 50 + 100));
  } finally {
    await mirrored.close();
  }
});

/**
 * A target that a hand made from the source's records, under a position as a mirror that changed nothing would have
 * written it.
 */
async function verifyTampered(
  change: (all: RecordToProduce[]) => RecordToProduce[],
  config: Readonly<Record<string, string>> = {},
): Promise<PartitionComparison> {
  const all = records(30).map((one) => ({ ...one, partition: 0, key: one.key ?? Buffer.from('k') }));
  const topic = uniqueName('tampered');
  await createTopic(bootstrap.source, topic);
  await createTopic(bootstrap.target, topic, { config });
  await produceRecords({ bootstrap: bootstrap.source, topic, recordsPerBatch: 4 }, all);
  const codec = CompressionAlgorithms.GZIP;
  await produceRecords({ bootstrap: bootstrap.target, topic, recordsPerBatch: 7, codec }, change(all));
  const segments: Segment[] = [];
  appendRun(segments, { source: 0n, target: 0n, length: 30n });
  const record: PositionRecord = {
    v: positionRecordVersion,
    flow: 'flow',
    source: { topic, partition: 0 },
    target: { topic, partition: 0 },
    nextSource: 30n,
    nextTarget: 30n,
    startSource: 0n,
    segments,
  };
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions: 1 }]);
  try {
    const { partitions } = await verifyFlow({
      flow: mirrored.flow,
      source: mirrored.source.log,
      target: mirrored.target.log,
      positions: [{ record, segments: () => segments, spans: () => [], sealed: () => [] }],
      compacted: { source: new Set(), target: new Set() },
      clock: systemClock,
    });
    const [only] = partitions;
    assert.ok(only);
    return only;
  } finally {
    await mirrored.close();
  }
}

function changed(changes: Partial<RecordToProduce>) {
  return (all: RecordToProduce[]) => all.map((one, n) => (n === 11 ? { ...one, ...changes } : one));
}

test('a target that was copied by hand and not changed is equal', async () => {
  const found = await verifyTampered((all) => all);
  assert.ok(found.equal);
  assert.is(found.records, 30n);
});

for (const [part, changes] of [
  ['key', { key: Buffer.from('kex 11') }],
  ['value', { value: Buffer.from('value 1l') }],
  ['value', { value: null }],
  ['value', { value: Buffer.alloc(0) }],
  [
    'headers',
    {
      headers: [
        ['a', Buffer.alloc(0)],
        ['a', Buffer.from([11])],
        ['b', Buffer.from('x')],
      ],
    },
  ],
  [
    'headers',
    {
      headers: [
        ['a', Buffer.from([11])],
        ['b', Buffer.from('x')],
      ],
    },
  ],
  ['timestamp', { timestamp: nowMs + 12n }],
] as const satisfies readonly (readonly [string, Partial<RecordToProduce>])[]) {
  test(`one changed ${part} among 30 records is found at its offset`, async () => {
    const found = await verifyTampered(changed(changes));
    assert.equal(found.firstDifference, { kind: 'changed', sourceOffset: 11n, targetOffset: 11n, parts: [part] });
    assert.is.not(found.sourceDigest, found.targetDigest);
  });
}

test('a dropped, a doubled and two swapped records are found at the first one', async () => {
  const dropped = await verifyTampered((all) => all.toSpliced(11, 1));
  assert.equal(dropped.firstDifference, { kind: 'missing', sourceOffset: 11n, targetOffset: 11n });
  const last = await verifyTampered((all) => all.slice(0, -1));
  assert.equal(last.firstDifference, { kind: 'missing', sourceOffset: 29n, targetOffset: 29n });
  const doubled = await verifyTampered((all) => all.flatMap((one, n) => (n === 11 ? [one, one] : [one])));
  assert.equal(doubled.firstDifference, { kind: 'duplicated', sourceOffset: 11n, targetOffset: 12n });
  const swapped = await verifyTampered((all) => all.map((one, n) => all[n === 11 ? 12 : n === 12 ? 11 : n] ?? one));
  assert.equal(swapped.firstDifference, { kind: 'reordered', sourceOffset: 11n, targetOffset: 12n });
  assert.is(swapped.differences, 2n);
});

test('a target that stamps its own times differs in them', async () => {
  const found = await verifyTampered((all) => all, { 'message.timestamp.type': 'LogAppendTime' });
  assert.is(found.firstDifference?.kind === 'changed' && found.firstDifference.parts.join(), 'timestamp');
});

test.run();
