import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openCluster } from '../../runner/kafka/open.ts';
import { apply } from '../../src/cli/commands/apply.ts';
import { plan } from '../../src/cli/commands/plan.ts';
import { status } from '../../src/cli/commands/status.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { planPlace } from '../fixtures/apply/plan-place.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { startKplan } from '../fixtures/apply/run-kplan.ts';
import { eventually } from '../fixtures/eventually.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { compareTopic, differencesOf, recordsOf } from '../fixtures/kills/compare-topics.ts';
import { committedOffsets } from '../fixtures/kills/group-positions.ts';
import { createTopic, produceRecords, readAll, uniqueName } from '../fixtures/records.ts';

const recordCount = 2_000;
const recordBytes = 1_000;

/** `tuning`: of the flow, in flow style. */
async function prepared(tuning = '{}') {
  const { source, target } = await sharedClusters();
  const topic = uniqueName('flow');
  const group = uniqueName('group');
  const directory = await mkdtemp(join(tmpdir(), 'kplan-flow-'));
  await createTopic(source.bootstrap, topic, { partitions: 2, config: { 'retention.ms': '-1' } });
  const records = Array.from({ length: recordCount }, (_, index) => ({
    partition: index % 2,
    key: Buffer.from(`key-${index}`),
    value: Buffer.from(`value ${index}`),
  }));
  await produceRecords({ bootstrap: source.bootstrap, topic, codec: 'lz4', recordsPerBatch: 50 }, records);
  await commitOffsets(source.bootstrap, group, [{ topic, partition: 0, offset: 10n, metadata: 'm' }]);
  const text = `version: 1
name: ${topic}
clusters:
  old: { bootstrap: ${JSON.stringify(source.bootstrap)} }
  new: { bootstrap: ${JSON.stringify(target.bootstrap)} }
flows:
  - { name: f, source: old, target: new, topics: { include: ["${topic}"] }, groups: { include: ["${group}"] }, tuning: ${tuning} }
`;
  await writeFile(join(directory, 'plan.yaml'), text);
  return { source, target, topic, group, directory };
}

const options = {
  file: 'plan.yaml',
  autoApprove: true,
  leaseSeconds: 15,
  lockTimeoutSeconds: 0,
  format: 'json',
} as const;

test('apply makes the topic, mirrors it, brings the group along, and leaves nothing to plan', async () => {
  const { source, target, topic, group, directory } = await prepared();
  const applied = recordedIo(directory);
  assert.is(await apply(options, applied), 0, applied.out());
  for (const partition of [0, 1]) {
    const [before, after] = await Promise.all([
      readAll({ bootstrap: source.bootstrap, topic, partition }),
      readAll({ bootstrap: target.bootstrap, topic, partition }),
    ]);
    const plain = (all: typeof before) => all.map((one) => [one.key?.toString(), one.value?.toString(), one.timestamp]);
    assert.is(before.length, recordCount / 2);
    assert.equal(plain(after), plain(before));
  }
  const cluster = await openCluster(
    'new',
    { bootstrap: target.bootstrap, addressMap: {} },
    { env: {}, baseDirectory: '.' },
  );
  const committed = (await cluster.groups.committedOffsets([group])).get(group);
  assert.equal(committed, [{ topic, partition: 0, offset: 10n, metadata: 'm', leaderEpoch: -1 }]);
  await cluster.close();

  const again = recordedIo(directory);
  assert.is(await plan({ file: 'plan.yaml', detailedExitcode: true, format: 'text' }, again), 0, again.out());
  const shown = recordedIo(directory);
  assert.is(await status({ file: 'plan.yaml', format: 'json' }, shown), 0, shown.out());
  const [flow] = JSON.parse(shown.out()).flows;
  assert.equal([flow.name, flow.state, flow.lagRecords, flow.lagSeconds], ['f', 'idle', '0', 0]);
  assert.equal(flow.partitions[0].source, { topic, partition: 0, next: '1000', stable: '1000', end: '1000' });
  assert.is(flow.partitions[0].target.topic, topic);
  assert.ok(BigInt(flow.partitions[0].target.next) > 1000n, 'commit markers have offsets');

  await produceRecords({ bootstrap: source.bootstrap, topic }, [{ partition: 1, value: Buffer.from('late') }]);
  const behind = recordedIo(directory);
  assert.is(await status({ file: 'plan.yaml', format: 'json' }, behind), 0, behind.out());
  const late = JSON.parse(behind.out()).flows[0];
  assert.is(late.lagRecords, '1');
  assert.ok(late.lagSeconds > 0 && late.lagSeconds < 600, String(late.lagSeconds));
  const more = recordedIo(directory);
  assert.is(await apply({ ...options, format: 'text' }, more), 0, more.err());
  assert.match(more.out(), /Apply complete: 2 steps done/);
  assert.match(more.out(), /kplan verify plan\.yaml/);
  assert.is((await readAll({ bootstrap: target.bootstrap, topic, partition: 1 })).length, recordCount / 2 + 1);
  const table = recordedIo(directory);
  assert.is(await status({ file: 'plan.yaml', format: 'text' }, table), 0);
  assert.match(table.out(), /f +idle +0 +0 +2/);
  await rm(directory, { recursive: true });
});

test('one process mirrors two flows at the same time, each with its own delivery, groups and positions', async () => {
  const { source, target } = await sharedClusters();
  const place = await planPlace({ prefix: 'two-flows', clusters: { old: source, new: target } });
  const partitions = 2;
  const of = { a: `${place.name}-a`, b: `${place.name}-b` };
  const groups = { a: uniqueName('group'), b: uniqueName('group') };
  const write = (topic: string, from: number, count: number) => {
    const records = Array.from({ length: count }, (_, index) => ({
      partition: index % partitions,
      key: Buffer.from(`key-${index}`),
      value: Buffer.from(`${topic} ${from + index} `.padEnd(recordBytes, '.')),
    }));
    return produceRecords({ bootstrap: source.bootstrap, topic, recordsPerBatch: 50 }, records);
  };
  for (const [key, topic] of Object.entries(of)) {
    await createTopic(source.bootstrap, topic, { partitions, config: { 'retention.ms': '-1' } });
    await write(topic, 0, recordCount);
    await commitOffsets(source.bootstrap, groups[key as keyof typeof groups], [{ topic, partition: 1, offset: 7n }]);
  }
  const flow = (name: keyof typeof of, delivery: string) => {
    // Slow enough that neither is done before the other one has begun.
    const tuning = { throttleBytesPerSecond: (recordCount * recordBytes) / 4, commitIntervalMs: 200 };
    const includes = { topics: { include: [of[name]] }, groups: { include: [groups[name]] } };
    return { name, source: 'old', target: 'new', ...includes, delivery, tuning };
  };
  await place.write({ flows: [flow('a', 'transactional'), flow('b', 'idempotent')] });
  const expectAll = async (count: number) => {
    for (const topic of Object.values(of)) {
      const compared = await compareTopic(source.bootstrap, target.bootstrap, { topic, partitions });
      assert.equal(differencesOf(compared), []);
      assert.is(recordsOf(compared), count);
    }
  };
  const first = await place.apply();
  assert.is(first.code, 0, first.printed);
  const mirroring = first.io.events();
  const done = mirroring.findIndex(({ event, step }) => event === 'step_done' && String(step).startsWith('mirror:'));
  const progress = mirroring
    .slice(0, done)
    .filter(({ event, records }) => event === 'flow_progress' && records !== '0');
  assert.equal([...new Set(progress.map((one) => one.flow))].sort(), ['a', 'b'], 'both went on before one was done');
  await expectAll(recordCount);
  for (const [key, topic] of Object.entries(of)) {
    const committed = await committedOffsets(target.bootstrap, groups[key as keyof typeof groups]);
    const [next] = await readAll({
      bootstrap: target.bootstrap,
      topic,
      partition: 1,
      from: committed.get(`${topic}-1`)?.offset ?? -1n,
    });
    assert.match(next?.value?.toString() ?? '', `${topic} ${7 * partitions + 1} `);
  }
  await Promise.all(Object.values(of).map((topic) => write(topic, recordCount, 100)));
  const second = await place.apply();
  assert.is(second.code, 0, second.printed);
  await expectAll(recordCount + 100);
  const verified = await place.verify('json');
  assert.is(verified.code, 0, verified.printed);
  const { flows } = JSON.parse((await place.status('json')).io.out());
  assert.equal(
    flows.map(({ name, state, lagRecords }: Record<string, unknown>) => [name, state, lagRecords]),
    [
      ['a', 'idle', '0'],
      ['b', 'idle', '0'],
    ],
  );
  await place.remove();
});

/** It is at work for longer than a signal takes on a busy machine. */
const slow = '{ throttleBytesPerSecond: 10000 }';

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} while data is mirrored: the transaction is finished, ${exitCode}, and the next apply goes on`, async () => {
    const { target, topic, directory } = await prepared(slow);
    const args = ['apply', 'plan.yaml', '--auto-approve', '--format', 'json'];
    const stopped = startKplan(args, directory);
    await eventually('mirroring began', 60_000, () => stopped.out().includes('"kind":"mirror"'));
    stopped.child.kill(signal);
    assert.is((await stopped.exited).code, exitCode, stopped.out() + stopped.err());
    assert.match(stopped.out(), /"summary":\{"result":"interrupted"/);
    const resumed = startKplan(args, directory);
    assert.is((await resumed.exited).code, 0, resumed.out() + resumed.err());
    for (const partition of [0, 1]) {
      assert.is((await readAll({ bootstrap: target.bootstrap, topic, partition })).length, recordCount / 2);
    }
    await rm(directory, { recursive: true });
  });
}

test.run();
