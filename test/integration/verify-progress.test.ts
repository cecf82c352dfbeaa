import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../runner/engines/native/clock.ts';
import { kafkaVerifiedStore } from '../../runner/state/verified-store.ts';
import { verifyFlow } from '../../runner/verify/verify-flow.ts';
import type { PartitionComparison } from '../../runner/verify/verify-partition.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { type MirroredTopics, mirroredTopics } from '../fixtures/mirrored-topics.ts';
import { createTopic, produceRecords, uniqueName } from '../fixtures/records.ts';

const clusters = await sharedClusters();
const bootstrap = { source: clusters.source.bootstrap, target: clusters.target.bootstrap };
const partitions = 2;

/** `from` makes the values of one call unlike those of the next. */
async function produce(topic: string, from: number, count: number, recordsPerBatch: number): Promise<void> {
  const records = Array.from({ length: count }, (_, n) => ({
    partition: n % partitions,
    key: Buffer.from(`key ${n % 9}`),
    value: Buffer.from(`value ${from + n}`),
  }));
  await produceRecords({ bootstrap: bootstrap.source, topic, recordsPerBatch }, records);
}

async function verify(mirrored: MirroredTopics, anew = false, signal?: AbortSignal): Promise<PartitionComparison[]> {
  const { source, target, flow, migration } = mirrored;
  const found = await verifyFlow({
    flow,
    source: source.log,
    target: target.log,
    positions: await mirrored.positions(),
    compacted: { source: new Set(), target: new Set() },
    store: kafkaVerifiedStore(target.log, systemClock, migration),
    anew,
    clock: systemClock,
    ...(signal === undefined ? {} : { signal }),
  });
  assert.equal(found.diagnostics, []);
  for (const one of found.partitions) assert.ok(one.equal, one.firstDifference?.kind);
  return [...found.partitions];
}

test('what was verified stays verified: the next run reads what came since, to the digests of a whole one', async () => {
  const topic = uniqueName('verified');
  for (const servers of Object.values(bootstrap)) await createTopic(servers, topic, { partitions });
  await produce(topic, 0, 12_000, 400);
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions }]);
  try {
    await mirrored.mirror();
    for (const one of await verify(mirrored)) assert.is(one.before, null);
    await produce(topic, 12_000, 3_000, 3);
    await mirrored.mirror();
    const tail = await verify(mirrored);
    const whole = await verify(mirrored, true);
    for (const [index, one] of tail.entries()) {
      assert.ok((one.before?.records ?? 0n) >= 4_000n, `${one.before?.records} records before`);
      assert.is(one.records, 7_500n);
      assert.is(whole[index]?.before, null);
      assert.is(one.sourceDigest, whole[index]?.sourceDigest);
      assert.is(one.targetDigest, whole[index]?.targetDigest);
    }
    const again = await verify(mirrored);
    for (const one of again) assert.ok((one.before?.records ?? 0n) > 7_500n - 1_500n);
  } finally {
    await mirrored.close();
  }
});

test('a run that is interrupted keeps how far it had come', async () => {
  const topic = uniqueName('interrupted');
  for (const servers of Object.values(bootstrap)) await createTopic(servers, topic, { partitions });
  await produce(topic, 0, 40_000, 2_000);
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions }]);
  try {
    await mirrored.mirror();
    const store = kafkaVerifiedStore(mirrored.target.log, systemClock, mirrored.migration);
    let toldRecords = 0n;
    const failing = verifyFlow({
      flow: mirrored.flow,
      source: mirrored.source.log,
      target: mirrored.target.log,
      positions: await mirrored.positions(),
      compacted: { source: new Set(), target: new Set() },
      store,
      clock: systemClock,
      onProgress({ records }) {
        toldRecords = records;
        if (records > 0n) throw new Error('interrupted');
      },
    });
    await failing.then(
      () => assert.unreachable('it was interrupted'),
      (error: Error) => assert.is(error.message, 'interrupted'),
    );
    assert.ok(toldRecords > 0n);
    const { records } = await store.read(mirrored.flow.name);
    assert.ok(records.size > 0, 'something is kept');
    const resumed = await verify(mirrored);
    assert.ok(resumed.some((one) => (one.before?.records ?? 0n) > 0n));
    for (const one of resumed) assert.is(one.records, 20_000n);
  } finally {
    await mirrored.close();
  }
});

test('a topic that was made again is compared from its beginning', async () => {
  const topic = uniqueName('again');
  for (const servers of Object.values(bootstrap)) await createTopic(servers, topic, { partitions });
  await produce(topic, 0, 6_000, 500);
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions }]);
  try {
    await mirrored.mirror();
    await verify(mirrored);
    const store = kafkaVerifiedStore(mirrored.target.log, systemClock, mirrored.migration);
    const { records } = await store.read(mirrored.flow.name);
    assert.is(records.size, partitions);
    const ofAnother = [...records].map(([key, one]) => {
      return [key, { ...one, target: { ...one.target, topicId: '00000000-0000-4000-8000-000000000000' } }] as const;
    });
    await store.write(new Map(ofAnother));
    for (const one of await verify(mirrored)) assert.is(one.before, null);
  } finally {
    await mirrored.close();
  }
});

test.run();
