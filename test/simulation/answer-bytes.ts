import { Writer } from '@platformatic/kafka';
import type { FetchedPartition } from '../../runner/engines/native/ports.ts';
import { kafkaError } from '../../runner/kafka/error-table.ts';
import { createIncoming, createReceiver, expectEnd, type Parsing } from '../../runner/kafka/incoming.ts';
import { type FetchAnswer, parseFetchAnswer } from '../../runner/kafka/raw-fetch.ts';
import { recordBuffers } from '../../runner/records/record-buffers.ts';

/** A Fetch answer (version 12, without its header) as a broker sends it. */
export function encodeAnswer(partitions: readonly FetchedPartition[]): Buffer {
  const topics = [...Map.groupBy(partitions, (one) => one.topic)];
  return Writer.create()
    .appendInt32(0)
    .appendInt16(0)
    .appendInt32(0)
    .appendArray(topics, (writer, [topic, ofTopic]) => {
      writer.appendString(topic).appendArray(ofTopic, (entry, one) => {
        entry
          .appendInt32(one.partition)
          .appendInt16(one.error === null ? 0 : kafkaError(one.error).code)
          .appendInt64(one.highWatermark)
          .appendInt64(one.lastStableOffset)
          .appendInt64(one.logStartOffset)
          .appendArray([...one.abortedTransactions], (aborted, { producerId, firstOffset }) => {
            aborted.appendInt64(producerId).appendInt64(firstOffset);
          })
          .appendInt32(-1)
          .appendBytes(one.records);
      });
    })
    .appendTaggedFields().buffer;
}

/** Reads it as a connection does, at most `pieceBytes` at a time. Throws what the parser throws, and where it is cut. */
export function decodeAnswer(bytes: Buffer, pieceBytes: number, parse = parseFetchAnswer): FetchAnswer {
  const incoming = createIncoming(recordBuffers(0));
  const answers: FetchAnswer[] = [];
  const receiver = createReceiver(incoming, reading());
  for (let at = 0; at < bytes.length; ) {
    const taken = bytes.copy(receiver.room().subarray(0, pieceBytes), 0, at);
    receiver.received(taken);
    at += taken;
  }
  const [answer] = answers;
  if (answer === undefined) throw new RangeError('the answer is cut');
  return answer;

  function* reading(): Parsing<never> {
    incoming.left = bytes.length;
    const found = yield* parse(incoming);
    expectEnd(incoming);
    answers.push(found);
    for (;;) yield null;
  }
}
