import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildBatch } from '../../../runner/records/build.ts';
import { CorruptBatchError } from '../../../runner/records/corrupt-batch.ts';
import { decodeRecords } from '../../../runner/records/decode.ts';
import { codecOf, lastOffsetOf } from '../../../runner/records/header.ts';
import { splitBatches } from '../../../runner/records/split.ts';
import {
  type LegacyCodec,
  type LegacyMessage,
  legacyMessage,
  legacyWrapper,
} from '../../fixtures/records/legacy-messages.ts';
import { holds } from './arbitraries.ts';

const bytes = fc.option(fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)));
const content = fc.record({ key: bytes, value: bytes, timestamp: fc.bigInt(1n, 2n ** 42n), gap: fc.nat({ max: 3 }) });
const set = fc.record({
  codec: fc.constantFrom<LegacyCodec>('none', 'gzip', 'snappy', 'lz4'),
  magic: fc.constantFrom<0 | 1>(0, 1),
  contents: fc.array(content, { minLength: 1, maxLength: 8 }),
  logAppendTime: fc.option(fc.bigInt(1n, 2n ** 42n), { nil: undefined }),
});
type Set = typeof set extends fc.Arbitrary<infer T> ? T : never;

interface Written {
  readonly bytes: Buffer;
  readonly messages: readonly LegacyMessage[];
}

/** Sets one after the other in a log, and what a reader must see of each. */
function write(sets: readonly Set[]): Written[] {
  let offset = 100n;
  return sets.map(({ codec, magic, contents, logAppendTime }) => {
    const messages = contents.map(({ gap, ...one }): LegacyMessage => {
      offset += 1n + BigInt(gap);
      return { ...one, magic, offset };
    });
    const stamped = magic === 1 && codec !== 'none' ? logAppendTime : undefined;
    const parts =
      codec === 'none' ? messages.map((one) => legacyMessage(one)) : [legacyWrapper(messages, codec, stamped)];
    const seen = messages.map((one) => ({ ...one, timestamp: magic === 0 ? -1n : (stamped ?? one.timestamp) }));
    return { bytes: Buffer.concat(parts), messages: seen };
  });
}

function shown({ offset, timestamp, key, value }: Omit<LegacyMessage, 'magic'>): string {
  return [offset, timestamp, key?.toString('hex') ?? 'null', value?.toString('hex') ?? 'null'].join(' ');
}

const recent = buildBatch({
  records: [{ key: null, value: Buffer.from('new'), timestamp: 7n }],
  baseOffset: 1n << 40n,
});

test('messages of magic 0 and 1 come as batches v2 with their offsets, keys, values and times', () => {
  holds(
    fc.property(fc.array(set, { minLength: 1, maxLength: 6 }), (sets) => {
      const written = write(sets);
      const { batches, cutBytes } = splitBatches(Buffer.concat([...written.map((one) => one.bytes), recent]));
      assert.is(cutBytes, 0);
      const found = batches.slice(0, -1).flatMap((batch) => decodeRecords(batch).map(shown));
      assert.equal(
        found,
        written.flatMap((one) => one.messages.map(shown)),
      );
      assert.equal(batches.at(-1), recent);
    }),
  );
});

test('a compressed message keeps its codec, and plain ones share a batch', () => {
  const message = (offset: bigint): LegacyMessage => ({
    magic: 1,
    offset,
    timestamp: 5n,
    key: null,
    value: Buffer.alloc(9),
  });
  const wrapped = splitBatches(legacyWrapper([message(4n), message(5n)], 'snappy')).batches;
  assert.equal(
    wrapped.map((one) => [codecOf(one), lastOffsetOf(one)]),
    [['snappy', 5n]],
  );
  const plain = splitBatches(Buffer.concat([message(4n), message(9n)].map((one) => legacyMessage(one)))).batches;
  assert.equal(
    plain.map((one) => [codecOf(one), lastOffsetOf(one)]),
    [['none', 9n]],
  );
  const far = splitBatches(Buffer.concat([message(4n), message(2n ** 40n)].map((one) => legacyMessage(one)))).batches;
  assert.is(far.length, 2);
});

test('a header checksum of lz4 that Kafka computed wrongly is no damage in magic 0, and is one in magic 1', () => {
  const messages = (magic: 0 | 1): LegacyMessage[] => [
    { magic, offset: 3n, timestamp: 5n, key: null, value: Buffer.from('lz4') },
  ];
  const wrong = (magic: 0 | 1) => {
    const wrapper = legacyWrapper(messages(magic), 'lz4');
    const valueAt = wrapper.indexOf(Buffer.from([0x04, 0x22, 0x4d, 0x18]));
    const value = Buffer.from(wrapper.subarray(valueAt));
    value[6] = (value[6] ?? 0) ^ 0x55;
    return legacyMessage({ magic, offset: 3n, timestamp: 5n, key: null, value }, 3);
  };
  assert.equal(
    decodeRecords(splitBatches(wrong(0)).batches[0] ?? Buffer.alloc(0)).map((one) => String(one.value)),
    ['lz4'],
  );
  assert.throws(() => splitBatches(wrong(1)), isCorrupt);
});

test('damaged messages throw with their offset, whatever is damaged', () => {
  holds(
    fc.property(set, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, place, flip) => {
      const [{ bytes: sound, messages } = { bytes: Buffer.alloc(0), messages: [] }] = write([one]);
      const damaged = Buffer.from(sound);
      const at = place % damaged.length;
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      try {
        const found = splitBatches(damaged).batches.flatMap((batch) => decodeRecords(batch));
        // The offset is outside the CRC, and a larger size field looks like a message that is cut.
        assert.ok(found.length <= messages.length);
        for (const record of found) {
          const twin = messages.find(
            (message) => message.value?.equals(record.value ?? Buffer.alloc(0)) ?? record.value === null,
          );
          assert.ok(twin !== undefined);
        }
      } catch (error) {
        if (!isCorrupt(error)) throw error;
      }
    }),
    500,
  );
});

test('what is cut at the end is left for the next fetch', () => {
  const [{ bytes: sound } = { bytes: Buffer.alloc(0) }] = write([
    {
      codec: 'gzip',
      magic: 1,
      contents: [{ key: null, value: Buffer.from('v'), timestamp: 1n, gap: 0 }],
      logAppendTime: undefined,
    },
  ]);
  const { batches, cutBytes } = splitBatches(Buffer.concat([sound, sound.subarray(0, 30)]));
  assert.is(batches.length, 1);
  assert.is(cutBytes, 30);
});

function isCorrupt(error: unknown): boolean {
  return error instanceof CorruptBatchError;
}

test.run();
