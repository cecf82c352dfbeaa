import {
  type createPartitionsV3 as CreatePartitions,
  createPartitionsV2,
  createPartitionsV3,
  createTopicsV5,
  createTopicsV7,
  type deleteTopicsV6 as DeleteTopics,
  deleteTopicsV5,
  deleteTopicsV6,
  incrementalAlterConfigsV1,
} from '@platformatic/kafka';
import type { NewTopic } from '../../src/cluster/requests.ts';
import type { Sending, TopicOutcome, TopicWriter } from '../ports.ts';
import { brokerFault } from './broker-fault.ts';
import type { AnswerPlace, ClusterClient } from './cluster-client.ts';
import { candidate, type Request } from './connection.ts';
import { errorName, isPassing } from './error-table.ts';
import { kafkaUuid } from './metadata.ts';
import { paces, type RetryWorld, retryLimits } from './retry.ts';

export const topicWriterLimits = {
  /**
   * QuorumController.MAX_RECORDS_PER_USER_OP: a topic makes a record of the metadata log, each partition and each setting
   * another one. As many topics as may be go into a request: brokers show its topics as soon as they have read its
   * records, and those of the next request only when they have made the logs of this one.
   */
  recordsPerRequest: 10_000,
  /** ZooKeeper's controllers make topics one by one, and wait for them until the timeout. */
  topicsPerRequestOfZooKeeper: 100,
  /** How long the broker waits until the topics are there. */
  timeoutMs: 30_000,
  /** A quota for changes (KIP-599) lets a topic of hundreds of partitions through, and then none for minutes. */
  throttledMsMax: 300_000,
} as const;

const topicResource = 2;
const setOperation = 0;
const deleteOperation = 1;

/**
 * Changes of topics, sent to the controller (brokers of KRaft pass them on). What a broker says to one topic is a value;
 * only what concerns the whole request is thrown. A request whose answer was lost is sent again, so that a topic may
 * answer TOPIC_ALREADY_EXISTS though this very call made it: look at the topic, as for every outcome that is not null. So it is
 * for topics whose error passes, as under a quota for changes (KIP-599): those alone are sent again, after the time that the
 * answer asks for, until a time without one success. What is only checked is asked once.
 */
export function openTopicWriter(client: ClusterClient): TopicWriter {
  return {
    createTopics: (topics, how) =>
      inRequests(client, { ...how, recordsOf: recordsOfNew }, topics, (batch) => {
        const wanted = batch.map((one) => ({
          name: one.topic,
          numPartitions: one.partitions,
          replicationFactor: one.replicationFactor,
          assignments: [],
          configs: Object.entries(one.config).map(([name, value]) => ({ name, value })),
        }));
        const request: Request<createTopicsV7.CreateTopicsResponse> = {
          name: 'CreateTopics',
          tolerant: true,
          candidates: [
            candidate(createTopicsV7.api, wanted, topicWriterLimits.timeoutMs, how.validateOnly),
            candidate(createTopicsV5.api, wanted, topicWriterLimits.timeoutMs, how.validateOnly),
          ],
        };
        return client.ask({ to: 'controller' }, request, (answer, place) => outcomes(place, answer, answer.topics));
      }),
    createPartitions: (topics, how) =>
      inRequests(client, { ...how, recordsOf: recordsOfAdded }, topics, (batch) => {
        const wanted = batch.map((one) => ({ name: one.topic, count: one.partitions, assignments: null }));
        const request: Request<CreatePartitions.CreatePartitionsResponse> = {
          name: 'CreatePartitions',
          tolerant: true,
          candidates: [
            candidate(createPartitionsV3.api, wanted, topicWriterLimits.timeoutMs, how.validateOnly),
            candidate(createPartitionsV2.api, wanted, topicWriterLimits.timeoutMs, how.validateOnly),
          ],
        };
        return client.ask({ to: 'controller' }, request, (answer, place) => outcomes(place, answer, answer.results));
      }),
    alterTopicSettings: (topics, how) =>
      inRequests(client, { ...how, recordsOf: recordsOfAltered }, topics, (batch) => {
        const resources = batch.map(
          (one) =>
            ({
              resourceType: topicResource,
              resourceName: one.topic,
              configs: Object.entries(one.settings).map(alteration),
            }) as const,
        );
        const request: Request<incrementalAlterConfigsV1.IncrementalAlterConfigsResponse> = {
          name: 'IncrementalAlterConfigs',
          tolerant: true,
          candidates: [candidate(incrementalAlterConfigsV1.api, [...resources], how.validateOnly)],
        };
        return client.ask({ to: 'controller' }, request, (answer, place) =>
          outcomes(
            place,
            answer,
            answer.responses.map((one) => ({ ...one, name: one.resourceName })),
          ),
        );
      }),
    deleteTopics: (topics, how) =>
      inRequests(client, { validateOnly: false, ...how, recordsOf: () => 1 }, topics, (batch) => {
        const nameOf = new Map(batch.map((one) => [one.topicId, one.topic]));
        const entries = batch.map(({ topic, topicId }) =>
          topicId === undefined ? { name: topic } : { name: null, topicId: uuid(topicId) },
        );
        const byName = candidate(deleteTopicsV5.api, entries, topicWriterLimits.timeoutMs);
        const request: Request<DeleteTopics.DeleteTopicsResponse> = {
          name: 'DeleteTopics',
          tolerant: true,
          candidates: [
            candidate(deleteTopicsV6.api, entries, topicWriterLimits.timeoutMs),
            // Before v6 there are names alone: they must not stand for an id.
            ...(batch.some((one) => one.topicId !== undefined) ? [] : [byName]),
          ],
        };
        return client.ask({ to: 'controller' }, request, (answer, place) =>
          outcomes(
            place,
            answer,
            answer.responses.map((one) => ({ ...one, name: one.name ?? nameOf.get(kafkaUuid(one.topicId)) ?? '' })),
          ),
        );
      }),
  };
}

/** From how Kafka's tools print an id (base64url) to the hyphenated form that the library takes. */
function uuid(topicId: string): string {
  const hex = Buffer.from(topicId, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function alteration([name, value]: readonly [string, string | null]) {
  return value === null
    ? ({ name, configOperation: deleteOperation } as const)
    : ({ name, configOperation: setOperation, value } as const);
}

function recordsOfNew({ partitions, config }: NewTopic): number {
  return 1 + partitions + Object.keys(config).length;
}

/** As if none was there yet: what there is would have to be asked. */
function recordsOfAdded({ partitions }: { readonly partitions: number }): number {
  return partitions;
}

function recordsOfAltered({ settings }: { readonly settings: Readonly<Record<string, unknown>> }): number {
  return Object.keys(settings).length;
}

interface Requests<T> extends Sending {
  readonly recordsOf: (one: T) => number;
}

interface Answered {
  readonly outcomes: readonly TopicOutcome[];
  readonly throttleTimeMs: number;
}

type Send<T> = (batch: readonly T[]) => Promise<Answered>;

async function inRequests<T extends { readonly topic: string }>(
  client: ClusterClient,
  { recordsOf, ...how }: Requests<T>,
  all: readonly T[],
  send: Send<T>,
): Promise<TopicOutcome[]> {
  if (all.length === 0) return [];
  const { features } = await client.abilities();
  const topicsMax = features.has('metadata.version') ? all.length : topicWriterLimits.topicsPerRequestOfZooKeeper;
  const found: TopicOutcome[] = [];
  for (const batch of batches(all, recordsOf, topicsMax)) {
    found.push(
      ...(how.validateOnly ? (await send(batch)).outcomes : await untilAnswered(client.world, how, batch, send)),
    );
  }
  return found;
}

/** Sends topics again whose error passes. Where no topic goes on for too long, that error is what is answered. */
async function untilAnswered<T extends { readonly topic: string }>(
  { clock, signal }: RetryWorld,
  { beforeRequest }: Sending,
  batch: readonly T[],
  send: Send<T>,
): Promise<Iterable<TopicOutcome>> {
  const found = new Map<string, TopicOutcome>();
  let left = batch;
  let progressedAtMs = clock.nowMs();
  for (;;) {
    await beforeRequest?.();
    const { outcomes: answered, throttleTimeMs } = await send(left);
    for (const one of answered) found.set(one.topic, one);
    const passing = left.filter(({ topic }) => isPassing(found.get(topic)?.error ?? ''));
    if (passing.length < left.length) progressedAtMs = clock.nowMs();
    left = passing;
    const isThrottled = left.some(({ topic }) => found.get(topic)?.error === 'THROTTLING_QUOTA_EXCEEDED');
    const stalledMsMax = isThrottled ? topicWriterLimits.throttledMsMax : retryLimits.request.elapsedMaxMs;
    const pauseMs = Math.max(throttleTimeMs, paces.later.maxMs);
    const isOver = clock.nowMs() + pauseMs - progressedAtMs > stalledMsMax || signal?.aborted === true;
    if (left.length === 0 || isOver) return found.values();
    await clock.sleep(pauseMs, signal);
  }
}

/** A topic with more records than a request may hold goes alone: the controller says why it refuses it. */
function* batches<T>(all: readonly T[], recordsOf: (one: T) => number, topicsMax: number): Generator<readonly T[]> {
  let batch: T[] = [];
  let records = 0;
  for (const one of all) {
    const more = recordsOf(one);
    const isFull = records + more > topicWriterLimits.recordsPerRequest || batch.length === topicsMax;
    if (batch.length > 0 && isFull) {
      yield batch;
      batch = [];
      records = 0;
    }
    batch.push(one);
    records += more;
  }
  if (batch.length > 0) yield batch;
}

/** NOT_CONTROLLER concerns the request, not the topic: thrown, so that it is sent again to the new controller. */
function outcomes(
  place: AnswerPlace,
  { throttleTimeMs }: { readonly throttleTimeMs: number },
  topics: readonly {
    readonly name: string;
    readonly errorCode: number;
    readonly errorMessage: string | null | undefined;
    readonly topicId?: string | null;
  }[],
): Answered {
  const found = topics.map(({ name, errorCode, errorMessage, topicId: uuid }) => {
    const topicId = uuid === undefined || uuid === null ? undefined : kafkaUuid(uuid);
    const error = errorName(errorCode);
    if (error === 'NOT_CONTROLLER') throw brokerFault(place, { errorName: error });
    return {
      topic: name,
      error,
      ...(errorMessage === null || errorMessage === undefined || error === null ? {} : { message: errorMessage }),
      ...(topicId === undefined ? {} : { topicId }),
    };
  });
  return { outcomes: found, throttleTimeMs };
}
