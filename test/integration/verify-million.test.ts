import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../runner/engines/native/clock.ts';
import { buildBatch, type NewRecord } from '../../runner/records/build.ts';
import { type DecodedRecord, decodeRecords } from '../../runner/records/decode.ts';
import { baseOffsetOf } from '../../runner/records/header.ts';
import { verifyFlow } from '../../runner/verify/verify-flow.ts';
import type { PartitionComparison } from '../../runner/verify/verify-partition.ts';
import { positionRecordVersion } from '../../src/state/records.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { copyTopic } from '../fixtures/copy-topic.ts';
import { type MirroredTopics, mirroredTopics } from '../fixtures/mirrored-topics.ts';
import { createTopic, produceRecords, type RecordToProduce, uniqueName } from '../fixtures/records.ts';

/**
 * A million records at the source, in large batches and in small ones, and a target with one fault in each partition but
 * the first: every one is found, at its place, and nothing else.
 */
const clusters = await sharedClusters();
const bootstrap = { source: clusters.source.bootstrap, target: clusters.target.bootstrap };
const nowMs = BigInt(Date.now());
const faults = {
  none: (all) => all,
  dropped: (all) => all.toSpliced(at, 1),
  doubled: (all) => all.flatMap((one, n) => (n === at ? [one, one] : [one])),
  swapped: (all) => all.map((one, n) => all[n === at ? at + 1 : n === at + 1 ? at : n] ?? one),
  key: (all) => changed(all, { key: Buffer.from('another key') }),
  value: (all) => changed(all, { value: Buffer.from('another value') }),
  header: (all) => changed(all, { headers: [{ key: Buffer.from('h'), value: null }] }),
  timestamp: (all) => changed(all, { timestamp: nowMs - 1n }),
} as const satisfies Record<string, (all: readonly DecodedRecord[]) => readonly NewRecord[]>;
type Fault = keyof typeof faults;
const faultNames = Object.keys(faults) as Fault[];

const partitions = faultNames.length;
const perPartition = 125_000;
const perBatch = 2_500;
const perSmallBatch = 5;
/** Within its batch, and the batch's place in the partition. */
const at = 1_234;
const faultyBatch = 31;
const faultyOffset = BigInt(faultyBatch * perBatch + at);

function changed(all: readonly DecodedRecord[], change: Partial<NewRecord>): NewRecord[] {
  return all.map((one, n) => (n === at ? { ...one, ...change } : one));
}

function rebuilt(records: readonly NewRecord[], size: number): Buffer[] {
  const plain = records.map(({ key, value, headers, timestamp }): NewRecord => {
    return { key, value, timestamp, ...(headers === undefined ? {} : { headers }) };
  });
  return Array.from({ length: Math.ceil(plain.length / size) }, (_, n) =>
    buildBatch({ records: plain.slice(n * size, (n + 1) * size) }),
  );
}

const topics = { large: uniqueName('large'), small: uniqueName('small'), target: uniqueName('copy') };
let clients: MirroredTopics;

test.before(async () => {
  for (const topic of [topics.large, topics.small]) await createTopic(bootstrap.source, topic, { partitions });
  await createTopic(bootstrap.target, topics.target, { partitions });
  for (let partition = 0; partition < partitions; partition += 1) {
    const records = Array.from({ length: perPartition }, (_, n): RecordToProduce => {
      return {
        partition,
        key: Buffer.from(`key ${n}`),
        value: Buffer.from(`value ${n} of partition ${partition}`),
        headers: [['h', Buffer.from(`${n % 7}`)]],
        timestamp: nowMs + BigInt(n),
      };
    });
    await produceRecords({ bootstrap: bootstrap.source, topic: topics.large, recordsPerBatch: perBatch }, records);
  }
  clients = await mirroredTopics(bootstrap, [{ source: topics.large, target: topics.target, partitions }]);
  const { source, target } = clients;
  const large = { log: source.log, topic: topics.large };
  await copyTopic(large, { log: source.log, topic: topics.small }, partitions, (batch) =>
    rebuilt(decodeRecords(batch), perSmallBatch),
  );
  await copyTopic(large, { log: target.log, topic: topics.target }, partitions, (batch, partition) => {
    if (baseOffsetOf(batch) !== BigInt(faultyBatch * perBatch)) return [batch];
    return rebuilt(faults[faultNames[partition] ?? 'none'](decodeRecords(batch)), perBatch + 1);
  });
});
test.after(() => clients.close());

/** Positions of a mirror that copied offset by offset. */
async function verifyAgainst(topic: string): Promise<ReadonlyMap<Fault, PartitionComparison>> {
  const nextSource = BigInt(perPartition);
  const segments = [{ source: 0n, target: 0n, length: nextSource }];
  const positions = faultNames.map((fault, partition) => {
    const nextTarget = nextSource + (fault === 'doubled' ? 1n : fault === 'dropped' ? -1n : 0n);
    const places = { source: { topic, partition }, target: { topic: topics.target, partition } };
    const record = {
      v: positionRecordVersion,
      flow: 'flow',
      ...places,
      nextSource,
      nextTarget,
      startSource: 0n,
      segments,
    };
    return { record, segments: () => segments, spans: () => [], sealed: () => [] };
  });
  const [mapping] = clients.flow.topics;
  assert.ok(mapping);
  const found = await verifyFlow({
    flow: { ...clients.flow, topics: [{ ...mapping, source: topic }] },
    source: clients.source.log,
    target: clients.target.log,
    positions,
    compacted: { source: new Set(), target: new Set() },
    clock: systemClock,
  });
  assert.equal(found.diagnostics, []);
  return new Map(found.partitions.map((one) => [faultNames[one.partition.source.partition] ?? 'none', one]));
}

function foundIn(one: PartitionComparison | undefined) {
  const kinds = Object.entries(one?.kinds ?? {}).filter(([, count]) => count > 0);
  return { kinds: Object.fromEntries(kinds), first: one?.firstDifference };
}

const behind = perPartition - Number(faultyOffset) - 1;
const same = { sourceOffset: faultyOffset, targetOffset: faultyOffset };
const expected = {
  none: { kinds: {}, first: null },
  dropped: { kinds: { missing: 1, displaced: behind }, first: { kind: 'missing', ...same } },
  doubled: {
    kinds: { duplicated: 1, displaced: behind },
    first: { kind: 'duplicated', sourceOffset: faultyOffset, targetOffset: faultyOffset + 1n },
  },
  swapped: {
    kinds: { reordered: 2 },
    first: { kind: 'reordered', sourceOffset: faultyOffset, targetOffset: faultyOffset + 1n },
  },
  key: { kinds: { changed: 1 }, first: { kind: 'changed', ...same, parts: ['key'] } },
  value: { kinds: { changed: 1 }, first: { kind: 'changed', ...same, parts: ['value'] } },
  header: { kinds: { changed: 1 }, first: { kind: 'changed', ...same, parts: ['headers'] } },
  timestamp: { kinds: { changed: 1 }, first: { kind: 'changed', ...same, parts: ['timestamp'] } },
} as const satisfies Record<Fault, object>;

for (const layout of ['large', 'small'] as const) {
  test(`each fault among a million records in ${layout} batches is found, and none where there is none`, async () => {
    const found = await verifyAgainst(topics[layout]);
    for (const fault of faultNames) assert.equal(foundIn(found.get(fault)), expected[fault], fault);
    const healthy = found.get('none');
    assert.is(healthy?.records, BigInt(perPartition));
    assert.is(healthy?.sourceDigest, healthy?.targetDigest);
  });
}

test.run();
