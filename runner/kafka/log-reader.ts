import { listOffsetsV6, listOffsetsV7 } from '@platformatic/kafka';
import type {
  FetchedPartition,
  FetchRequest,
  OffsetAnswer,
  OffsetSpec,
  SourceLog,
  TopicDescription,
  TopicPartition,
} from '../engines/native/ports.ts';
import { brokerFault } from './broker-fault.ts';
import { type ClusterClient, purposes } from './cluster-client.ts';
import { ClusterFault } from './cluster-fault.ts';
import { candidate, type Request } from './connection.ts';
import { errorName, kafkaError } from './error-table.ts';
import { createFetchSession, type FetchSession } from './fetch-session.ts';
import type { ClusterMetadata } from './metadata.ts';
import { fetchCandidates } from './raw-fetch.ts';
import { type RetryLimits, retryLimits, withRetry } from './retry.ts';

/** A broker that is gone is given up on soon: its partitions have other leaders by then, and the engine asks who. */
const fetchLimits = { attemptsMax: 2, elapsedMaxMs: 5_000 } as const;

/** Errors that say that somebody else leads the partition now, or soon. */
const leadershipErrors: ReadonlySet<string> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'OFFSET_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
]);

/**
 * Reading of records and offsets. A fetch whose broker does not answer (tried twice) gives `NETWORK_EXCEPTION` for each
 * of its partitions: ask `describeTopics` for their leaders. Every other fault is thrown.
 */
export function openLogReader(client: ClusterClient): SourceLog {
  const cluster = client.settings.cluster;
  return {
    cluster,
    async describeTopics(topics) {
      const metadata = await client.metadata(topics);
      return describe(cluster, metadata);
    },
    fetch: (broker, request) => fetchFrom(client, broker, request),
    openFetches(broker) {
      const session = createFetchSession();
      return (request) => fetchFrom(client, broker, request, session);
    },
    async offsets(partitions, at, tries) {
      return offsetsOf(client, partitions, at, tries === 'once' ? retryLimits.none : retryLimits.request);
    },
  };
}

function describe(cluster: string, metadata: ClusterMetadata): Map<string, TopicDescription> {
  const found = new Map<string, TopicDescription>();
  for (const topic of metadata.topics) {
    if (topic.error === 'UNKNOWN_TOPIC_OR_PARTITION' || topic.error === 'UNKNOWN_TOPIC_ID') continue;
    if (topic.error !== null && kafkaError(topic.error).retry === 'never') {
      throw brokerFault({ cluster, request: 'Metadata' }, { errorName: topic.error, resource: topic.name });
    }
    const leaders = topic.partitions.map((one) => (one.error === 'LEADER_NOT_AVAILABLE' ? -1 : one.leader));
    found.set(topic.name, {
      topic: topic.name,
      leaders,
      ...(topic.topicId === undefined ? {} : { topicId: topic.topicId }),
    });
  }
  return found;
}

async function fetchFrom(
  client: ClusterClient,
  broker: number,
  request: FetchRequest,
  session?: FetchSession,
): Promise<readonly FetchedPartition[]> {
  const target = { to: 'broker', id: broker, purpose: purposes.fetch } as const;
  const asked = { name: 'Fetch', candidates: fetchCandidates(request, session) };
  try {
    return await client.ask(target, asked, checked, fetchLimits);
  } catch (error) {
    if (error instanceof ClusterFault && error.retriable) return request.positions.map(unanswered);
    throw error;
  }
}

function checked(
  answer: { readonly error: string | null; readonly partitions: readonly FetchedPartition[] },
  place: { readonly cluster: string; readonly request: string; readonly broker: string },
): readonly FetchedPartition[] {
  if (answer.error !== null) throw brokerFault(place, { errorName: answer.error });
  return answer.partitions;
}

function unanswered({ topic, partition }: TopicPartition): FetchedPartition {
  return {
    topic,
    partition,
    error: 'NETWORK_EXCEPTION',
    logStartOffset: -1n,
    highWatermark: -1n,
    lastStableOffset: -1n,
    abortedTransactions: [],
    records: Buffer.alloc(0),
    release: () => {},
  };
}

/** Asks the leaders, and asks again who leads where that was wrong; what is still wrong after the limits is a value. */
async function offsetsOf(
  client: ClusterClient,
  partitions: readonly TopicPartition[],
  at: OffsetSpec,
  limits: RetryLimits,
): Promise<OffsetAnswer[]> {
  const answers = new Map<string, OffsetAnswer>();
  let open = partitions;
  const round = async () => {
    const found = await askLeaders(client, open, at);
    for (const one of found) answers.set(keyOf(one), one);
    open = open.filter((one) => leadershipErrors.has(answers.get(keyOf(one))?.error ?? ''));
    const [first] = open;
    if (first === undefined) return;
    const name = answers.get(keyOf(first))?.error ?? 'LEADER_NOT_AVAILABLE';
    throw brokerFault(
      { cluster: client.settings.cluster, request: 'ListOffsets' },
      { errorName: name, resource: first.topic },
    );
  };
  try {
    await withRetry(limits, client.world, round);
  } catch (error) {
    if (!(error instanceof ClusterFault) || !error.retriable || answers.size < partitions.length) throw error;
  }
  return partitions.map(
    (one) => answers.get(keyOf(one)) ?? { ...one, error: 'UNKNOWN_TOPIC_OR_PARTITION', offset: -1n },
  );
}

async function askLeaders(
  client: ClusterClient,
  partitions: readonly TopicPartition[],
  at: OffsetSpec,
): Promise<OffsetAnswer[]> {
  const topics = [...new Set(partitions.map((one) => one.topic))];
  const described = describe(client.settings.cluster, await client.metadata(topics));
  const leaderOf = (one: TopicPartition) => described.get(one.topic)?.leaders[one.partition];
  const led = Map.groupBy(partitions, (one) => leaderOf(one) ?? 'unknown');
  const groups = [...led].map(async ([leader, ofLeader]): Promise<OffsetAnswer[]> => {
    if (leader === 'unknown')
      return ofLeader.map((one) => ({ ...one, error: 'UNKNOWN_TOPIC_OR_PARTITION', offset: -1n }));
    if (leader === -1) return ofLeader.map((one) => ({ ...one, error: 'LEADER_NOT_AVAILABLE', offset: -1n }));
    return askLeader(client, leader, ofLeader, at);
  });
  return (await Promise.all(groups)).flat();
}

async function askLeader(
  client: ClusterClient,
  leader: number,
  partitions: readonly TopicPartition[],
  at: OffsetSpec,
): Promise<OffsetAnswer[]> {
  const target = { to: 'broker', id: leader, purpose: purposes.control } as const;
  try {
    return await client.ask(
      target,
      listOffsetsRequest(partitions, at),
      (answer) =>
        answer.topics.flatMap((topic) =>
          topic.partitions.map((one) => ({
            topic: topic.name,
            partition: one.partitionIndex,
            error: errorName(one.errorCode),
            offset: one.errorCode === 0 ? one.offset : -1n,
          })),
        ),
      fetchLimits,
    );
  } catch (error) {
    if (!(error instanceof ClusterFault) || !error.retriable) throw error;
    return partitions.map((one) => ({ ...one, error: 'NETWORK_EXCEPTION', offset: -1n }));
  }
}

/** ListOffsets: timestamp -2 the log start, -1 the end; isolation 1 ends at the last stable offset (KIP-98). */
function listOffsetsRequest(
  partitions: readonly TopicPartition[],
  at: OffsetSpec,
): Request<listOffsetsV7.ListOffsetsResponse> {
  const timestamp = at === 'earliest' ? -2n : typeof at === 'string' ? -1n : at.timestampMs;
  const isolation = at === 'latest' || at === 'earliest' ? 0 : 1;
  const topics = [...Map.groupBy(partitions, (one) => one.topic)].map(([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map(({ partition }) => ({ partitionIndex: partition, currentLeaderEpoch: -1, timestamp })),
  }));
  return {
    name: 'ListOffsets',
    tolerant: true,
    candidates: [
      candidate(listOffsetsV7.api, -1, isolation, topics),
      candidate(listOffsetsV6.api, -1, isolation, topics),
    ],
  };
}

function keyOf(one: TopicPartition): string {
  return `${one.topic} ${one.partition}`;
}
