import { createAPI, type Reader, Writer } from '@platformatic/kafka';
import type { FetchedPartition, FetchPosition, FetchRequest } from '../engines/native/ports.ts';
import { compactArray, compactBytes, compactString, expectEnd, skipTaggedFields } from './answer-bounds.ts';
import { errorName } from './error-table.ts';

/*
  Fetch Request (Version: 12) => replica_id max_wait_ms min_bytes max_bytes isolation_level session_id session_epoch
                                 [topics] [forgotten_topics_data] rack_id TAG_BUFFER
    topics => topic [partitions] TAG_BUFFER
      partitions => partition current_leader_epoch fetch_offset last_fetched_epoch log_start_offset
                    partition_max_bytes TAG_BUFFER
  replica_id -1: a consumer. session_id 0, session_epoch -1: no fetch session (KIP-227). Leader epochs -1: not checked.
*/
function createRequest(request: FetchRequest): Writer {
  return Writer.create()
    .appendInt32(-1)
    .appendInt32(request.maxWaitMs)
    .appendInt32(request.minBytes)
    .appendInt32(request.maxBytes)
    .appendInt8(request.isolation === 'read_committed' ? 1 : 0)
    .appendInt32(0)
    .appendInt32(-1)
    .appendArray(byTopic(request.positions), (writer, [topic, positions]) => {
      writer.appendString(topic).appendArray(positions, (entry, position) => {
        entry
          .appendInt32(position.partition)
          .appendInt32(-1)
          .appendInt64(position.offset)
          .appendInt32(-1)
          .appendInt64(-1n)
          .appendInt32(position.maxBytes);
      });
    })
    .appendArray([], () => undefined)
    .appendString('')
    .appendTaggedFields();
}

function byTopic(positions: readonly FetchPosition[]): [string, FetchPosition[]][] {
  return [...Map.groupBy(positions, (one) => one.topic)];
}

export interface FetchAnswer {
  readonly error: string | null;
  readonly partitions: readonly FetchedPartition[];
}

/*
  Fetch Response (Version: 12) => throttle_time_ms error_code session_id [responses] TAG_BUFFER
    responses => topic [partitions] TAG_BUFFER
      partitions => partition_index error_code high_watermark last_stable_offset log_start_offset
                    [aborted_transactions] preferred_read_replica records TAG_BUFFER
        aborted_transactions => producer_id first_offset TAG_BUFFER
        records => COMPACT_NULLABLE_BYTES
  Records stay bytes: the batches as the broker stores them, the last one possibly cut.
*/
export function parseFetchAnswer(reader: Reader): FetchAnswer {
  reader.readInt32();
  const error = errorName(reader.readInt16());
  reader.readInt32();
  const partitions: FetchedPartition[] = [];
  compactArray(reader, () => {
    const topic = compactString(reader) ?? '';
    compactArray(reader, () => partitions.push(parsePartition(reader, topic)));
  });
  skipTaggedFields(reader);
  expectEnd(reader);
  return { error, partitions };
}

function parsePartition(reader: Reader, topic: string): FetchedPartition {
  const partition = reader.readInt32();
  const error = errorName(reader.readInt16());
  const highWatermark = reader.readInt64();
  const lastStableOffset = reader.readInt64();
  const logStartOffset = reader.readInt64();
  const abortedTransactions = compactArray(reader, () => ({
    producerId: reader.readInt64(),
    firstOffset: reader.readInt64(),
  }));
  reader.readInt32();
  const records = compactBytes(reader);
  return { topic, partition, error, highWatermark, lastStableOffset, logStartOffset, abortedTransactions, records };
}

/** Fetch v12: names topics, so that one form serves Kafka 2.7 to 4.x. */
export const rawFetch = createAPI<[FetchRequest], FetchAnswer>(1, 12, createRequest, (_id, _key, _version, reader) =>
  parseFetchAnswer(reader),
);
