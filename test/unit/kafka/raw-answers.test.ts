import { Writer } from '@platformatic/kafka';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { connectionFault } from '../../../runner/kafka/connection-fault.ts';
import { parseFetchAnswer, topicId } from '../../../runner/kafka/raw-fetch.ts';
import { parseProduceAnswer } from '../../../runner/kafka/raw-produce.ts';
import { inPieces } from '../../fixtures/answers.ts';
import { decodeAnswer } from '../../simulation/answer-bytes.ts';

const facts = {
  cluster: 'dc',
  request: 'Fetch',
  broker: 'kafka-1:9092',
  tls: false,
  mechanism: undefined,
  unproven: false,
};

interface Partition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: bigint;
  readonly aborted: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[] | null;
  readonly records: Uint8Array | null;
}

const offset = fc.bigInt({ min: -1n, max: 2n ** 63n - 1n });
const partition: fc.Arbitrary<Partition> = fc.record({
  partition: fc.nat(),
  errorCode: fc.constantFrom(0, 1, 3, 6),
  highWatermark: offset,
  aborted: fc.option(fc.array(fc.record({ producerId: offset, firstOffset: offset }), { maxLength: 3 })),
  records: fc.option(fc.uint8Array({ maxLength: 300 })),
});
const topics = fc.array(fc.tuple(fc.string({ maxLength: 12 }), fc.array(partition, { maxLength: 4 })), {
  maxLength: 3,
});

const byName = (writer: Writer, topic: string) => writer.appendString(topic);

function fetchAnswer(answer: readonly (readonly [string, readonly Partition[]])[], write = byName): Buffer {
  return Writer.create()
    .appendInt32(0)
    .appendInt16(0)
    .appendInt32(0)
    .appendArray([...answer], (writer, [topic, partitions]) => {
      write(writer, topic).appendArray([...partitions], (entry, one) => {
        entry
          .appendInt32(one.partition)
          .appendInt16(one.errorCode)
          .appendInt64(one.highWatermark)
          .appendInt64(7n)
          .appendInt64(3n)
          .appendArray(one.aborted === null ? null : [...one.aborted], (aborted, { producerId, firstOffset }) => {
            aborted.appendInt64(producerId).appendInt64(firstOffset);
          })
          .appendInt32(-1)
          .appendBytes(one.records === null ? null : Buffer.from(one.records));
      });
    })
    .appendTaggedFields().buffer;
}

test('a fetch answer in pieces of any size is read whole, its records as one buffer each', () => {
  fc.assert(
    fc.property(topics, fc.integer({ min: 1, max: 400 }), (answer, pieceBytes) => {
      const { error, partitions } = decodeAnswer(fetchAnswer(answer), pieceBytes);
      const expected = answer.flatMap(([topic, ofTopic]) => ofTopic.map((one) => ({ topic, one })));
      assert.is(error, null);
      assert.is(partitions.length, expected.length);
      for (const [index, { topic, one }] of expected.entries()) {
        const found = partitions[index];
        assert.is(found?.topic, topic);
        assert.is(found?.partition, one.partition);
        assert.is(found?.highWatermark, one.highWatermark);
        const aborted = one.aborted ?? [];
        assert.equal(
          found?.abortedTransactions.map((each) => [each.producerId, each.firstOffset]),
          aborted.map((each) => [each.producerId, each.firstOffset]),
        );
        assert.ok(found?.records.equals(Buffer.from(one.records ?? [])));
      }
    }),
  );
});

test('a fetch answer that is cut, changed or noise ends in an error that becomes a fault', () => {
  const damaged = fc
    .tuple(topics, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }), fc.nat(2_000))
    .map(([answer, changes, length]) => {
      const bytes = fetchAnswer(answer).subarray(0, length);
      for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
      return bytes;
    });
  const noise = fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(fc.oneof(damaged, noise), (bytes) => {
      for (const parse of [
        (all: Buffer) => decodeAnswer(all, 64),
        (all: Buffer) => parseProduceAnswer(inPieces(all, 64)),
      ]) {
        try {
          parse(bytes);
        } catch (error) {
          const fault = connectionFault(facts, error);
          assert.is(fault.diagnostic.code, 'KP3011', String(error));
          assert.is(fault.retriable, false);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a fetch answer that names topics by id is read with their ids as Kafka prints them', () => {
  const ids = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
  fc.assert(
    fc.property(ids, partition, fc.integer({ min: 1, max: 400 }), (id, one, pieceBytes) => {
      const bytes = fetchAnswer([[id, [one]]], topicId.write);
      const { partitions } = decodeAnswer(bytes, pieceBytes, (incoming) => parseFetchAnswer(incoming, topicId));
      assert.equal(
        partitions.map((found) => [found.topic, found.partition]),
        [[id, one.partition]],
      );
    }),
  );
});

test('lengths that promise more than there is are refused at once, not allocated', () => {
  const hugeCounts = Writer.create().appendInt32(0).appendInt16(0).appendInt32(0).appendUnsignedVarInt(0xffffffff);
  const hugeRecords = Writer.create()
    .appendInt32(0)
    .appendInt16(0)
    .appendInt32(0)
    .appendArray([0], (writer) => {
      writer.appendString('t').appendUnsignedVarInt(2).appendInt32(0).appendInt16(0);
      writer.appendInt64(1n).appendInt64(1n).appendInt64(0n).appendUnsignedVarInt(0).appendInt32(-1);
      writer.appendUnsignedVarInt(0x7fffffff);
    });
  for (const writer of [hugeCounts, hugeRecords]) {
    const startMs = performance.now();
    assert.throws(() => decodeAnswer(writer.buffer, 4));
    assert.ok(performance.now() - startMs < 10_000);
  }
});

test('where a leader says that its log parted is read; other tagged fields are passed over', () => {
  const known = Buffer.alloc(13);
  known.writeInt32BE(4, 0);
  known.writeBigInt64BE(77n, 4);
  const answer = (...tags: readonly (readonly [number, Buffer])[]) => {
    const writer = Writer.create().appendInt32(0).appendInt16(0).appendInt32(0).appendUnsignedVarInt(2);
    writer.appendString('t').appendUnsignedVarInt(2).appendInt32(0).appendInt16(0);
    writer.appendInt64(1n).appendInt64(1n).appendInt64(0n).appendUnsignedVarInt(0).appendInt32(-1);
    writer.appendUnsignedVarInt(0).appendUnsignedVarInt(tags.length);
    for (const [tag, bytes] of tags) writer.appendUnsignedVarInt(tag).appendUnsignedVarInt(bytes.length).append(bytes);
    return decodeAnswer(writer.appendTaggedFields().appendTaggedFields().buffer, 7).partitions[0]?.diverging;
  };
  const other = Buffer.alloc(30, 0xff);
  assert.is(answer(), undefined);
  assert.is(answer([1, other]), undefined);
  assert.equal(answer([0, known]), { epoch: 4, endOffset: 77n });
  assert.equal(answer([1, other], [0, known], [2, other]), { epoch: 4, endOffset: 77n });
  assert.throws(() => answer([0, known.subarray(0, 5)]));
});

test('bytes behind an answer mean that it was misread', () => {
  const answer = Buffer.concat([fetchAnswer([]), Buffer.alloc(1)]);
  assert.throws(() => decodeAnswer(answer, 100), /left after the answer/);
});

test('the records of an answer may be changed in place: they share nothing with each other', () => {
  const records = Buffer.alloc(200, 1);
  const one = { partition: 0, errorCode: 0, highWatermark: 1n, aborted: [], records };
  const { partitions } = decodeAnswer(fetchAnswer([['t', [one, { ...one, partition: 1 }]]]), 10_000);
  partitions[0]?.records.fill(9);
  assert.ok(partitions[1]?.records.equals(records));
});

test.run();
