import { setTimeout as wait } from 'node:timers/promises';
import { deleteRecordsV2 } from '@platformatic/kafka';
import { systemClock } from '../../runner/engines/native/clock.ts';
import { mirrorFlow } from '../../runner/engines/native/mirror-flow.ts';
import type { MirrorEvent, MirrorOptions, MirrorOutcome } from '../../runner/engines/native/options.ts';
import { readPositions, type StoredPosition } from '../../runner/engines/native/positions.ts';
import { type Cluster, connectCluster } from '../../runner/kafka/open.ts';
import { connectionSettings } from '../../runner/kafka/settings.ts';
import type { KeyHash } from '../../src/migration/migration.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { openConnections } from '../fixtures/records/connections.ts';
import { createTopic, readAll, type TopicRecord, type TopicSettings, uniqueName } from '../fixtures/records.ts';

const { source, target } = await sharedClusters();

export const sourceBootstrap = source.bootstrap;
export const targetBootstrap = target.bootstrap;
export const keepForever = { 'retention.ms': '-1' };

/** A flow between topics of its own on the shared clusters. */
export interface TestFlow {
  readonly source: Cluster;
  readonly target: Cluster;
  readonly positionsTopic: string;
  readonly events: MirrorEvent[];
  readonly producerIds: bigint[];
  /** Creates a topic at both ends; gives its names. With a hash its records go by key. */
  topic(
    settings?: TopicSettings,
    targetSettings?: TopicSettings,
    hash?: KeyHash,
  ): Promise<{ readonly from: string; readonly to: string }>;
  mirror(options?: Partial<MirrorOptions>): Promise<MirrorOutcome>;
  positions(): Promise<readonly StoredPosition[]>;
}

/** Opens a flow for one test and closes its connections after it. */
export async function withFlow(use: (flow: TestFlow) => Promise<void>): Promise<void> {
  const from = open('source', sourceBootstrap);
  const to = open('target', targetBootstrap);
  const migration = uniqueName('mirror');
  const positionsTopic = `__kplan.${migration}.positions`;
  await createTopic(targetBootstrap, positionsTopic, { config: { 'cleanup.policy': 'compact' } });
  const topics: MirrorOptions['topics'][number][] = [];
  const events: MirrorEvent[] = [];
  const producerIds: bigint[] = [];
  try {
    await use({
      source: from,
      target: to,
      positionsTopic,
      events,
      producerIds,
      async topic(settings = {}, targetSettings = settings, hash) {
        const names = { from: uniqueName('from'), to: uniqueName('to') };
        const withRetention = (one: TopicSettings) => ({ ...one, config: { ...keepForever, ...one.config } });
        await createTopic(sourceBootstrap, names.from, withRetention(settings));
        await createTopic(targetBootstrap, names.to, withRetention(targetSettings));
        const partitions = settings.partitions ?? 1;
        const byKey = hash === undefined ? {} : { byKey: { hash, partitions: targetSettings.partitions ?? 1 } };
        topics.push({ source: names.from, target: names.to, partitions, targetMaxMessageBytes: 1_048_588, ...byKey });
        return names;
      },
      mirror: (options) =>
        mirrorFlow({
          flow: 'source-to-target',
          migration,
          topics,
          source: from.log,
          target: to.log,
          positionsTopic,
          start: 'earliest',
          delivery: 'transactional',
          tuning: { commitIntervalMs: 300, fetchMaxBytes: 16_777_216, memoryMaxMb: 128 },
          ledger: {
            known: () => producerIds,
            async add(id) {
              producerIds.push(id);
            },
          },
          clock: systemClock,
          signal: new AbortController().signal,
          report: (event) => void events.push(event),
          until: 'caught-up',
          ...options,
        }),
      positions: () => readPositions(to.log, positionsTopic),
    });
  } finally {
    await Promise.all([from.close(), to.close()]);
  }
}

function open(cluster: string, bootstrap: readonly string[]): Cluster {
  return connectCluster(connectionSettings({ cluster, bootstrap, addressMap: new Map() }));
}

/** Deletes records of the source, as retention does. */
export async function deleteBefore(topic: string, partition: number, offset: bigint): Promise<void> {
  const connections = openConnections(sourceBootstrap);
  const leader = await connections.leaderOf(topic, partition);
  const topics = [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }];
  await deleteRecordsV2.api.async(leader, topics, deleteTimeoutMs);
  await connections.close();
}

const deleteTimeoutMs = 30_000;

/** A record without its place: what must be equal on both sides. */
export function contentOf({ partition, timestamp, timestampType, key, value, headers }: TopicRecord) {
  return {
    partition,
    timestamp,
    timestampType,
    key: key?.toString('base64') ?? null,
    value: value?.toString('base64') ?? null,
    headers: headers.map(([name, content]) => [name.toString(), content?.toString('base64') ?? null]),
  };
}

/** Both sides as an independent reader sees them. */
export async function readBoth(names: { readonly from: string; readonly to: string }) {
  return {
    atSource: await readAll({ bootstrap: sourceBootstrap, topic: names.from }),
    atTarget: await readAll({ bootstrap: targetBootstrap, topic: names.to }),
  };
}

const pollMs = 200;

/** Polls until the value satisfies; throws after `timeoutMs`. */
export async function until<T>(timeoutMs: number, get: () => Promise<T>, satisfies: (value: T) => boolean): Promise<T> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const value = await get();
    if (satisfies(value)) return value;
    if (Date.now() > deadlineMs) throw new Error(`not within ${timeoutMs} ms`);
    await wait(pollMs);
  }
}
