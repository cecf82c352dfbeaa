import { randomBytes } from 'node:crypto';
import { test } from 'uvu';
import { equal, is, ok } from 'uvu/assert';
import { buildBatch } from '../../runner/records/build.ts';
import { translate } from '../../src/offset-map/translate.ts';
import {
  endCleaning,
  produceRecords,
  type RecordToProduce,
  type TopicSettings,
  uniqueName,
} from '../fixtures/records.ts';
import { contentOf, readBoth, sourceBootstrap, type TestFlow, until, withFlow } from './mirror-fixture.ts';

const compactionMsMax = 120_000;

interface Names {
  readonly from: string;
  readonly to: string;
}

/** All records of the source are at the target, in order, and the offset map leads from each to its copy. */
async function expectEqual(flow: TestFlow, names: Names, count?: number): Promise<void> {
  const { atSource, atTarget } = await readBoth(names);
  if (count !== undefined) is(atSource.length, count);
  equal(atTarget.map(contentOf), atSource.map(contentOf));
  const positions = (await flow.positions()).filter((one) => one.record.source.topic === names.from);
  for (const { record, segments } of positions) {
    const whole = segments();
    const own = atSource.filter((one) => one.partition === record.source.partition);
    const copies = atTarget.filter((one) => one.partition === record.target.partition);
    const logs = { source: { start: 0n, end: record.nextSource }, target: { start: 0n, end: record.nextTarget } };
    for (const [index, one] of own.entries()) {
      const input = { ...record, segments: whole, ...logs };
      equal(translate(input, one.offset), { result: 'translated', target: copies[index]?.offset });
    }
  }
}

/** Records written as bytes, for what the fixture's producer cannot write. */
async function produceBytes({ source: { log } }: TestFlow, topic: string, batch: Buffer): Promise<void> {
  const leader = (await log.describeTopics([topic])).get(topic)?.leaders[0] ?? -1;
  const [answer] = await log.produce(leader, null, [{ topic, partition: 0, batch }]);
  is(answer?.error, null, answer?.message ?? '');
}

function numbered(count: number, partition = 0): RecordToProduce[] {
  return Array.from({ length: count }, (_, i) => ({
    partition,
    key: Buffer.from(`${i}`),
    value: Buffer.from(`value ${i}`),
  }));
}

function withTopic(
  what: string,
  use: (flow: TestFlow, names: Names) => Promise<void>,
  settings: TopicSettings = {},
  targetSettings = settings,
): void {
  test(what, () => withFlow(async (flow) => use(flow, await flow.topic(settings, targetSettings))));
}

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  withTopic(
    `${codec}: large and small batches, null keys, tombstones, headers`,
    async (flow, names) => {
      const settings = { bootstrap: sourceBootstrap, topic: names.from, codec };
      await produceRecords(settings, [...numbered(5_000), ...numbered(100, 1)]);
      await produceRecords({ ...settings, recordsPerBatch: 1 }, numbered(150, 1));
      const headers = [
        ['b', Buffer.from('1')],
        ['a', Buffer.from('2')],
        ['b', Buffer.alloc(0)],
      ] as const;
      await produceRecords(settings, [
        { key: null, value: Buffer.from('no key'), headers, timestamp: 1_700_000_000_123n },
        { key: Buffer.from('tombstone'), value: null, timestamp: 1_700_000_000_000n },
        { key: Buffer.alloc(0), value: Buffer.alloc(0) },
      ]);
      equal(await flow.mirror(), { result: 'caught-up' });
      await expectEqual(flow, names, 5_253);
    },
    { partitions: 2 },
  );
}

withTopic('headers with null values and doubled names keep their order', async (flow, names) => {
  const header = (name: string, value: string | null) => ({
    key: Buffer.from(name),
    value: value === null ? null : Buffer.from(value),
  });
  const headers = [header('z', null), header('a', '1'), header('z', '2'), header('a', null)];
  const timestamp = BigInt(Date.now());
  const records = [
    { key: null, value: Buffer.from('v'), headers, timestamp },
    { key: null, value: null, headers: [header('', '')], timestamp },
  ];
  await produceBytes(flow, names.from, buildBatch({ records }));
  await produceBytes(flow, names.from, buildBatch({ records: [records[1] ?? { key: null, value: null, timestamp }] }));
  equal(await flow.mirror(), { result: 'caught-up' });
  await expectEqual(flow, names, 3);
});

withTopic(
  'committed transactions arrive, aborted ones do not, an open one holds back what stands behind it',
  async (flow, names) => {
    const settings = { bootstrap: sourceBootstrap, topic: names.from };
    for (const [index, outcome] of (['commit', 'abort', 'commit', 'abort', 'abort', 'commit'] as const).entries()) {
      await produceRecords(
        { ...settings, transaction: { transactionalId: uniqueName(`tx-${index}`), outcome }, recordsPerBatch: 7 },
        numbered(20),
      );
      await produceRecords(settings, numbered(3));
    }
    equal(await flow.mirror(), { result: 'caught-up' });
    await expectEqual(flow, names, 78);
    const transaction = { transactionalId: uniqueName('tx-open'), outcome: 'open' } as const;
    await produceRecords({ ...settings, transaction }, numbered(5));
    await produceRecords(settings, numbered(4));
    equal(await flow.mirror(), { result: 'caught-up' });
    await expectEqual(flow, names, 78);
  },
);

withTopic(
  'LogAppendTime is written out as the time of each record',
  async (flow, names) => {
    const settings = { bootstrap: sourceBootstrap, topic: names.from };
    await produceRecords({ ...settings, recordsPerBatch: 10, codec: 'zstd' }, numbered(50));
    await produceRecords({ ...settings, recordsPerBatch: 1 }, numbered(20));
    equal(await flow.mirror(), { result: 'caught-up' });
    const { atSource, atTarget } = await readBoth(names);
    is(atSource.length, 70);
    ok(atSource.every((one) => one.timestampType === 'LogAppendTime'));
    equal(
      atTarget.map(contentOf),
      atSource.map((one) => contentOf({ ...one, timestampType: 'CreateTime' })),
    );
  },
  { config: { 'message.timestamp.type': 'LogAppendTime' } },
  {},
);

test('empty partitions, and a target of another name with more partitions', () =>
  withFlow(async (flow) => {
    const names = await flow.topic({ partitions: 3 }, { partitions: 5 });
    await produceRecords({ bootstrap: sourceBootstrap, topic: names.from }, numbered(10, 1));
    equal(await flow.mirror(), { result: 'caught-up' });
    await expectEqual(flow, names, 10);
    is((await flow.positions()).length, 3);
  }));

/** The least that a plan file may allow. */
const memoryMaxMb = 16;

/** Twice as much as fits into the memory goes through it. */
async function expectWithinMemory(flow: TestFlow, options: Parameters<TestFlow['mirror']>[0] = {}): Promise<void> {
  const tuning = { commitIntervalMs: 300, fetchMaxBytes: 16_777_216, memoryMaxMb };
  equal(await flow.mirror({ tuning, ...options }), { result: 'caught-up' });
  const held = Math.max(...flow.events.map((one) => (one.event === 'progress' ? one.memoryBytesMax : 0)));
  ok(held > 0 && held <= memoryMaxMb * 1_048_576, `${held} bytes were held`);
}

withTopic('records of 1 MB, in the least memory', async (flow, names) => {
  const records = Array.from({ length: 32 }, () => ({ value: randomBytes(1_000_000) }));
  await produceRecords({ bootstrap: sourceBootstrap, topic: names.from, recordsPerBatch: 1 }, records);
  await expectWithinMemory(flow);
  await expectEqual(flow, names, 32);
});

for (const delivery of ['transactional', 'idempotent'] as const) {
  test(`small batches of many partitions are joined in the least memory, delivery: ${delivery}`, () =>
    withFlow(async (flow) => {
      const partitions = 200;
      const names = await flow.topic({ partitions });
      const value = Buffer.alloc(20_000, 'x');
      const records = Array.from({ length: partitions * 8 }, (_, i) => ({ partition: i % partitions, value }));
      await produceRecords({ bootstrap: sourceBootstrap, topic: names.from, recordsPerBatch: 1 }, records);
      await expectWithinMemory(flow, { delivery });
      await expectEqual(flow, names, records.length);
    }));
}

for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`${codec}: batches above the target's max.message.bytes are split, as stored and not as plain`, () =>
    withFlow(async (flow) => {
      const targetMaxMessageBytes = 30_000;
      const names = await flow.topic({}, { config: { 'max.message.bytes': `${targetMaxMessageBytes}` } });
      // Half of each record can be compressed.
      const records = Array.from({ length: 600 }, () => ({ value: Buffer.from(randomBytes(500).toString('hex')) }));
      await produceRecords({ bootstrap: sourceBootstrap, topic: names.from, codec, recordsPerBatch: 200 }, records);
      const topics = [{ source: names.from, target: names.to, partitions: 1, targetMaxMessageBytes }];
      equal(await flow.mirror({ topics }), { result: 'caught-up' });
      await expectEqual(flow, names, 600);
    }));
}

test('a compacted source with gaps', () =>
  withFlow(async (flow) => {
    const compact = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0', 'segment.bytes': '2000' };
    const names = await flow.topic({ config: compact }, {});
    const settings = { bootstrap: sourceBootstrap, topic: names.from, recordsPerBatch: 10 };
    const records = Array.from({ length: 400 }, (_, i) => ({
      key: Buffer.from(`${(i * 7) % 90}`),
      value: Buffer.from(`${i}`),
    }));
    await produceRecords(settings, records.slice(0, 200));
    await produceRecords({ ...settings, codec: 'lz4' }, records.slice(200));
    await until(
      compactionMsMax,
      () => readBoth(names),
      (both) => both.atSource.length < 250,
    );
    await endCleaning(sourceBootstrap, names.from);
    const { atSource } = await readBoth(names);
    ok(atSource.length >= 90);
    equal(await flow.mirror(), { result: 'caught-up' });
    const both = await readBoth(names);
    equal(both.atTarget.map(contentOf), atSource.map(contentOf));
    const [position] = await flow.positions();
    is(
      position?.segments().reduce((sum, one) => sum + Number(one.length), 0),
      atSource.length,
    );
  }));

test.run();
