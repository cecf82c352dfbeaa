import { createRequire } from 'node:module';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fnv1a, murmur2, partitionOfKey } from '../../../runner/records/key-hash.ts';
import { holds } from './arbitraries.ts';

/** Kafka's UtilsTest.testMurmur2, signed. */
const javaMurmur2: Readonly<Record<string, number>> = {
  '21': -973932308,
  foobar: -790332482,
  'a-little-bit-long-string': -985981536,
  'a-little-bit-longer-string': -1486304829,
  lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
  abc: 479470107,
};

/** What the unit tests of librdkafka say of its hashes (rdmurmur2.c, rdfnv1a.c). */
const librdkafka: Readonly<Record<string, { readonly murmur2: number; readonly fnv1a: number }>> = {
  kafka: { murmur2: 0xd067cf64, fnv1a: 0x0d33c4e1 },
  giberish123456789: { murmur2: 0x8f552b0c, fnv1a: 0x77a58295 },
  '1234': { murmur2: 0x9fc97b14, fnv1a: 0x023bdd03 },
  '234': { murmur2: 0xe7c009ca, fnv1a: 0x2dea3cd2 },
  '34': { murmur2: 0x873930da, fnv1a: 0x740fa83e },
  '4': { murmur2: 0x5a4b5ca1, fnv1a: 0x310ca263 },
  'PreAmbleWillBeRemoved,ThePrePartThatIs': { murmur2: 0x78424f1c, fnv1a: 0x65cbd69c },
  'reAmbleWillBeRemoved,ThePrePartThatIs': { murmur2: 0x4a62b377, fnv1a: 0x6e49c79a },
  'eAmbleWillBeRemoved,ThePrePartThatIs': { murmur2: 0xe0e4e09e, fnv1a: 0x69eed356 },
  'AmbleWillBeRemoved,ThePrePartThatIs': { murmur2: 0x62b8b43f, fnv1a: 0x6abcc023 },
  '': { murmur2: 0x106e08d9, fnv1a: 0x7ee3623b },
};

test("murmur2 is Kafka's and librdkafka's", () => {
  for (const [key, hash] of Object.entries(javaMurmur2)) assert.is(murmur2(Buffer.from(key)), hash, key);
  for (const [key, wanted] of Object.entries(librdkafka)) {
    assert.is(murmur2(Buffer.from(key)) >>> 0, wanted.murmur2, key);
  }
});

test("fnv1a is librdkafka's and Sarama's", () => {
  for (const [key, wanted] of Object.entries(librdkafka)) assert.is(fnv1a(Buffer.from(key)), wanted.fnv1a, key);
});

test('a partition is the remainder of a number that is not negative', () => {
  // CRC-32 of the check string "123456789" (ITU-T V.42) is 0xcbf43926, above 2^31.
  assert.is(partitionOfKey('crc32', Buffer.from('123456789'), 1_000), 0xcbf43926 % 1_000);
  assert.is(partitionOfKey('crc32', Buffer.alloc(0), 7), 0);
  assert.is(partitionOfKey('murmur2', Buffer.from('foobar'), 1_000), (-790332482 & 0x7fffffff) % 1_000);
  holds(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.integer({ min: 1, max: 5_000 }),
      fc.constantFrom('murmur2', 'crc32', 'fnv1a'),
      (key, partitions, hash) => {
        const partition = partitionOfKey(hash, Buffer.from(key), partitions);
        assert.ok(Number.isInteger(partition) && partition >= 0 && partition < partitions);
      },
    ),
  );
});

/** Another implementation of the Java client's partitioner. */
const {
  DefaultPartitioner,
}: {
  DefaultPartitioner: () => (wish: {
    topic: string;
    partitionMetadata: { partitionId: number; leader: number }[];
    message: { key: Buffer };
  }) => number;
} = createRequire(import.meta.url)('kafkajs').Partitioners;

test("kafkajs's default partitioner puts every key into the same partition", () => {
  const partitioner = DefaultPartitioner();
  holds(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 200 }), (bytes, partitions) => {
      const key = Buffer.from(bytes);
      const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, leader: 1 }));
      const wanted = partitioner({ topic: 'orders', partitionMetadata, message: { key } });
      assert.is(partitionOfKey('murmur2', key, partitions), wanted);
    }),
    500,
  );
});

test.run();
