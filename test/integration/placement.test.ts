import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { apply } from '../../src/cli/commands/apply.ts';
import { plan } from '../../src/cli/commands/plan.ts';
import type { ExecutionPlan, TopicState } from '../../src/execution-plan/execution-plan.ts';
import type { TestCluster } from '../clusters/cluster.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { eventually } from '../fixtures/eventually.ts';
import { createTopic, produceRecords } from '../fixtures/records.ts';

const topic = 'audit';
const waitMsMax = 90_000;

interface Place {
  readonly cluster: TestCluster;
  readonly admin: Admin;
  readonly directory: string;
}

async function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
  const cluster = await startCluster({ name: 'placement', brokers: 3 });
  const directory = await mkdtemp(join(tmpdir(), 'kplan-placement-'));
  const admin = new Kafka({ brokers: [...cluster.bootstrap], logLevel: logLevel.NOTHING }).admin();
  try {
    await admin.connect();
    await use({ cluster, admin, directory });
  } finally {
    await admin.disconnect();
    await cluster.stop();
    await rm(directory, { recursive: true });
  }
}

async function wish({ cluster, directory }: Place, replicationFactor: number): Promise<void> {
  const text = `version: 1
name: placement
clusters: { msk: { bootstrap: ${JSON.stringify(cluster.bootstrap)} } }
topics: { msk: [{ name: ${topic}, partitions: 3, replicationFactor: ${replicationFactor} }] }
`;
  await writeFile(join(directory, 'plan.yaml'), text);
}

async function planned({ directory }: Place): Promise<{ code: number; document: ExecutionPlan }> {
  const io = recordedIo(directory);
  const code = await plan({ file: 'plan.yaml', out: 'saved.kplan.json', detailedExitcode: true, format: 'json' }, io);
  return { code, document: JSON.parse(io.out()) };
}

function statesOf({ changes }: ExecutionPlan): { before: TopicState; after: TopicState } {
  const [change] = changes;
  assert.is(changes.length, 1);
  assert.ok(change?.kind === 'topic' && change.before !== null && change.after !== null);
  return { before: change.before, after: change.after };
}

/** Replicas and leaders by partition, as the brokers tell. */
async function live({ admin }: Place) {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitions = [...(topics[0]?.partitions ?? [])].sort((a, b) => a.partitionId - b.partitionId);
  return { replicas: partitions.map((one) => one.replicas), leaders: partitions.map((one) => one.leader) };
}

/** What a person does with the plan that apply refuses. The controller knows before every broker does. */
async function reassign({ admin }: Place, replicas: TopicState['replicas'] = []): Promise<void> {
  const partitionAssignment = replicas.map((one, partition) => ({ partition, replicas: [...one] }));
  await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] });
  await eventually('no reassignment is under way', waitMsMax, async () => {
    const { topics } = await admin.listPartitionReassignments({});
    return topics.length === 0;
  });
}

/** A reassignment that can not end: what comes and what goes are replicas of the partition, both. */
async function moveToStopped(place: Place, stopped: number): Promise<Awaited<ReturnType<typeof live>>> {
  const { replicas } = await live(place);
  const partition = replicas.findIndex((one) => !one.includes(stopped));
  const [first = 0] = replicas[partition] ?? [];
  const partitionAssignment = [{ partition, replicas: [first, stopped] }];
  await place.admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] });
  let now = await live(place);
  await eventually('the replica comes', waitMsMax, async () => {
    now = await live(place);
    return now.replicas[partition]?.includes(stopped) === true;
  });
  return now;
}

function codesOf({ diagnostics }: ExecutionPlan): string[] {
  return diagnostics.map((one) => one.code);
}

test('a changed replication factor is planned, refused by apply, and no change once Kafka has done it', () =>
  withPlace(async (place) => {
    const { bootstrap, brokers } = place.cluster;
    await createTopic(bootstrap, topic, { partitions: 3, replicationFactor: 1 });
    await produceRecords({ bootstrap, topic }, [{ partition: 0, value: Buffer.from('kept') }]);
    const start = await live(place);

    await wish(place, 3);
    const grow = await planned(place);
    assert.equal([grow.code, grow.document.applyable, codesOf(grow.document)], [1, false, ['KP2103']]);
    const { before, after } = statesOf(grow.document);
    assert.equal([before.replicationFactor, after.replicationFactor], [1, 3]);
    assert.equal(before.replicas, start.replicas);
    assert.equal(grow.document.steps, []);
    assert.is(await stat(join(place.directory, 'saved.kplan.json')).catch(() => null), null);

    const io = recordedIo(place.directory);
    const options = { autoApprove: true, leaseSeconds: 30, lockTimeoutSeconds: 0, format: 'json' } as const;
    assert.is(await apply({ ...options, file: 'plan.yaml' }, io), 1);
    assert.match(io.out(), /KP2103/);
    assert.match(io.out(), /kafka-reassign-partitions\.sh/);
    assert.equal((await live(place)).replicas, start.replicas);
    assert.equal(await place.admin.listTopics(), [topic]);

    await reassign(place, after.replicas);
    await eventually(
      'the plan is empty',
      waitMsMax,
      async () => (await planned(place)).document.diagnostics.length === 0,
    );
    const grown = await planned(place);
    assert.equal([grown.code, grown.document.changes, grown.document.summary.unchanged], [0, [], 1]);

    await wish(place, 2);
    const held = await live(place);
    const shrink = statesOf((await planned(place)).document);
    await reassign(place, shrink.after.replicas);
    await eventually('the plan is empty again', waitMsMax, async () => (await planned(place)).code === 0);
    assert.equal((await live(place)).leaders, held.leaders);

    const [, , third] = brokers;
    await third?.stop();
    await eventually('the plan misses broker 3', waitMsMax, async () => {
      const { code, document } = await planned(place);
      const [first, ...others] = document.diagnostics;
      const isMissed = first?.code === 'KP2122' && first.summary.includes('on broker 3 (not answering)');
      return code === 0 && isMissed && others.length === 0;
    });

    const moving = await moveToStopped(place, 3);
    assert.ok(
      moving.replicas.some((one) => one.length === 3),
      JSON.stringify(moving),
    );
    const during = await planned(place);
    assert.equal([during.code, codesOf(during.document)], [0, ['KP2122']]);
  }));

test.run();
