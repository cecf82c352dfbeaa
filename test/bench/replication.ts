import { setTimeout as wait } from 'node:timers/promises';
import { alterPartitionReassignmentsV0, createTopicsV7, metadataV9 } from '@platformatic/kafka';
import { startCluster } from '../clusters/start-cluster.ts';
import { openConnections } from '../fixtures/records/connections.ts';
import { watchArrival } from './arrival.ts';
import { load } from './load.ts';
import { mirrors } from './mirrors.ts';
import { replicationScenario } from './scenarios.ts';
import { storedBytes } from './stored-bytes.ts';
import { type BenchWorld, brokerOptions } from './world.ts';

/** How fast the same topic came from one broker of a cluster to the other. */
export interface ReplicationRow {
  readonly by: 'Kafka' | 'kplan';
  readonly storedBytes: number;
  readonly seconds: number;
}

const first = 1;
const second = 2;
const requestTimeoutMs = 30_000;
const pollMs = 20;
const deadlineMs = 300_000;

/**
 * A topic on the first of two brokers: Kafka makes replicas of it on the second one (a reassignment), and kplan mirrors it to
 * a topic on the second one. Once without being measured, since brokers compile what they do often.
 */
export async function benchReplication({ folder, kplan, scale, say }: BenchWorld): Promise<ReplicationRow[]> {
  const cluster = await startCluster({ name: 'replication', version: '4.1', brokers: 2, ...brokerOptions });
  try {
    const scenario = replicationScenario(scale);
    const { partitions, records, codec } = scenario;
    const { bootstrap } = cluster;
    const rows: ReplicationRow[] = [];
    for (const [round, isMeasured] of [false, true].entries()) {
      const topic = `${scenario.topic}-${round}`;
      await createOn(bootstrap, topic, partitions, first);
      await load(bootstrap, { ...scenario, topic }, folder);
      const bytes = await storedBytes(bootstrap, topic);
      const name = `replication-${round}`;
      await createOn(bootstrap, `${topic}.${name}`, partitions, second);
      const ends = { source: bootstrap, target: bootstrap, kplan };
      const mirror = await mirrors.kplan({ ...ends, topic, partitions, codec, folder, name, until: 'caught-up' });
      const { pid, targetTopic, ended } = mirror;
      const arrival = await watchArrival({ bootstrap, topic: targetTopic, partitions, records, pid, ended });
      await mirror.stop();
      const seconds = await replicate(bootstrap, topic, partitions);
      const mirrored = arrival.wallSeconds - arrival.startSeconds;
      if (!isMeasured) continue;
      rows.push({ by: 'Kafka', storedBytes: bytes, seconds }, { by: 'kplan', storedBytes: bytes, seconds: mirrored });
    }
    for (const row of rows) say(`replication by ${row.by}: ${Math.round(row.storedBytes / row.seconds / 1e6)} MB/s`);
    return rows;
  } finally {
    await cluster.stop();
  }
}

async function createOn(
  bootstrap: readonly string[],
  topic: string,
  partitions: number,
  broker: number,
): Promise<void> {
  const connections = openConnections(bootstrap);
  try {
    const assignments = Array.from({ length: partitions }, (_, partitionIndex) => ({
      partitionIndex,
      brokerIds: [broker],
    }));
    const wanted = { name: topic, numPartitions: -1, replicationFactor: -1, assignments, configs: [] };
    await createTopicsV7.api.async(await connections.any(), [wanted], requestTimeoutMs, false);
    await connections.partitionCount(topic);
  } finally {
    await connections.close();
  }
}

/** Gives every partition a replica on the second broker too; seconds until all of them are in sync. */
async function replicate(bootstrap: readonly string[], name: string, partitions: number): Promise<number> {
  const connections = openConnections(bootstrap);
  try {
    const any = await connections.any();
    const wanted = Array.from({ length: partitions }, (_, partitionIndex) => ({
      partitionIndex,
      replicas: [first, second],
    }));
    const startedMs = performance.now();
    await alterPartitionReassignmentsV0.api.async(any, requestTimeoutMs, true, [{ name, partitions: wanted }]);
    while (performance.now() - startedMs < deadlineMs) {
      const { topics } = await metadataV9.api.async(any, [name]);
      const inSync = (topics[0]?.partitions ?? []).filter(({ isrNodes }) => isrNodes.includes(second));
      if (inSync.length === partitions) return (performance.now() - startedMs) / 1000;
      await wait(pollMs);
    }
    throw new Error(`${name} was not replicated within ${deadlineMs} ms`);
  } finally {
    await connections.close();
  }
}
