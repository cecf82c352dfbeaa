import { type API, type Connection, createAPI, Writer } from '@platformatic/kafka';
import type { FetchedPartition, FetchPosition, FetchRequest } from '../engines/native/ports.ts';
import { type Candidate, candidate } from './connection.ts';
import { errorName } from './error-table.ts';
import { type FetchSession, type SessionStep, withoutSession } from './fetch-session.ts';
import {
  compactArray,
  compactString,
  fill,
  type Incoming,
  next,
  type Parsing,
  taggedFields,
  unsignedVarInt,
} from './incoming.ts';
import { streamed } from './wire.ts';

/*
  Fetch Request (Version: 12) => replica_id max_wait_ms min_bytes max_bytes isolation_level session_id session_epoch
                                 [topics] [forgotten_topics_data] rack_id TAG_BUFFER
    topics => topic [partitions] TAG_BUFFER (Version 13: topic_id in the place of topic, KIP-516)
      partitions => partition current_leader_epoch fetch_offset last_fetched_epoch log_start_offset
                    partition_max_bytes TAG_BUFFER
    forgotten_topics_data => topic [partition] TAG_BUFFER
  replica_id -1: a consumer. Leader epochs -1: not checked.
  last_fetched_epoch: brokers compare it for consumers, too (`Partition.readRecords`).
*/
function createRequest(request: FetchRequest, step: SessionStep, { keyOf, write }: TopicField): Writer {
  return Writer.create()
    .appendInt32(-1)
    .appendInt32(request.maxWaitMs)
    .appendInt32(request.minBytes)
    .appendInt32(request.maxBytes)
    .appendInt8(request.isolation === 'read_committed' ? 1 : 0)
    .appendInt32(step.sessionId)
    .appendInt32(step.epoch)
    .appendArray([...Map.groupBy(step.positions, keyOf)], (writer, [topic, positions]) => {
      write(writer, topic).appendArray(positions, (entry, position) => {
        entry
          .appendInt32(position.partition)
          .appendInt32(-1)
          .appendInt64(position.offset)
          .appendInt32(position.lastEpoch ?? -1)
          .appendInt64(-1n)
          .appendInt32(position.maxBytes);
      });
    })
    .appendArray([...Map.groupBy(step.forgotten, keyOf)], (writer, [topic, positions]) => {
      const partitions = positions.map(({ partition }) => partition);
      write(writer, topic).appendArray(partitions, (entry, partition) => entry.appendInt32(partition), true, false);
    })
    .appendString('')
    .appendTaggedFields();
}

/** How a version of Fetch says which topic it means. */
interface TopicField {
  keyOf(position: FetchPosition): string;
  write(writer: Writer, key: string): Writer;
  read(incoming: Incoming): Parsing<string>;
}

const topicName: TopicField = {
  keyOf: ({ topic }) => topic,
  write: (writer, topic) => writer.appendString(topic),
  *read(incoming) {
    return (yield* compactString(incoming)) ?? '';
  },
};

const idBytes = 16;

/** Its text is Kafka's own form of it. */
export const topicId: TopicField = {
  keyOf: (position) => position.topicId ?? '',
  write: (writer, id) => writer.append(Buffer.from(id, 'base64url')),
  *read(incoming) {
    const at = yield* next(incoming, idBytes);
    return incoming.bytes.toString('base64url', at, at + idBytes);
  },
};

export interface FetchAnswer {
  readonly error: string | null;
  /** 0: the broker remembers nothing of the request. */
  readonly sessionId: number;
  readonly partitions: readonly FetchedPartition[];
}

/*
  Fetch Response (Version: 12) => throttle_time_ms error_code session_id [responses] TAG_BUFFER
    responses => topic [partitions] TAG_BUFFER (Version 13: topic_id)
      partitions => partition_index error_code high_watermark last_stable_offset log_start_offset
                    [aborted_transactions] preferred_read_replica records TAG_BUFFER
        aborted_transactions => producer_id first_offset TAG_BUFFER
        records => COMPACT_NULLABLE_BYTES
        tag 0: diverging_epoch => epoch end_offset TAG_BUFFER
  Records stay bytes: the batches as the broker stores them, the last one possibly cut.
*/
export function* parseFetchAnswer(incoming: Incoming, { read } = topicName): Parsing<FetchAnswer> {
  const at = yield* next(incoming, 10);
  const error = errorName(incoming.bytes.readInt16BE(at + 4));
  const sessionId = incoming.bytes.readInt32BE(at + 6);
  const partitions: FetchedPartition[] = [];
  yield* compactArray(incoming, function* topicEntry() {
    const topic = yield* read(incoming);
    yield* compactArray(
      incoming,
      function* partitionEntry() {
        partitions.push(yield* parsePartition(incoming, topic));
      },
      function* noTags() {},
    );
  });
  yield* taggedFields(incoming);
  return { error, sessionId, partitions };
}

function* parsePartition(incoming: Incoming, topic: string): Parsing<FetchedPartition> {
  const { bytes } = incoming;
  const at = yield* next(incoming, 30);
  const partition = bytes.readInt32BE(at);
  const error = errorName(bytes.readInt16BE(at + 4));
  const highWatermark = bytes.readBigInt64BE(at + 6);
  const lastStableOffset = bytes.readBigInt64BE(at + 14);
  const logStartOffset = bytes.readBigInt64BE(at + 22);
  const abortedTransactions = yield* compactArray(incoming, function* aborted() {
    const entryAt = yield* next(incoming, 16);
    return { producerId: bytes.readBigInt64BE(entryAt), firstOffset: bytes.readBigInt64BE(entryAt + 8) };
  });
  yield* next(incoming, 4);
  const { records, release } = yield* parseRecords(incoming);
  const offsets = { highWatermark, lastStableOffset, logStartOffset };
  const diverging = yield* parseDiverging(incoming);
  return { topic, partition, error, ...offsets, abortedTransactions, records, release, diverging };
}

const divergingEpochTag = 0;

function* parseDiverging(incoming: Incoming): Parsing<FetchedPartition['diverging']> {
  let diverging: FetchedPartition['diverging'];
  yield* taggedFields(incoming, function* known(tag) {
    if (tag !== divergingEpochTag) return;
    const at = yield* next(incoming, 12);
    diverging = { epoch: incoming.bytes.readInt32BE(at), endOffset: incoming.bytes.readBigInt64BE(at + 4) };
  });
  return diverging;
}

const noRecords = { records: Buffer.alloc(0), release: () => {} };

/** The one field that is large: it goes from the socket into a buffer of its own. */
function* parseRecords(incoming: Incoming): Parsing<Pick<FetchedPartition, 'records' | 'release'>> {
  const byteCount = (yield* unsignedVarInt(incoming)) - 1;
  if (byteCount <= 0) return noRecords;
  if (byteCount > incoming.left) throw new RangeError(`records of ${byteCount} bytes where ${incoming.left} are left`);
  const records = incoming.buffers.take(byteCount);
  yield* fill(incoming, records);
  return { records, release: () => incoming.buffers.give(records) };
}

function fetchOf(version: number, topic: TopicField) {
  const parse = streamed((incoming) => parseFetchAnswer(incoming, topic));
  const create = (request: FetchRequest, step: SessionStep) => createRequest(request, step, topic);
  return createAPI<[FetchRequest, SessionStep], FetchAnswer>(1, version, create, parse);
}

/** Kafka 2.7 to 4.x. */
const fetchByName = fetchOf(12, topicName);
/** Kafka 3.1 and newer. */
const fetchById = fetchOf(13, topicId);

/**
 * By topic id where all of the request's positions have one and the broker knows how, else by name. In a session only what
 * is new is named, and told; one that the broker does not know, or not so, is begun anew.
 */
export function fetchCandidates(request: FetchRequest, session?: FetchSession): readonly Candidate<FetchAnswer>[] {
  const byName = fetchCandidate(fetchByName, request, session);
  if (!request.positions.every((one) => one.topicId !== undefined)) return [byName];
  const byId = fetchCandidate(fetchById, request, session);
  return [{ ...byId, send: async (connection) => named(await byId.send(connection), request) }, byName];
}

function fetchCandidate(
  api: API<[FetchRequest, SessionStep], FetchAnswer>,
  request: FetchRequest,
  session: FetchSession | undefined,
): Candidate<FetchAnswer> {
  const { positions } = request;
  if (session === undefined) return candidate(api, request, withoutSession(positions));
  const send = async (connection: Connection) => {
    try {
      const answer = await api.async(connection, request, session.next(positions));
      if (!sessionErrors.has(answer.error)) return noted(session, answer);
      session.lost();
      return noted(session, await api.async(connection, request, session.next(positions)));
    } catch (error) {
      session.lost();
      throw error;
    }
  };
  return { apiKey: api.key, version: api.version, send };
}

const sessionErrors: ReadonlySet<string | null> = new Set([
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR',
]);

function noted(session: FetchSession, answer: FetchAnswer): FetchAnswer {
  if (answer.error === null) session.answered(answer.sessionId);
  else session.lost();
  return answer;
}

/** An id that nobody asked for stays as it is, and belongs to no topic. */
function named(answer: FetchAnswer, { positions }: FetchRequest): FetchAnswer {
  if (answer.partitions.length === 0) return answer;
  const names = new Map(positions.map((one) => [one.topicId, one.topic]));
  const partitions = answer.partitions.map((one) => ({ ...one, topic: names.get(one.topic) ?? one.topic }));
  return { ...answer, partitions };
}
