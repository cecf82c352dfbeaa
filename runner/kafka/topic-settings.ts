import { createTopicsV5, createTopicsV7 } from '@platformatic/kafka';
import pMap from 'p-map';
import type { Setting } from '../../src/cluster/snapshot.ts';
import { brokerFault } from './broker-fault.ts';
import { type ClusterClient, purposes, type Target } from './cluster-client.ts';
import { candidate, type Request } from './connection.ts';
import { errorName, kafkaError } from './error-table.ts';
import { describeConfigsApi, sourceOf } from './raw-describe-configs.ts';

export const settingsLimits = {
  /** Topics a request: an answer has about 35 settings a topic with their synonyms, some 5 kB. */
  topicsPerRequest: 100,
  requestsInFlight: 4,
} as const;

const topicResource = 2;

/**
 * Settings of topics with what they would inherit; a topic that vanished meanwhile is absent. Topics with the same settings
 * share one map. Throws a ClusterFault.
 */
export async function describeTopicSettings(
  client: ClusterClient,
  topics: readonly string[],
): Promise<Map<string, ReadonlyMap<string, Setting>>> {
  const chunks: string[][] = [];
  for (let start = 0; start < topics.length; start += settingsLimits.topicsPerRequest) {
    chunks.push(topics.slice(start, start + settingsLimits.topicsPerRequest));
  }
  const api = describeConfigsApi();
  const to: Target = chunks.length === 1 ? { to: 'any' } : { to: 'any', purpose: purposes.settings };
  const answers = await pMap(chunks, (chunk) => describeChunk(client, to, api, chunk), {
    concurrency: settingsLimits.requestsInFlight,
  });
  return new Map(answers.flat());
}

async function describeChunk(
  client: ClusterClient,
  to: Target,
  api: ReturnType<typeof describeConfigsApi>,
  topics: readonly string[],
): Promise<[string, ReadonlyMap<string, Setting>][]> {
  const resources = topics.map(
    (resourceName) => ({ resourceType: topicResource, resourceName, configurationKeys: null }) as const,
  );
  const request = { name: 'DescribeConfigs', candidates: [candidate(api, [...resources], true, false)] };
  return client.ask(to, request, (answer, place) =>
    answer.flatMap(({ name, error, message, settings }) => {
      if (error === 'UNKNOWN_TOPIC_OR_PARTITION') return [];
      if (error !== null) throw brokerFault(place, { errorName: error, message, resource: name });
      return [[name, settings]];
    }),
  );
}

/**
 * What a topic created without settings would get: CreateTopics answers it with `validateOnly`, and nothing is created
 * (KIP-525). Empty where the user may not create topics, a policy forbids this one, or the cluster does not tell.
 */
export async function newTopicSettings(client: ClusterClient): Promise<Map<string, Setting>> {
  const suffix = Math.floor(client.world.random() * 2 ** 48).toString(36);
  const topics = [
    { name: `__kplan.probe.${suffix}`, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] },
  ];
  const request: Request<createTopicsV7.CreateTopicsResponse> = {
    name: 'CreateTopics',
    tolerant: true,
    candidates: [
      candidate(createTopicsV7.api, topics, probeTimeoutMs, true),
      candidate(createTopicsV5.api, topics, probeTimeoutMs, true),
    ],
  };
  return client.ask({ to: 'controller' }, request, (answer, place) => {
    const [topic] = answer.topics;
    const error = topic === undefined ? null : errorName(topic.errorCode);
    if (error !== null && kafkaError(error).retry !== 'never') throw brokerFault(place, { errorName: error });
    const configs = topic?.configs ?? [];
    return new Map(configs.map((one) => [one.name, { value: one.value ?? null, source: sourceOf(one.configSource) }]));
  });
}

const probeTimeoutMs = 10_000;
