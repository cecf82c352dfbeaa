import { CompressionAlgorithms } from '@platformatic/kafka';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { GroupOffset } from '../../runner/engines/native/ports.ts';
import { FencedError } from '../../runner/kafka/cluster-fault.ts';
import { type Cluster, connectCluster } from '../../runner/kafka/open.ts';
import { connectionSettings } from '../../runner/kafka/settings.ts';
import type { CommittedOffset } from '../../runner/ports.ts';
import { restamp } from '../../runner/records/restamp.ts';
import { splitBatches } from '../../runner/records/split.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { eventually } from '../fixtures/eventually.ts';
import { createTopic, produceRecords, readAll, uniqueName } from '../fixtures/records.ts';

const { source, target } = await sharedClusters();
const patienceMs = 90_000;
const transactionTimeoutMs = 60_000;
const fetchLimits = { maxBytes: 1_000_000, minBytes: 1, maxWaitMs: 500, isolation: 'read_committed' } as const;

function open(name: string, bootstrap: readonly string[]): Cluster {
  return connectCluster(connectionSettings({ cluster: name, bootstrap, addressMap: new Map() }));
}

for (const { name, bootstrap } of [source, target]) {
  const withCluster = (what: string, use: (cluster: Cluster) => Promise<void>) =>
    test(`${name}: ${what}`, async () => {
      const cluster = open(name, bootstrap);
      try {
        await use(cluster);
      } finally {
        await cluster.close();
      }
    });

  withCluster('batches pass as bytes, in a transaction, and are read as they were', async ({ log }) => {
    const from = uniqueName('from');
    const to = uniqueName('to');
    await createTopic(bootstrap, from, { partitions: 2 });
    await createTopic(bootstrap, to, { partitions: 2 });
    const records = [0, 1, 0, 1, 1].map((partition, index) => ({
      partition,
      key: Buffer.from(`key ${index}`),
      value: Buffer.alloc(200_000, index),
      headers: [['h', Buffer.from([index])]] as const,
    }));
    await produceRecords({ bootstrap, topic: from, codec: CompressionAlgorithms.ZSTD, recordsPerBatch: 1 }, records);
    const leader = (await log.describeTopics([from])).get(from)?.leaders[0] ?? -1;
    const positions = [0, 1].map((partition) => ({ topic: from, partition, offset: 0n, maxBytes: 1_000_000 }));
    const fetched = await log.fetch(leader, { ...fetchLimits, positions });
    assert.equal(
      fetched.map((one) => [one.error, one.logStartOffset, one.highWatermark, one.lastStableOffset]),
      [
        [null, 0n, 2n, 2n],
        [null, 0n, 3n, 3n],
      ],
    );
    const producer = await log.initProducer(uniqueName('tx'), transactionTimeoutMs);
    await log.addPartitions(
      producer,
      [0, 1].map((partition) => ({ topic: to, partition })),
    );
    for (const { partition, records: bytes } of fetched) {
      for (const [sequence, batch] of splitBatches(bytes).batches.entries()) {
        restamp(batch, { ...producer, baseSequence: sequence, transactional: true });
        const [produced] = await log.produce(leader, producer, [{ topic: to, partition, batch }]);
        assert.is(produced?.error, null);
        assert.is(produced?.baseOffset, BigInt(sequence));
      }
    }
    await log.endTransaction(producer, 'commit');
    const plain = (list: Awaited<ReturnType<typeof readAll>>) =>
      list.map(({ partition, offset, key, value, timestamp, headers }) => ({
        partition,
        offset,
        key,
        value,
        timestamp,
        headers,
      }));
    const committed = () => readAll({ bootstrap, topic: to, isolation: 'read_committed' });
    await eventually('the markers are written', patienceMs, async () => (await committed()).length === 5);
    const written = await committed();
    assert.equal(plain(written), plain(await readAll({ bootstrap, topic: from })));
    assert.is(written[0]?.producerId, producer.producerId);
  });

  withCluster('a damaged batch is refused by the broker, and another offset than the next is told', async ({ log }) => {
    const topic = uniqueName('damaged');
    await createTopic(bootstrap, topic);
    await produceRecords({ bootstrap, topic }, [{ value: Buffer.from('value') }]);
    const [fetched] = await log.fetch(1, {
      ...fetchLimits,
      positions: [{ topic, partition: 0, offset: 0n, maxBytes: 1_000 }],
    });
    const batch = Buffer.from(fetched?.records ?? []);
    batch.writeUInt8(batch.readUInt8(batch.length - 2) ^ 1, batch.length - 2);
    const [produced] = await log.produce(1, null, [{ topic, partition: 0, batch }]);
    assert.is(produced?.error, 'CORRUPT_MESSAGE');
    const [beyond] = await log.fetch(1, {
      ...fetchLimits,
      positions: [{ topic, partition: 0, offset: 5n, maxBytes: 1_000 }],
    });
    assert.is(beyond?.error, 'OFFSET_OUT_OF_RANGE');
  });

  withCluster('who takes a transactional id over fences its holder, and aborts what it left', async ({ log }) => {
    const topic = uniqueName('fenced');
    const id = uniqueName('tx');
    await createTopic(bootstrap, topic);
    const offsets = async (at: 'latest' | 'last-stable') =>
      (await log.offsets([{ topic, partition: 0 }], at))[0]?.offset;
    const first = await log.initProducer(id, transactionTimeoutMs);
    await log.addPartitions(first, [{ topic, partition: 0 }]);
    await produceRecords({ bootstrap, topic }, [{ value: Buffer.from('plain') }]);
    const [fetched] = await log.fetch(1, {
      ...fetchLimits,
      positions: [{ topic, partition: 0, offset: 0n, maxBytes: 1_000 }],
    });
    const batch = Buffer.from(fetched?.records ?? []);
    restamp(batch, { ...first, baseSequence: 0, transactional: true });
    await log.produce(1, first, [{ topic, partition: 0, batch }]);
    assert.equal([await offsets('last-stable'), await offsets('latest')], [1n, 2n]);
    const second = await log.initProducer(id, transactionTimeoutMs);
    assert.is(second.producerId, first.producerId);
    assert.ok(second.producerEpoch > first.producerEpoch);
    assert.equal([await offsets('last-stable'), await offsets('latest')], [3n, 3n]);
    restamp(batch, { ...first, baseSequence: 1, transactional: true });
    const [late] = await log.produce(1, first, [{ topic, partition: 0, batch }]);
    assert.ok(late?.error === 'INVALID_PRODUCER_EPOCH' || late?.error === 'PRODUCER_FENCED', `${late?.error}`);
    const refused = [
      log.addPartitions(first, [{ topic, partition: 0 }]),
      log.commitGroupOffsets(first, uniqueName('group'), [{ topic, partition: 0, offset: 1n, metadata: null }]),
      log.endTransaction(first, 'commit'),
    ];
    for (const one of await Promise.allSettled(refused)) {
      assert.ok(one.status === 'rejected' && one.reason instanceof FencedError, one.status);
    }
  });

  withCluster('an end of a transaction may be sent again, but not the other end', async ({ log }) => {
    const topic = uniqueName('again');
    await createTopic(bootstrap, topic);
    const producer = await log.initProducer(uniqueName('tx'), transactionTimeoutMs);
    for (const outcome of ['commit', 'abort'] as const) {
      await log.addPartitions(producer, [{ topic, partition: 0 }]);
      await log.endTransaction(producer, outcome);
      await log.endTransaction(producer, outcome);
    }
    const other = await log.endTransaction(producer, 'commit').catch((error: unknown) => error);
    assert.is(other instanceof Error && 'errorName' in other && other.errorName, 'INVALID_TXN_STATE');
  });

  withCluster('offsets of groups are written with the transaction, or not at all', async ({ log, groups }) => {
    const topic = uniqueName('offsets');
    const group = uniqueName('group');
    await createTopic(bootstrap, topic, { partitions: 2 });
    const producer = await log.initProducer(uniqueName('tx'), transactionTimeoutMs);
    const offsets = [0, 1].map((partition) => ({
      topic,
      partition,
      offset: 40n + BigInt(partition),
      metadata: `m${partition}`,
    }));
    await log.commitGroupOffsets(producer, group, offsets);
    await log.endTransaction(producer, 'abort');
    assert.equal((await groups.committedOffsets([group])).get(group), []);
    await log.commitGroupOffsets(producer, group, offsets);
    await log.endTransaction(producer, 'commit');
    await eventually('the markers are written', patienceMs, async () => {
      return (await groups.committedOffsets([group])).get(group)?.length === 2;
    });
    assert.equal(byPartition((await groups.committedOffsets([group])).get(group)), withoutEpoch(offsets));

    const later = offsets.map((one) => ({ ...one, offset: one.offset + 10n }));
    await log.commitGroupOffsets(producer, group, later);
    const pending = groups.committedOffsets([group]);
    await log.endTransaction(producer, 'commit');
    assert.equal(byPartition((await pending).get(group)), withoutEpoch(later));
    const described = (await groups.describeGroups([group])).get(group);
    assert.equal(described, { group, type: 'classic', state: 'Empty', members: [], hadMembers: false });
  });

  withCluster('offsets by place and time; what is not there is a value', async ({ log }) => {
    const topic = uniqueName('places');
    await createTopic(bootstrap, topic);
    const at = BigInt(Date.now());
    await produceRecords(
      { bootstrap, topic, recordsPerBatch: 1 },
      [0n, 10n, 20n].map((later) => ({ value: Buffer.from('v'), timestamp: at + later })),
    );
    const ask = async (spec: Parameters<typeof log.offsets>[1]) =>
      (await log.offsets([{ topic, partition: 0 }], spec))[0];
    assert.is((await ask('earliest'))?.offset, 0n);
    assert.is((await ask('latest'))?.offset, 3n);
    assert.is((await ask({ timestampMs: at + 5n }))?.offset, 1n);
    assert.is((await ask({ timestampMs: at + 99n }))?.offset, -1n);
    const missing = uniqueName('missing');
    assert.is(
      (await log.offsets([{ topic: missing, partition: 0 }], 'latest'))[0]?.error,
      'UNKNOWN_TOPIC_OR_PARTITION',
    );
    const described = await log.describeTopics([topic, missing]);
    assert.equal([...described.keys()], [topic]);
    assert.match(described.get(topic)?.topicId ?? '', /^[\w-]{22}$/);
  });

  withCluster('who asks again and again is told what is new, and of nothing that is not wanted', async ({ log }) => {
    const topic = uniqueName('session');
    await createTopic(bootstrap, topic, { partitions: 3 });
    const topicId = (await log.describeTopics([topic])).get(topic)?.topicId;
    await eventually('its partitions are led', patienceMs, async () => {
      const positions = [0, 1, 2].map((partition) => ({ topic, topicId, partition, offset: 0n, maxBytes: 1_000 }));
      return (await log.fetch(1, { ...fetchLimits, maxWaitMs: 1, positions })).every((one) => one.error === null);
    });
    const fetch = log.openFetches(1);
    const told = async (offsets: readonly (readonly [number, bigint])[]) => {
      const positions = offsets.map(([partition, offset]) => ({ topic, topicId, partition, offset, maxBytes: 1_000 }));
      const answers = await fetch({ ...fetchLimits, maxWaitMs: 100, positions });
      return answers.map((one) => [one.topic, one.partition, one.error, splitBatches(one.records).batches.length]);
    };
    const write = (partition: number) =>
      produceRecords({ bootstrap, topic }, [{ partition, value: Buffer.from('news') }]);
    const start = [0, 1, 2].map((partition) => [partition, 0n] as const);
    assert.equal(
      await told(start),
      start.map(([partition]) => [topic, partition, null, 0]),
    );
    assert.equal(await told(start), []);
    await write(1);
    assert.equal(await told(start), [[topic, 1, null, 1]]);
    const without: (readonly [number, bigint])[] = [
      [0, 0n],
      [1, 1n],
    ];
    await write(2);
    assert.equal(await told(without), []);
    assert.equal(await told([...without, [2, 0n]]), [[topic, 2, null, 1]]);
    assert.equal(await told([[0, 9n]]), [[topic, 0, 'OFFSET_OUT_OF_RANGE', 0]]);
    assert.equal(await told([[0, 0n]]), [[topic, 0, null, 0]]);
  });

  withCluster('a fetch that waits holds up nobody', async ({ log }) => {
    const topic = uniqueName('waiting');
    await createTopic(bootstrap, topic);
    const waiting = log.fetch(1, {
      ...fetchLimits,
      maxWaitMs: 20_000,
      positions: [{ topic, partition: 0, offset: 0n, maxBytes: 1_000 }],
    });
    await produceRecords({ bootstrap, topic: await other(bootstrap) }, [{ value: null }]);
    const startMs = performance.now();
    await log.offsets([{ topic, partition: 0 }], 'latest');
    await log.fetch(1, {
      ...fetchLimits,
      maxWaitMs: 1,
      positions: [{ topic, partition: 0, offset: 0n, maxBytes: 1_000 }],
    });
    assert.ok(performance.now() - startMs < 15_000);
    await produceRecords({ bootstrap, topic }, [{ value: Buffer.from('ends the wait') }]);
    assert.ok((await waiting)[0]?.records.length);
  });
}

/** Offsets as they are read that were written without a leader epoch. */
function withoutEpoch(offsets: readonly GroupOffset[]): CommittedOffset[] {
  return offsets.map((one) => ({ ...one, leaderEpoch: -1 }));
}

function byPartition(offsets: readonly CommittedOffset[] | undefined): CommittedOffset[] {
  return (offsets ?? []).toSorted((a, b) => a.partition - b.partition);
}

async function other(bootstrap: readonly string[]): Promise<string> {
  const topic = uniqueName('other');
  await createTopic(bootstrap, topic);
  return topic;
}

test.run();
