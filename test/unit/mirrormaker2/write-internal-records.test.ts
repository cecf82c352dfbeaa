import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { TransactionalLog } from '../../../runner/engines/native/ports.ts';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import { planInternalWrite } from '../../../runner/mirrormaker2/internal-write.ts';
import { type WritePlace, writeInternalRecords } from '../../../runner/mirrormaker2/write-internal-records.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { decodeRecords } from '../../../runner/records/decode.ts';
import type { InternalRecord } from '../../../src/mirrormaker2/internal-records.ts';
import { simulatedClock } from '../state/simulated-clock.ts';

const topic = 'dc.checkpoints.internal';
const transactionalId = 'kplan.m.f.mirrormaker2';
const record = (key: string, value: string): InternalRecord => ({ key: Buffer.from(key), value: Buffer.from(value) });

/** A compacted topic of one partition in memory; what is committed can be read at once. */
function place({ refuses = false }: { readonly refuses?: boolean } = {}) {
  const stored: InternalRecord[] = [];
  const calls: string[] = [];
  let open: InternalRecord[] = [];
  let exists = false;
  const log: TransactionalLog = {
    cluster: 'msk',
    describeTopics: async () => new Map(exists ? [[topic, { topic, leaders: [0] }]] : []),
    offsets: async (partitions, at) =>
      partitions.map((one) => ({ ...one, error: null, offset: at === 'earliest' ? 0n : BigInt(stored.length) })),
    fetch: async (_broker, { positions }) =>
      positions.map((one) => ({
        ...one,
        error: null,
        logStartOffset: 0n,
        highWatermark: BigInt(stored.length),
        lastStableOffset: BigInt(stored.length),
        abortedTransactions: [],
        records: buildBatch({ records: stored.map((each) => ({ ...each, timestamp: 0n })) }),
        release: () => {},
      })),
    openFetches: () => async () => [],
    initProducer: async (id) => ({ transactionalId: id, producerId: 7n, producerEpoch: 1 }),
    addPartitions: async () => {},
    produce: async (_broker, _producer, batches) => {
      if (refuses)
        throw brokerFault({ cluster: 'msk', request: 'Produce' }, { errorName: 'TOPIC_AUTHORIZATION_FAILED' });
      const [first] = batches;
      for (const { key, value } of decodeRecords(first?.batch ?? Buffer.alloc(0))) {
        open.push({ key: Buffer.from(key ?? ''), value: Buffer.from(value ?? '') });
      }
      return [{ topic, partition: 0, error: null, baseOffset: 0n, logAppendTimeMs: -1n }];
    },
    endTransaction: async (_producer, outcome) => {
      calls.push(outcome);
      if (outcome === 'commit') stored.push(...open);
      open = [];
      return { mayComeAgain: false };
    },
    commitGroupOffsets: async () => {},
  };
  const cluster = {
    name: 'msk',
    log,
    reader: { describeCluster: async () => ({ clusterId: 'x', brokers: [{ id: 0, host: 'h', port: 1 }] }) },
    topics: {
      createTopics: async () => {
        calls.push('create');
        exists = true;
        return [{ topic, error: null }];
      },
    },
  } as unknown as WritePlace;
  return { cluster, log, stored, calls };
}

async function decided(log: TransactionalLog, records: readonly InternalRecord[]) {
  const clock = simulatedClock();
  return { clock, write: await clock.until(planInternalWrite(log, { topic, kind: 'checkpoints' }, records, clock)) };
}

test('the topic is made, the records are committed together, and again nothing is left to write', async () => {
  const { cluster, log, stored, calls } = place();
  const wanted = [record('a', '1'), record('b', '2')];
  const { clock, write } = await decided(log, wanted);
  assert.equal([write.create, write.records.length, write.unchanged], [true, 2, 0]);
  assert.equal(await clock.until(writeInternalRecords(cluster, write, { transactionalId, clock })), []);
  assert.equal(stored, wanted);
  assert.equal(calls, ['create', 'commit']);
  const again = await decided(log, [record('a', '1'), record('b', '3')]);
  assert.equal([again.write.create, again.write.records, again.write.unchanged], [false, [record('b', '3')], 1]);
  await again.clock.until(writeInternalRecords(cluster, again.write, { transactionalId, clock: again.clock }));
  assert.equal(stored, [...wanted, record('b', '3')]);
});

test('without records no topic is made', async () => {
  const { log } = place();
  const { write } = await decided(log, []);
  assert.equal([write.create, write.records], [false, []]);
});

test('where another one wrote the same key meanwhile nothing is written', async () => {
  const { cluster, log, stored, calls } = place();
  const first = await decided(log, [record('a', '1')]);
  await first.clock.until(writeInternalRecords(cluster, first.write, { transactionalId, clock: first.clock }));
  const { clock, write } = await decided(log, [record('a', '2'), record('b', '2')]);
  stored.push(record('b', '9'));
  const diagnostics = await clock.until(writeInternalRecords(cluster, write, { transactionalId, clock }));
  assert.equal(
    diagnostics.map((one) => one.code),
    ['KP6046'],
  );
  assert.equal(stored, [record('a', '1'), record('b', '9')]);
  assert.equal(calls, ['create', 'commit']);
});

test('what is refused is aborted, and its fault told', async () => {
  const { cluster, log, stored, calls } = place({ refuses: true });
  const { clock, write } = await decided(log, [record('a', '1')]);
  let told: unknown;
  await clock.until(
    writeInternalRecords(cluster, write, { transactionalId, clock }).then(
      () => undefined,
      (error: unknown) => {
        told = error;
      },
    ),
  );
  assert.is(told instanceof ClusterFault ? told.errorName : told, 'TOPIC_AUTHORIZATION_FAILED');
  assert.equal([stored, calls], [[], ['create', 'abort']]);
});

test.run();
