import { createAPI, type Reader, Writer } from '@platformatic/kafka';
import type { ProduceBatch, ProducedPartition } from '../engines/native/ports.ts';
import { compactArray, compactString, expectEnd, skipTaggedFields } from './answer-bounds.ts';
import { errorName } from './error-table.ts';

/** How long a broker waits for its in-sync replicas. */
export const produceTimeoutMs = 30_000;

/*
  Produce Request (Version: 9) => transactional_id acks timeout_ms [topic_data] TAG_BUFFER
    topic_data => name [partition_data] TAG_BUFFER
      partition_data => index records TAG_BUFFER
        records => COMPACT_NULLABLE_BYTES
  acks -1: all in-sync replicas. One record batch v2 a partition.
*/
function createRequest(transactionalId: string | null, batches: readonly ProduceBatch[]): Writer {
  const topics = [...Map.groupBy(batches, (one) => one.topic)];
  return Writer.create()
    .appendString(transactionalId)
    .appendInt16(-1)
    .appendInt32(produceTimeoutMs)
    .appendArray(topics, (writer, [topic, ofTopic]) => {
      writer.appendString(topic).appendArray(ofTopic, (entry, { partition, batch }) => {
        entry
          .appendInt32(partition)
          .appendUnsignedVarInt(batch.length + 1)
          .append(batch);
      });
    })
    .appendTaggedFields();
}

/*
  Produce Response (Version: 9) => [responses] throttle_time_ms TAG_BUFFER
    responses => name [partition_responses] TAG_BUFFER
      partition_responses => index error_code base_offset log_append_time_ms log_start_offset [record_errors]
                             error_message TAG_BUFFER
        record_errors => batch_index batch_index_error_message TAG_BUFFER
*/
export function parseProduceAnswer(reader: Reader): readonly ProducedPartition[] {
  const partitions: ProducedPartition[] = [];
  compactArray(reader, () => {
    const topic = compactString(reader) ?? '';
    compactArray(reader, () => partitions.push(parsePartition(reader, topic)));
  });
  reader.readInt32();
  skipTaggedFields(reader);
  expectEnd(reader);
  return partitions;
}

function parsePartition(reader: Reader, topic: string): ProducedPartition {
  const partition = reader.readInt32();
  const error = errorName(reader.readInt16());
  const baseOffset = reader.readInt64();
  const logAppendTimeMs = reader.readInt64();
  reader.readInt64();
  const recordErrors = compactArray(reader, () => {
    reader.readInt32();
    return compactString(reader);
  });
  const message = compactString(reader) ?? recordErrors.find((one) => one !== null) ?? undefined;
  return {
    topic,
    partition,
    error,
    baseOffset: error === null ? baseOffset : -1n,
    logAppendTimeMs,
    ...(message === undefined ? {} : { message }),
  };
}

/** Produce v9, for Kafka 2.8 to 4.x. */
export const rawProduce = createAPI<[string | null, readonly ProduceBatch[]], readonly ProducedPartition[]>(
  0,
  9,
  createRequest,
  (_id, _key, _version, reader) => parseProduceAnswer(reader),
);
