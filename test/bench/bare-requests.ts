import { setTimeout as wait } from 'node:timers/promises';
import {
  ConfigResourceTypes,
  type Connection,
  createTopicsV7,
  describeConfigsV4,
  listOffsetsV7,
  metadataV9,
} from '@platformatic/kafka';
import { answerOf } from '../../runner/kafka/connection.ts';
import { openConnections } from '../fixtures/records/connections.ts';

const topicsPerRequest = 500;
const createTimeoutMs = 30_000;
const pollMs = 50;
/** Long after any broker has made its logs. */
const servedWithinMs = 600_000;

/** What any reader of a cluster must ask, and no more: all topics, then their settings, in requests of 500. */
export function readBare(bootstrap: readonly string[]): Promise<number> {
  return connected(bootstrap, async (connection) => {
    const names = await allTopics(connection);
    let settings = 0;
    for (let at = 0; at < names.length; at += topicsPerRequest) {
      const resources = names
        .slice(at, at + topicsPerRequest)
        .map((resourceName) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName, configurationKeys: null }));
      const { results } = await describeConfigsV4.api.async(connection, resources, true, false);
      settings += results.reduce((sum, { configs }) => sum + configs.length, 0);
    }
    return settings;
  });
}

export interface BareTopic {
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string | number>>;
}

/** One CreateTopics of all topics, and Metadata until the broker shows the last of them. */
export function createBare(bootstrap: readonly string[], topics: readonly BareTopic[]): Promise<void> {
  const wanted = topics.map(({ name, partitions, config }) => ({
    name,
    numPartitions: partitions,
    replicationFactor: 1,
    assignments: [],
    configs: Object.entries(config).map(([key, value]) => ({ name: key, value: String(value) })),
  }));
  return connected(bootstrap, async (connection) => {
    await createTopicsV7.api.async(connection, wanted, createTimeoutMs, false);
    while ((await allTopics(connection)).length < topics.length) await wait(pollMs);
  });
}

/** Until the leaders of all partitions answer ListOffsets: then the broker has made their logs. */
export function awaitLogs(bootstrap: readonly string[], topics: readonly BareTopic[]): Promise<void> {
  const asked = topics.map(({ name, partitions }) => ({
    name,
    partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
      partitionIndex,
      currentLeaderEpoch: -1,
      timestamp: -1n,
    })),
  }));
  const deadline = Date.now() + servedWithinMs;
  return connected(bootstrap, async (connection) => {
    for (;;) {
      const answer = await listOffsetsV7.api.async(connection, -1, 0, asked).catch(answerOfError);
      if (answer.topics.every((topic) => topic.partitions.every((one) => one.errorCode === 0))) return;
      if (Date.now() > deadline) throw new Error('the broker has not made its logs');
      await wait(pollMs);
    }
  });
}

function answerOfError(error: unknown): listOffsetsV7.ListOffsetsResponse {
  const answer = answerOf<listOffsetsV7.ListOffsetsResponse>(error);
  if (answer === undefined) throw error;
  return answer;
}

async function allTopics(connection: Connection): Promise<string[]> {
  const { topics } = await metadataV9.api.async(connection, null);
  return topics.flatMap(({ name }) => (name === null ? [] : [name]));
}

async function connected<Result>(
  bootstrap: readonly string[],
  act: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const connections = openConnections(bootstrap);
  try {
    return await act(await connections.any());
  } finally {
    await connections.close();
  }
}
