import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkpointsMax, type KeptCheckpoint, slotForNext } from '../../../src/offset-map/checkpoints.ts';
import { holds } from '../records/arbitraries.ts';

/** What is kept after so many steps, each a slot that is written over. */
function keptAfter(steps: readonly bigint[]): readonly KeptCheckpoint[] {
  const slots = new Map<number, bigint>();
  let kept: readonly KeptCheckpoint[] = [];
  let weight = 0n;
  for (const [number, step] of steps.entries()) {
    weight += step;
    const next = slotForNext(kept, { number: BigInt(number), weight });
    slots.set(next.slot, BigInt(number));
    kept = next.kept;
    assert.equal(new Map(kept.map((one) => [one.slot, one.number])), slots);
  }
  return kept;
}

test('what is kept stands in its slots, in order, with the first and the newest', () => {
  holds(
    fc.property(fc.array(fc.bigInt(0n, 1_000n), { minLength: 1, maxLength: 300 }), (steps) => {
      const kept = keptAfter(steps);
      assert.is(kept.length, Math.min(steps.length, checkpointsMax));
      assert.is(kept[0]?.number, 0n);
      assert.is(kept.at(-1)?.number, BigInt(steps.length - 1));
      assert.ok(kept.every((one, index) => index === 0 || one.number > (kept[index - 1]?.number ?? 0n)));
    }),
    50,
  );
});

test('however far back, one is not much further', () => {
  const kept = keptAfter(Array.from({ length: 200_000 }, () => 1_000n));
  const end = kept.at(-1)?.weight ?? 0n;
  for (let back = 10_000n; back < end; back *= 2n) {
    const wanted = end - back;
    const found = kept.findLast((one) => one.weight <= wanted)?.weight ?? 0n;
    assert.ok(wanted - found <= back, `${back} back, ${wanted - found} more are read`);
  }
});

test.run();
