import { deleteTopicsV6 } from '@platformatic/kafka';
import { test } from 'uvu';
import { equal, is, ok } from 'uvu/assert';
import { flowTransactionalId, type MirrorOutcome } from '../../runner/engines/native/options.ts';
import { FencedError } from '../../runner/kafka/cluster-fault.ts';
import { eventually } from '../fixtures/eventually.ts';
import { openConnections } from '../fixtures/records/connections.ts';
import { createTopic, produceRecords, type RecordToProduce } from '../fixtures/records.ts';
import {
  contentOf,
  deleteBefore,
  keepForever,
  readBoth,
  sourceBootstrap,
  type TestFlow,
  targetBootstrap,
  withFlow,
} from './mirror-fixture.ts';

const patienceMs = 90_000;
const requestTimeoutMs = 30_000;

function numbered(count: number, partition = 0): RecordToProduce[] {
  return Array.from({ length: count }, (_, i) => ({
    partition,
    key: Buffer.from(`${i}`),
    value: Buffer.from(`value ${i}`),
  }));
}

function kindsOf(outcome: MirrorOutcome): string[] {
  return outcome.result === 'loss'
    ? outcome.losses.map((one) => `${one.kind} ${one.source.partition} ${one.diagnostic.code}`)
    : [];
}

async function deleteTopic(bootstrap: readonly string[], name: string): Promise<void> {
  const connections = openConnections(bootstrap);
  await deleteTopicsV6.api.async(await connections.any(), [{ name }], requestTimeoutMs);
  await connections.close();
}

async function expectEqual(names: { readonly from: string; readonly to: string }, count: number): Promise<void> {
  const { atSource, atTarget } = await readBoth(names);
  is(atSource.length, count);
  equal(atTarget.map(contentOf), atSource.map(contentOf));
}

/** A flow whose first 500 records of two partitions are mirrored. */
function withMirrored(what: string, use: (flow: TestFlow, names: { from: string; to: string }) => Promise<void>): void {
  test(what, () =>
    withFlow(async (flow) => {
      const names = await flow.topic({ partitions: 2 });
      const settings = { bootstrap: sourceBootstrap, topic: names.from };
      await produceRecords(settings, [...numbered(300), ...numbered(200, 1)]);
      equal(await flow.mirror(), { result: 'caught-up' });
      await use(flow, { ...names });
    }),
  );
}

withMirrored(
  'goes on where it was, with the same producer id, and writes nothing where nothing is new',
  async (flow, names) => {
    const settings = { bootstrap: sourceBootstrap, topic: names.from };
    const before = (await flow.positions()).map((one) => one.record);
    equal(await flow.mirror(), { result: 'caught-up' });
    equal(
      (await flow.positions()).map((one) => one.record),
      before,
    );
    await produceRecords(settings, numbered(50, 1));
    equal(await flow.mirror(), { result: 'caught-up' });
    await expectEqual(names, 550);
    is(flow.producerIds.length, 1);
  },
);

withMirrored('follows until it is stopped, and commits what it has begun', async (flow, names) => {
  const stop = new AbortController();
  const running = flow.mirror({ until: 'stopped', signal: stop.signal });
  const settings = { bootstrap: sourceBootstrap, topic: names.from };
  for (let i = 0; i < 5; i += 1) await produceRecords(settings, numbered(20, i % 2));
  await eventually('what was written while following is mirrored', patienceMs, async () => {
    const next = (await flow.positions()).reduce((sum, { record }) => sum + record.nextSource, 0n);
    return next === 600n;
  });
  stop.abort();
  equal(await running, { result: 'interrupted' });
  await expectEqual(names, 600);
});

withMirrored('a second process fences the first one, which stops at once', async (flow, names) => {
  const stop = new AbortController();
  const running = flow.mirror({ until: 'stopped', signal: stop.signal }).catch((error: unknown) => error);
  const commits = flow.events.length;
  await produceRecords({ bootstrap: sourceBootstrap, topic: names.from }, numbered(5));
  await eventually('the first one writes', patienceMs, () => flow.events.length > commits);
  const migration = flow.positionsTopic.slice('__kplan.'.length, -'.positions'.length);
  await flow.target.log.initProducer(flowTransactionalId(migration, 'source-to-target'), 60_000);
  await produceRecords({ bootstrap: sourceBootstrap, topic: names.from }, numbered(5));
  ok((await running) instanceof FencedError);
  equal(await flow.mirror(), { result: 'caught-up' });
  await expectEqual(names, 510);
});

withMirrored('a foreign writer on a target partition stops it, the other one goes on', async (flow, names) => {
  await produceRecords({ bootstrap: targetBootstrap, topic: names.to }, [{ value: Buffer.from('stranger') }]);
  await produceRecords({ bootstrap: sourceBootstrap, topic: names.from }, [...numbered(10), ...numbered(10, 1)]);
  equal(kindsOf(await flow.mirror()), ['foreign-writer 0 KP5004']);
  const { atTarget } = await readBoth(names);
  is(atTarget.filter((one) => one.partition === 1).length, 210);
  is(atTarget.filter((one) => one.partition === 0).length, 301);
});

withMirrored(
  'a source topic that was made again is a loss, though it holds more than the old one',
  async (flow, names) => {
    await deleteTopic(sourceBootstrap, names.from);
    await eventually(
      'the topic is gone',
      patienceMs,
      async () => (await flow.source.log.describeTopics([names.from])).size === 0,
    );
    await createTopic(sourceBootstrap, names.from, { partitions: 2, config: keepForever });
    await produceRecords({ bootstrap: sourceBootstrap, topic: names.from }, [...numbered(900), ...numbered(900, 1)]);
    equal(kindsOf(await flow.mirror()), ['recreated 0 KP5002', 'recreated 1 KP5002']);
  },
);

withMirrored('records deleted at the source before they were mirrored are a loss', async (flow, names) => {
  await produceRecords({ bootstrap: sourceBootstrap, topic: names.from }, [...numbered(10), ...numbered(10, 1)]);
  await deleteBefore(names.from, 1, 205n);
  equal(kindsOf(await flow.mirror()), ['retention 1 KP5001']);
  await deleteBefore(names.from, 0, 310n);
  equal(kindsOf(await flow.mirror()), ['retention 1 KP5001']);
});

test("a target that already holds somebody else's records is left alone", () =>
  withFlow(async (flow) => {
    const names = await flow.topic();
    await produceRecords({ bootstrap: sourceBootstrap, topic: names.from }, numbered(5));
    await produceRecords({ bootstrap: targetBootstrap, topic: names.to }, numbered(7));
    equal(kindsOf(await flow.mirror()), ['foreign-writer 0 KP5004']);
    is((await readBoth(names)).atTarget.length, 7);
  }));

for (const [start, count] of [
  ['latest', 0],
  ['timestamp', 40],
] as const) {
  test(`starts at ${start}`, () =>
    withFlow(async (flow) => {
      const names = await flow.topic();
      const settings = { bootstrap: sourceBootstrap, topic: names.from };
      const records = Array.from({ length: 100 }, (_, i) => ({
        value: Buffer.from(`${i}`),
        timestamp: 1_700_000_000_000n + BigInt(i),
      }));
      await produceRecords(settings, records);
      const options = { start: start === 'latest' ? start : { timestampMs: 1_700_000_000_060n } } as const;
      equal(await flow.mirror(options), { result: 'caught-up' });
      is((await readBoth(names)).atTarget.length, count);
      await produceRecords(settings, numbered(10));
      equal(await flow.mirror(options), { result: 'caught-up' });
      is((await readBoth(names)).atTarget.length, count + 10);
    }));
}

test.run();
