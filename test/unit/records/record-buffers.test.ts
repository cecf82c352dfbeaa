import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { keptBytesMin, recordBuffers } from '../../../runner/records/record-buffers.ts';
import { holds } from './arbitraries.ts';

test('what was given back is used again where it fits, and only then', () => {
  const buffers = recordBuffers(10_000_000);
  const first = buffers.take(100_000);
  buffers.give(first);
  const larger = buffers.take(200_000);
  assert.is.not(larger.buffer, first.buffer);
  const again = buffers.take(99_000);
  assert.is(again.buffer, first.buffer);
  assert.is(again.length, 99_000);
  assert.is.not(buffers.take(100_000).buffer, first.buffer);
});

test('no two buffers that are in use share bytes, each has its length, and little is wasted', () => {
  const step = fc.oneof(fc.record({ take: fc.integer({ min: 1, max: 5_000_000 }) }), fc.record({ give: fc.nat() }));
  holds(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 20_000_000 }), (steps, spareBytesMax) => {
      const buffers = recordBuffers(spareBytesMax);
      const inUse: Buffer[] = [];
      for (const one of steps) {
        if ('give' in one) {
          const [given] = inUse.length === 0 ? [] : inUse.splice(one.give % inUse.length, 1);
          if (given !== undefined) buffers.give(given);
          continue;
        }
        const taken = buffers.take(one.take);
        assert.is(taken.length, one.take);
        assert.ok(taken.buffer.byteLength <= Math.max(one.take * 1.25, keptBytesMin));
        assert.not.ok(inUse.some(({ buffer }) => buffer === taken.buffer));
        inUse.push(taken);
      }
    }),
    100,
  );
});

test('no more is kept than may lie unused', () => {
  const buffers = recordBuffers(2 ** 20);
  const all = Array.from({ length: 5 }, () => buffers.take(2 ** 18));
  for (const one of all) buffers.give(one);
  const known = new Set(all.map(({ buffer }) => buffer));
  const again = Array.from({ length: 5 }, () => buffers.take(2 ** 18));
  assert.is(again.filter(({ buffer }) => known.has(buffer)).length, 4);
});

test.run();
