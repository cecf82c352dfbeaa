import { test } from 'uvu';
import { equal, is, ok } from 'uvu/assert';
import type { MirrorOutcome } from '../../runner/engines/native/options.ts';
import { eventually } from '../fixtures/eventually.ts';
import { compareTopic, differencesOf, recordsOf } from '../fixtures/kills/compare-topics.ts';
import { leaseSecondsMin, runKplan, startApply } from '../fixtures/kills/kill-apply.ts';
import { killAgainAndAgain, startFlowing } from '../fixtures/kills/killed-again.ts';
import { createSlowFlow, createSlowSource, type SlowFlow, slowRecords } from '../fixtures/kills/slow-flow.ts';
import {
  alterTopic,
  createTopic,
  produceRecords,
  type RecordToProduce,
  readAll,
  uniqueName,
} from '../fixtures/records.ts';
import { testsAtOnce } from '../fixtures/tests-at-once.ts';
import { createRandom, seedOfRun } from '../simulation/random.ts';
import { contentOf, sourceBootstrap, type TestFlow, targetBootstrap, until, withFlow } from './mirror-fixture.ts';

const flowsMsMax = 90_000;
const compactionMsMax = 120_000;
/** Of one direction. The lease of a killed process holds the next one up for five seconds. */
const killsMax = process.env.KPLAN_TEST_LONG === '1' ? 20 : 6;
const killAfterMsMax = 300;
const idempotent = ['delivery: idempotent'];

/** Every reader of the target sees every record of the source once and in order. */
async function expectWhole(flow: SlowFlow): Promise<void> {
  const { source, target } = flow.clusters;
  for (const isolation of ['read_uncommitted', 'read_committed'] as const) {
    const topic = { topic: flow.topic, targetTopic: flow.targetTopic, partitions: 2, isolation };
    const compared = await compareTopic(source.bootstrap, target.bootstrap, topic);
    equal(differencesOf(compared), []);
    is(recordsOf(compared), slowRecords);
  }
}

const nameOf = (direction: 'there' | 'back') =>
  `killed at any moment, ${direction}: each record is there once for readers of uncommitted ones`;

async function killedAtAnyMoment(direction: 'there' | 'back'): Promise<void> {
  const seed = seedOfRun();
  process.stdout.write(`KPLAN_TEST_SEED=${seed}\n`);
  const random = createRandom(seed);
  const settings = { direction, flowLines: idempotent, throttleBytesPerSecond: 8_000 };
  const flow = await createSlowFlow(await createSlowSource(direction), settings);
  const kills = await killAgainAndAgain(flow, random, { killsMax, killAfterMsMax });
  const last = await startApply(flow);
  is(last.exitCode, 0, last.all);
  await expectWhole(flow);
  const verified = await runKplan(flow.folder, ['verify', flow.planFile]);
  is(verified.exitCode, 0, verified.all);
  process.stdout.write(`${kills} kills\n`);
  await flow.close();
}

testsAtOnce({
  [nameOf('there')]: () => killedAtAnyMoment('there'),
  [nameOf('back')]: () => killedAtAnyMoment('back'),
});

test('a process that was stopped, and goes on after another one took over, writes nothing more', async () => {
  const flow = await createSlowFlow(await createSlowSource(), { flowLines: idempotent });
  const { running: zombie } = await startFlowing(flow, { leaseSeconds: leaseSecondsMin });
  zombie.kill('SIGSTOP');
  const heir = await startApply(flow, { lockTimeoutSeconds: leaseSecondsMin * 6 });
  is(heir.exitCode, 0, heir.all);
  const ends = await flow.ends.read(flow.targetTopics);
  zombie.kill('SIGCONT');
  const { exitCode, all } = await zombie;
  ok(exitCode !== 0, all);
  ok(all.includes('KP4003'), all);
  equal(await flow.ends.read(flow.targetTopics), ends);
  await expectWhole(flow);
  await flow.close();
});

test('a clean stop leaves nothing ahead: the next apply writes no marker', async () => {
  const flow = await createSlowFlow(await createSlowSource(), { flowLines: idempotent });
  const { running } = await startFlowing(flow);
  running.kill('SIGINT');
  const { exitCode, all } = await running;
  is(exitCode, 130, all);
  const next = await startApply(flow);
  is(next.exitCode, 0, next.all);
  await expectWhole(flow);
  const ends = await flow.ends.read(flow.targetTopics);
  is(
    [...ends.values()].reduce((sum, { written }) => sum + written, 0n),
    BigInt(slowRecords),
  );
  await flow.close();
});

/** Small segments that the cleaner takes at once; values as brokers tell them, for who alters them waits for that. */
const compacted = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.0', 'segment.bytes': '2000' };
const plainTarget = 'mappings: [{ source: "*", config: { inherit: none, set: { cleanup.policy: delete } } }]';

test('what the source compacts between a kill and the next apply shifts nothing', async () => {
  const topic = uniqueName('compacted');
  await createTopic(sourceBootstrap, topic, { partitions: 2, config: { ...compacted, 'cleanup.policy': 'delete' } });
  const records = Array.from({ length: 1_600 }, (_, i) => ({
    partition: i % 2,
    key: Buffer.from(`${(i * 7) % 90}`),
    value: Buffer.from(`${i}`),
  }));
  await produceRecords({ bootstrap: sourceBootstrap, topic, recordsPerBatch: 1 }, records);
  const flow = await createSlowFlow(topic, { flowLines: [...idempotent, plainTarget] });
  const { running } = await startFlowing(flow);
  running.kill('SIGKILL');
  await running;
  const before = await readAll({ bootstrap: targetBootstrap, topic: flow.targetTopic, isolation: 'read_uncommitted' });
  await alterTopic(sourceBootstrap, topic, compacted);
  await until(
    compactionMsMax,
    () => readAll({ bootstrap: sourceBootstrap, topic }),
    ({ length }) => length < records.length / 2,
  );
  const next = await startApply(flow);
  is(next.exitCode, 0, next.all);
  const after = await readAll({ bootstrap: targetBootstrap, topic: flow.targetTopic, isolation: 'read_uncommitted' });
  // The cleaner may have gone on before the mirror came: what is left now was there for it.
  const left = await readAll({ bootstrap: sourceBootstrap, topic });
  for (const partition of [0, 1]) {
    const own = (all: typeof after) =>
      all.filter((one) => one.partition === partition).map((one) => Number(one.value?.toString()));
    equal(own(after).slice(0, own(before).length), own(before));
    const isAscending = own(after).every((value, index, all) => index === 0 || value > (all[index - 1] ?? value));
    ok(isAscending, `partition ${partition}: a record twice, or out of order: ${own(after)}`);
    const arrived = new Set(own(after));
    equal(
      own(left).filter((value) => !arrived.has(value)),
      [],
    );
  }
  await flow.close();
});

function numbered(count: number, from = 0): RecordToProduce[] {
  return Array.from({ length: count }, (_, i) => ({ key: Buffer.from(`${from + i}`), value: Buffer.from('v') }));
}

interface Names {
  readonly from: string;
  readonly to: string;
}

async function expectEqual({ from, to }: Names, count: number): Promise<void> {
  const atSource = await readAll({ bootstrap: sourceBootstrap, topic: from });
  is(atSource.length, count);
  for (const isolation of ['read_uncommitted', 'read_committed'] as const) {
    const atTarget = await readAll({ bootstrap: targetBootstrap, topic: to, isolation });
    equal(
      atTarget.map(contentOf),
      atSource.map((one) => contentOf({ ...one, timestampType: 'CreateTime' })),
    );
  }
}

function kindsOf(outcome: MirrorOutcome): readonly string[] {
  return outcome.result === 'loss' ? outcome.losses.map((one) => one.kind) : [outcome.result];
}

function withTopic(what: string, use: (flow: TestFlow, names: Names) => Promise<void>): void {
  test(what, () => withFlow(async (flow) => use(flow, await flow.topic())));
}

test('all that a source holds arrives as bytes, transactions and LogAppendTime too', () =>
  withFlow(async (flow) => {
    const plain = await flow.topic();
    const stamped = await flow.topic({ config: { 'message.timestamp.type': 'LogAppendTime' } }, {});
    const settings = { bootstrap: sourceBootstrap, topic: plain.from };
    await produceRecords({ ...settings, codec: 'zstd' }, numbered(5_000));
    await produceRecords({ ...settings, recordsPerBatch: 1 }, numbered(300));
    for (const outcome of ['commit', 'abort', 'commit'] as const) {
      const transaction = { transactionalId: uniqueName('tx'), outcome };
      await produceRecords({ ...settings, transaction, recordsPerBatch: 7 }, numbered(20));
    }
    await produceRecords({ ...settings, topic: stamped.from, recordsPerBatch: 10 }, numbered(50));
    equal(await flow.mirror({ delivery: 'idempotent' }), { result: 'caught-up' });
    await expectEqual(plain, 5_340);
    await expectEqual(stamped, 50);
  }));

withTopic('each delivery goes on where the other one was', async (flow, names) => {
  const settings = { bootstrap: sourceBootstrap, topic: names.from };
  let count = 0;
  for (const delivery of ['transactional', 'idempotent', 'idempotent', 'transactional', 'idempotent'] as const) {
    await produceRecords(settings, numbered(100, count));
    count += 100;
    equal(await flow.mirror({ delivery }), { result: 'caught-up' });
    await expectEqual(names, count);
  }
});

withTopic('a stranger who writes between two runs, or during one, is noticed', async (flow, names) => {
  const settings = { bootstrap: sourceBootstrap, topic: names.from };
  const stranger = () => produceRecords({ ...settings, bootstrap: targetBootstrap, topic: names.to }, numbered(1));
  await produceRecords(settings, numbered(100));
  const stop = new AbortController();
  const running = flow.mirror({ delivery: 'idempotent', until: 'stopped', signal: stop.signal });
  await eventually('the first records are there', flowsMsMax, async () => {
    return (await readAll({ bootstrap: targetBootstrap, topic: names.to })).length === 100;
  });
  await stranger();
  await produceRecords(settings, numbered(100, 100));
  equal(kindsOf(await running), ['foreign-writer']);
  stop.abort();
  equal(kindsOf(await flow.mirror({ delivery: 'idempotent' })), ['foreign-writer']);
});

test.run();
