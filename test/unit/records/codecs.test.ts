import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { buildBatch } from '../../../runner/records/build.ts';
import { compress, decompress } from '../../../runner/records/codecs.ts';
import { CorruptBatchError } from '../../../runner/records/corrupt-batch.ts';
import { openBatch } from '../../../runner/records/open.ts';
import { codec, holds } from './arbitraries.ts';

const compressing = ['gzip', 'snappy', 'lz4', 'zstd'] as const;

test('every codec gives back what it got', () => {
  holds(
    fc.property(codec, fc.uint8Array({ maxLength: 300 }), fc.nat(400), (chosen, pattern, times) => {
      const plain = Buffer.concat(Array.from({ length: times }, () => pattern));
      assert.ok(decompress(chosen, compress(chosen, plain)).equals(plain));
    }),
  );
});

test('a bomb stops at the limit', () => {
  const plain = Buffer.alloc(5_000_000);
  for (const chosen of compressing) {
    const compressed = compress(chosen, plain);
    assert.is(decompress(chosen, compressed, 6_000_000).length, plain.length);
    assert.throws(() => decompress(chosen, compressed, 4_000_000));
    const bomb = buildBatch({ records: [{ key: null, value: plain, timestamp: 0n }], codec: chosen, baseOffset: 8n });
    assert.throws(
      () => openBatch(bomb, 4_000_000),
      (error: unknown) => error instanceof CorruptBatchError && error.baseOffset === 8n,
    );
  }
});

test('a snappy block that claims 4 GiB is refused unread', () => {
  assert.throws(() => decompress('snappy', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 1])), /would come out/);
});

test('snappy is framed for Java, and raw blocks of other clients are read', () => {
  const framed = compress('snappy', Buffer.alloc(70_000, 'ab'));
  assert.is(framed.toString('hex', 0, 16), '82534e41505059000000000100000001');
  assert.is(decompress('snappy', Buffer.from([3, 8, 97, 98, 99])).toString(), 'abc');
});

test.run();
