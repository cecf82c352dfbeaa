import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedClusters } from '../clusters/shared.ts';
import { type DeclaredFile, declaredFile } from '../fixtures/apply/declared-file.ts';
import { alterTopic, createTopic, produceRecords, readAll, uniqueName } from '../fixtures/records.ts';

/**
 * What peers were seen to do wrong on real brokers, each a test that is named after it; test/unit/peers has the whole list.
 * Killed while it was creating: apply-kill.test.ts.
 */

const { target } = await sharedClusters();
let file: DeclaredFile;
let topic: string;

test.before.each(async () => {
  file = await declaredFile('target');
  topic = uniqueName('peers');
});
test.after.each(async () => {
  await file.close();
});

interface Wish {
  readonly name: string;
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string | number>>;
}

const section = (...wishes: readonly Wish[]) =>
  `topics: ${JSON.stringify({ only: wishes.map((wish) => ({ partitions: 3, replicationFactor: 1, ...wish })) })}\n`;

/** Made by others: by no plan of ours. */
async function made(config: Readonly<Record<string, string>> = {}): Promise<void> {
  await createTopic(target.bootstrap, topic, { partitions: 3, config });
}

/** What the topic itself sets. */
async function ownSettings(): Promise<Record<string, string | null>> {
  const settings = (await file.cluster.reader.describeTopicSettings([topic])).get(topic) ?? new Map();
  const own = [...settings].filter(([, setting]) => setting.source === 'topic');
  return Object.fromEntries(own.map(([name, setting]) => [name, setting.value] as const).sort());
}

async function expect(code: number, run: Promise<Awaited<ReturnType<DeclaredFile['plan']>>>): Promise<string> {
  const { code: found, io } = await run;
  const printed = io.out() + io.err();
  assert.is(found, code, printed);
  return printed;
}

test('a saved plan was applied although the broker had moved; a setting that it never named was erased', async () => {
  await made({ 'retention.ms': '1000000', 'flush.ms': '500' });
  await file.write(section({ name: topic, config: { 'retention.ms': 2_000_000 } }));
  await expect(2, file.plan('saved.kplan.json'));
  await alterTopic(target.bootstrap, topic, { 'retention.ms': '7000000' });
  const refused = await expect(3, file.apply('saved.kplan.json'));
  assert.match(refused, 'retention.ms: was 1000000, is 7000000');
  assert.equal(await ownSettings(), { 'flush.ms': '500', 'retention.ms': '7000000' });
  await expect(2, file.plan('again.kplan.json'));
  await expect(0, file.apply('again.kplan.json'));
  assert.equal(await ownSettings(), { 'flush.ms': '500', 'retention.ms': '2000000' });
});

test('fewer partitions destroyed the topic with its records, or took two settings away before it failed', async () => {
  await made({ 'retention.ms': '100000000', 'segment.bytes': '2097152' });
  await produceRecords({ bootstrap: target.bootstrap, topic }, [{ value: Buffer.from('kept') }]);
  const before = (await file.cluster.log.describeTopics([topic])).get(topic);
  await file.write(section({ name: topic, partitions: 2, config: { 'retention.ms': 200_000_000 } }));
  assert.match(await expect(1, file.plan()), 'KP2102');
  await expect(1, file.apply());
  assert.equal((await file.cluster.log.describeTopics([topic])).get(topic), before, 'the same topic by its id');
  assert.equal(await ownSettings(), { 'retention.ms': '100000000', 'segment.bytes': '2097152' });
  const records = await readAll({ bootstrap: target.bootstrap, topic });
  assert.equal(
    records.map((one) => String(one.value)),
    ['kept'],
  );
});

test('a replication factor was reported as changed and was not, or planned beyond the brokers', async () => {
  await made();
  await file.write(section({ name: topic, replicationFactor: 7 }));
  assert.match(
    await expect(1, file.plan()),
    /KP2105: Topic .*replication factor 7 is\s+wanted, and\s+only\s+has 1 broker/s,
  );
  await expect(1, file.apply());
});

test('a bad value passed the plan, and the apply failed after it had changed others', async () => {
  await made({ 'retention.ms': '1000000' });
  const good = { name: topic, config: { 'retention.ms': 2_000_000 } };
  const bad = { 'compression.type': 'brotli', 'min.insync.replicas': 0, 'retention.msec': 5, 'segment.bytes': 1024 };
  for (const [setting, value] of Object.entries(bad)) {
    await file.write(section(good, { name: `${topic}-bad`, config: { [setting]: value } }));
    assert.match(await expect(1, file.plan()), setting);
    await expect(1, file.apply());
  }
  assert.equal(await ownSettings(), { 'retention.ms': '1000000' });
  assert.is((await file.cluster.log.describeTopics([`${topic}-bad`])).size, 0);
});

test('a topic in the cluster and not in the state was to be created, and then existed already', async () => {
  await made({ 'retention.ms': '1000000' });
  await file.write(section({ name: topic, config: { 'retention.ms': 1_000_000 } }));
  await expect(0, file.plan());
  await file.write(section({ name: topic, partitions: 4, config: { 'retention.ms': 1_000_000 } }));
  assert.match(await expect(2, file.plan()), 'Plan: 0 to create, 1 to change, 0 to delete.');
  await expect(0, file.apply());
  await expect(0, file.plan());
});

test('a file with one topic deleted the others of the cluster', async () => {
  const other = uniqueName('peers-other');
  await createTopic(target.bootstrap, other, { partitions: 1 });
  await file.write(section({ name: topic }));
  assert.match(await expect(2, file.plan()), 'Plan: 1 to create, 0 to change, 0 to delete.');
  await expect(0, file.apply());
  assert.is((await file.cluster.log.describeTopics([other])).size, 1);
});

test('a default of the whole cluster was a difference of every topic', async () => {
  await file.write(section({ name: topic, config: { 'retention.ms': 1_000_000 } }));
  await expect(0, file.apply());
  const settings = (await file.cluster.reader.describeTopicSettings([topic])).get(topic);
  assert.is(
    settings?.get('min.insync.replicas')?.source,
    'cluster',
    'Kafka 4.1 gives it to the whole cluster (KIP-966)',
  );
  await expect(0, file.plan());
  await file.write(section({ name: topic }));
  assert.match(await expect(2, file.plan()), 'retention.ms = "1000000" -> default');
  await expect(0, file.apply());
  await expect(0, file.plan());
  assert.equal(await ownSettings(), {});
});

test.run();
