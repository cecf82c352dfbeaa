import { test } from 'uvu';
import { equal, is, ok } from 'uvu/assert';
import { runKafkaTool } from '../clusters/kafka-tool.ts';
import { sharedClusters } from '../clusters/shared.ts';
import {
  createTopic,
  produceRecords,
  type RecordToProduce,
  readAll,
  type TopicRecord,
  uniqueName,
} from '../fixtures/records.ts';

const keepForever = { config: { 'retention.ms': '-1' } };

const awkward: readonly RecordToProduce[] = [
  { key: Buffer.from('k'), value: Buffer.from('v'), timestamp: 1_700_000_000_123n },
  { key: null, value: Buffer.from('no key'), timestamp: 1_700_000_000_000n },
  { key: Buffer.from('tombstone'), value: null, timestamp: 1_700_000_000_999n },
  { key: Buffer.alloc(0), value: Buffer.alloc(0), timestamp: 1_699_999_000_000n },
  {
    key: Buffer.from([0, 255, 128]),
    value: Buffer.from('headers'),
    headers: [
      ['b', Buffer.from('1')],
      ['a', Buffer.from('2')],
      ['b', Buffer.from('3')],
      ['b', Buffer.alloc(0)],
    ],
    timestamp: 1_700_000_001_000n,
  },
];

function plain({ key, value, headers, timestamp }: TopicRecord) {
  return {
    key: key?.toString('hex') ?? null,
    value: value?.toString('hex') ?? null,
    headers: headers.map(([name, content]) => [name.toString(), content?.toString('hex')]),
    timestamp,
  };
}

function plainProduced({ key, value, headers, timestamp }: RecordToProduce) {
  return {
    key: key?.toString('hex') ?? null,
    value: value?.toString('hex') ?? null,
    headers: (headers ?? []).map(([name, content]) => [name, content.toString('hex')]),
    timestamp,
  };
}

function values(records: readonly TopicRecord[]): string[] {
  return records.map(({ value }) => value?.toString() ?? '');
}

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`${codec}: keys, values, headers in order, nulls and timestamps come back as written`, async () => {
    const { bootstrap } = (await sharedClusters()).target;
    const topic = uniqueName('records');
    await createTopic(bootstrap, topic, keepForever);
    await produceRecords({ bootstrap, topic, codec }, awkward);
    const read = await readAll({ bootstrap, topic });
    equal(read.map(plain), awkward.map(plainProduced));
    ok(read.every(({ timestampType }) => timestampType === 'CreateTime'));
  });
}

test('partitions, offsets and batches are those asked for', async () => {
  const { bootstrap } = (await sharedClusters()).source;
  const topic = uniqueName('records');
  await createTopic(bootstrap, topic, { partitions: 3 });
  const records = [0, 2, 0, 2, 2].map((partition, index) => ({ partition, value: Buffer.from(`${index}`) }));
  const written = await produceRecords({ bootstrap, topic, recordsPerBatch: 1 }, records);
  equal(
    written.map(({ partition, offset }) => [partition, offset]),
    [
      [0, 0n],
      [2, 0n],
      [0, 1n],
      [2, 1n],
      [2, 2n],
    ],
  );
  equal(values(await readAll({ bootstrap, topic })), ['0', '2', '1', '3', '4']);
  equal(values(await readAll({ bootstrap, topic, partition: 2, from: 1n, to: 2n })), ['3']);
  equal(await readAll({ bootstrap, topic, partition: 1 }), []);
});

for (const name of ['source', 'target'] as const) {
  test(`${name}: aborted records are seen only uncommitted, as by Kafka's own consumer`, async () => {
    const { bootstrap, version } = (await sharedClusters())[name];
    const topic = uniqueName('transactions');
    await createTopic(bootstrap, topic);
    const transactionalId = uniqueName('producer');
    for (const [outcome, words] of [
      ['commit', ['a', 'b']],
      ['abort', ['c', 'd']],
      ['commit', ['e']],
      ['abort', ['f']],
    ] as const) {
      const records = words.map((word) => ({ value: Buffer.from(word) }));
      const transaction = { transactionalId, outcome };
      await produceRecords({ bootstrap, topic, codec: 'lz4', recordsPerBatch: 1, transaction }, records);
    }
    await produceRecords({ bootstrap, topic }, [{ value: Buffer.from('g') }]);
    const committed = ['a', 'b', 'e', 'g'];
    equal(values(await readAll({ bootstrap, topic })), committed);
    equal(values(await readAll({ bootstrap, topic, from: 4n })), ['e', 'g']);
    equal(values(await readAll({ bootstrap, topic, isolation: 'read_uncommitted' })), [...'abcdefg']);
    const console = ['--bootstrap-server', bootstrap.join(), '--topic', topic, '--from-beginning', '--max-messages'];
    const { stdout } = await runKafkaTool(version, 'org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...console,
      String(committed.length),
      '--isolation-level',
      'read_committed',
    ]);
    equal(stdout.trim().split('\n'), committed);
  });
}

test('an open transaction hides what stands behind it from read_committed', async () => {
  const { bootstrap } = (await sharedClusters()).target;
  const topic = uniqueName('transactions');
  await createTopic(bootstrap, topic);
  const transaction = { transactionalId: uniqueName('producer'), outcome: 'open' } as const;
  await produceRecords({ bootstrap, topic }, [{ value: Buffer.from('before') }]);
  await produceRecords({ bootstrap, topic, transaction }, [{ value: Buffer.from('inside') }]);
  await produceRecords({ bootstrap, topic }, [{ value: Buffer.from('behind') }]);
  equal(values(await readAll({ bootstrap, topic })), ['before']);
  is((await readAll({ bootstrap, topic, isolation: 'read_uncommitted' })).length, 3);
  const again = { ...transaction, outcome: 'commit' } as const;
  await produceRecords({ bootstrap, topic, transaction: again }, [{ value: Buffer.from('again') }]);
  equal(values(await readAll({ bootstrap, topic })), ['before', 'behind', 'again']);
});

test('a LogAppendTime topic gives append times', async () => {
  const { bootstrap } = (await sharedClusters()).target;
  const topic = uniqueName('append-time');
  await createTopic(bootstrap, topic, { config: { 'message.timestamp.type': 'LogAppendTime' } });
  const startedAt = BigInt(Date.now());
  await produceRecords({ bootstrap, topic }, [{ value: Buffer.from('v'), timestamp: 1_700_000_000_000n }]);
  const [record] = await readAll({ bootstrap, topic });
  is(record?.timestampType, 'LogAppendTime');
  ok(record !== undefined && record.timestamp >= startedAt, String(record?.timestamp));
});

test.run();
