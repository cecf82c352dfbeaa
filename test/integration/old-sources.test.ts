import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openCluster } from '../../runner/kafka/open.ts';
import type { TestCluster } from '../clusters/cluster.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { expectVerified } from '../fixtures/apply/expect-verified.ts';
import { type PlanPlace, planPlace } from '../fixtures/apply/plan-place.ts';
import { eventually } from '../fixtures/eventually.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { createTopic, produceRecords, type RecordToProduce, readAll, uniqueName } from '../fixtures/records.ts';

/** A broker of 2.8 with its ZooKeeper keeps messages as 0.9 (magic 0) and 0.10 (magic 1) wrote them, where topics ask for it. */
let source: TestCluster;
const places: PlanPlace[] = [];

test.before(async () => {
  source = await startCluster({ name: 'old', version: '2.8' });
});

test.after(async () => {
  await source?.stop();
  await Promise.all(places.map((place) => place.remove()));
});

const codecs = ['none', 'gzip', 'snappy', 'lz4'] as const;
const startedMs = BigInt(Date.now());
const probe = { value: Buffer.from('probe') };
const magicAt = 16;

/** A batch a codec; keys, tombstones and timestamps differ from record to record. */
async function writeOld(topic: string): Promise<RecordToProduce[]> {
  const written: RecordToProduce[] = [];
  for (const codec of codecs) {
    const records = Array.from({ length: 25 }, (_, index) => ({
      key: index % 5 === 0 ? null : Buffer.from(`${codec}-${index}`),
      value: index % 7 === 3 ? null : Buffer.from(`${codec} value ${index}`.repeat(index)),
      timestamp: startedMs + BigInt(index * 17),
    }));
    await produceRecords({ bootstrap: source.bootstrap, topic, codec, recordsPerBatch: 10 }, records);
    written.push(...records);
  }
  return written;
}

async function migrate(topic: string, group: string) {
  const { target } = await sharedClusters();
  const place = await planPlace({ prefix: 'old-source', clusters: { old: source, new: target } });
  places.push(place);
  const ends = { name: 'f', source: 'old', target: 'new' };
  await place.write({ flows: [{ ...ends, topics: { include: [topic] }, groups: { include: [group] } }] });
  const applied = await place.apply();
  assert.is(applied.code, 0, applied.printed);
  await expectVerified(place);
  return target;
}

function shown({ key, value, timestamp }: Pick<RecordToProduce, 'key' | 'value' | 'timestamp'>) {
  return [key?.toString() ?? null, value?.toString() ?? null, timestamp];
}

for (const [format, hasTime] of [
  ['0.10.2', true],
  ['0.9.0', false],
] as const) {
  test(`messages of format ${format} come from Kafka 2.8 as what was written, newer ones behind them too`, async () => {
    const [topic, group] = [uniqueName('format'), uniqueName('group')];
    const config = { 'message.format.version': format, 'retention.ms': '-1' };
    await createTopic(source.bootstrap, topic, { config });
    const old = await writeOld(topic);
    await setFormat(topic, '2.8');
    const recent = await writeOld(topic);
    await commitOffsets(source.bootstrap, group, [{ topic, partition: 0, offset: 33n, metadata: '' }]);
    const target = await migrate(topic, group);
    const all = await readAll({ bootstrap: target.bootstrap, topic });
    const found = all.filter((one) => one.value?.equals(probe.value) !== true);
    assert.equal(
      found.map((one) => shown(one)),
      [
        ...old.map((one) => (hasTime ? shown(one) : shown({ ...one, timestamp: -1n }))),
        ...recent.map((one) => shown(one)),
      ],
    );
    const cluster = await openCluster(
      'new',
      { bootstrap: target.bootstrap, addressMap: {} },
      { env: {}, baseDirectory: '.' },
    );
    const [committed] = (await cluster.groups.committedOffsets([group])).get(group) ?? [];
    await cluster.close();
    assert.is(committed?.offset, found[33]?.offset);
  });
}

test('what a group has committed is shown while a transaction is pending on it, as on newer brokers', async () => {
  const [topic, group] = [uniqueName('pending'), uniqueName('group')];
  await createTopic(source.bootstrap, topic);
  await commitOffsets(source.bootstrap, group, [{ topic, partition: 0, offset: 33n }]);
  const cluster = await openCluster(
    'old',
    { bootstrap: source.bootstrap, addressMap: {} },
    { env: {}, baseDirectory: '.' },
  );
  try {
    const producer = await cluster.log.initProducer(uniqueName('app'), 60_000);
    await cluster.log.commitGroupOffsets(producer, group, [{ topic, partition: 0, offset: 40n, metadata: null }]);
    const topics = (await cluster.reader.listTopics()).filter((one) => one.name === topic);
    const progress = await cluster.reader.readProgress({
      topics,
      groups: [{ group, type: 'classic', state: 'Empty' }],
    });
    const offsets = progress.commits.get(group)?.map((one) => one.offset);
    assert.equal([offsets, progress.unread], [[33n], []]);
    await cluster.log.endTransaction(producer, 'abort');
  } finally {
    await cluster.close();
  }
});

/** Brokers with a ZooKeeper hear of a changed setting later: probes are written until one has the new format. */
async function setFormat(topic: string, format: string): Promise<void> {
  const cluster = await openCluster(
    'old',
    { bootstrap: source.bootstrap, addressMap: {} },
    { env: {}, baseDirectory: '.' },
  );
  const settings = { 'message.format.version': format };
  const [outcome] = await cluster.topics.alterTopicSettings([{ topic, settings }], { validateOnly: false });
  assert.is(outcome?.error, null);
  await eventually('the topic has the new format', 90_000, async () => {
    const [{ offset } = { offset: 0n }] = await produceRecords({ bootstrap: source.bootstrap, topic }, [probe]);
    const [fetched] = await cluster.log.fetch(1, {
      positions: [{ topic, partition: 0, offset, maxBytes: 1_000 }],
      maxBytes: 1_000,
      minBytes: 1,
      maxWaitMs: 100,
      isolation: 'read_uncommitted',
    });
    return fetched?.records.readInt8(magicAt) === 2;
  });
  await cluster.close();
}

test.run();
