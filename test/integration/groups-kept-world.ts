import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Consumer } from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';
import * as assert from 'uvu/assert';
import { type Cluster, connectCluster } from '../../runner/kafka/open.ts';
import { connectionSettings } from '../../runner/kafka/settings.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { startKplan } from '../fixtures/apply/run-kplan.ts';
import { eventually } from '../fixtures/eventually.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { type MirroredTopics, mirroredTopics } from '../fixtures/mirrored-topics.ts';
import { otherGroupsProperties } from '../fixtures/other-groups.ts';
import { createTopic, produceRecords, readAll, uniqueName } from '../fixtures/records.ts';

export const waitMs = 60_000;
export const retentionMs = 60_000;

const shared = await sharedClusters();
/** Forgets commits after a minute, the shortest that brokers take, and has every kind of group that Kafka 4.1 has. */
export const brief = await startCluster({
  name: 'brief',
  version: '4.1',
  properties: {
    ...otherGroupsProperties,
    'offsets.retention.minutes': 1,
    'offsets.retention.check.interval.ms': 500,
  },
});
export const old = shared.source.bootstrap;
export const recent = shared.target.bootstrap;

const values = Array.from({ length: 20 }, (_, index) => ({ value: Buffer.from(`value ${index}`) }));
export const metadata = 'note';

interface Mirrored extends MirroredTopics {
  readonly topic: string;
}

/** Twenty records in partition 0 of two, mirrored to a topic of the same name. */
export async function withTopic(
  use: (mirrored: Mirrored) => Promise<void>,
  {
    bootstrap = { source: old, target: recent },
    ...options
  }: Parameters<typeof mirroredTopics>[2] & {
    readonly bootstrap?: { readonly source: readonly string[]; readonly target: readonly string[] };
  } = {},
): Promise<void> {
  const topic = uniqueName('kept');
  for (const side of [bootstrap.source, bootstrap.target]) await createTopic(side, topic, { partitions: 2 });
  await produceRecords({ bootstrap: bootstrap.source, topic }, values);
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions: 2 }], options);
  try {
    await mirrored.mirror();
    await use({ ...mirrored, topic });
  } finally {
    await mirrored.close();
  }
}

export async function committedOn({ groups }: Pick<Cluster, 'groups'>, group: string) {
  const commits = (await groups.committedOffsets([group])).get(group) ?? [];
  return new Map(commits.map((one) => [one.partition, one]));
}

export async function nextValue(bootstrap: readonly string[], topic: string, from: bigint | undefined) {
  const [next] = await readAll({ bootstrap, topic, partition: 0, from: from ?? -1n });
  return next?.value?.toString();
}

/** A flow into `brief` that a process of its own follows, and what stands there of two groups: one is brought along, one is not. */
export async function startKeeping() {
  const name = uniqueName('brief');
  const topic = `${name}-topic`;
  const [kept, tried] = [`${name}-kept`, `${name}-tried`];
  const directory = await mkdtemp(join(tmpdir(), 'kplan-kept-'));
  await createTopic(old, topic, { config: { 'retention.ms': '-1' } });
  await produceRecords({ bootstrap: old, topic }, values);
  for (const group of [kept, tried]) await commitOffsets(old, group, [{ topic, partition: 0, offset: 7n, metadata }]);
  await writeFile(
    join(directory, 'plan.yaml'),
    `version: 1
name: ${name}
clusters:
  old: { bootstrap: ${JSON.stringify(old)} }
  new: { bootstrap: ${JSON.stringify(brief.bootstrap)} }
flows:
  - { name: f, source: old, target: new, topics: { include: [${topic}] }, groups: { include: [${kept}, ${tried}] } }
`,
  );
  const kplan = startKplan(['apply', 'plan.yaml', '--auto-approve', '--follow', '--format', 'json'], directory);
  await eventually('it follows', waitMs * 2, () => {
    if (kplan.child.exitCode !== null) throw new Error(kplan.out() + kplan.err());
    return kplan.out().includes('"event":"follow_start"');
  });
  const forgotten = `${name}-forgotten`;
  await commitOffsets(brief.bootstrap, forgotten, [{ topic, partition: 0, offset: 3n }]);
  const target = connectCluster(
    connectionSettings({ cluster: 'brief', bootstrap: brief.bootstrap, addressMap: new Map() }),
  );
  await joinAndLeave(brief.bootstrap, tried, topic);
  const ended = new AbortController();
  const looks: { readonly kept: bigint | undefined; readonly isForgotten: boolean }[] = [];
  const looking = (async () => {
    while (!ended.signal.aborted) {
      const keptAt = (await committedOn(target, kept)).get(0)?.offset;
      looks.push({ kept: keptAt, isForgotten: (await committedOn(target, forgotten)).size === 0 });
      await pause(200);
    }
  })();
  return {
    ...{ kplan, topic, tried, looks, target },
    async end() {
      ended.abort();
      await looking;
      kplan.child.kill('SIGTERM');
      assert.is((await kplan.exited).code, 0, kplan.out() + kplan.err());
      await target.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Reads as a consumer of the classic protocol does, and leaves without a commit. */
export async function joinAndLeave(bootstrap: readonly string[], group: string, topic: string): Promise<void> {
  const kafka = new Kafka({ clientId: 'trial', brokers: [...bootstrap], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: group });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.connect();
  await consumer.subscribe({ topic });
  await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
  await joined;
  await consumer.disconnect();
}

/** A consumer of the new protocol (KIP-848), at work. */
export async function modernConsumer(
  bootstrap: readonly string[],
  group: string,
  topic: string,
  mode: 'committed' | 'earliest',
) {
  const consumer = new Consumer({
    groupId: group,
    clientId: 'shop',
    bootstrapBrokers: [...bootstrap],
    groupProtocol: 'consumer',
  });
  const stream = await consumer.consume({ topics: [topic], mode, autocommit: false });
  const first = new Promise<string>((resolve) => stream.once('data', (message) => resolve(message.value.toString())));
  return { consumer, first };
}
