import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { comparedRange } from '../../../runner/verify/compared-range.ts';
import { leftOut, type Scope, stretchesOf } from '../../../runner/verify/scope.ts';

const lead = 50n;
const ranges = fc
  .record({ start: fc.bigInt(0n, 100_000n), length: fc.bigInt(0n, 3_000_000n) })
  .map(({ start, length }) => ({
    source: { start, end: start + length },
    target: { start: start + lead, end: start + length + lead },
  }));
const place = {
  name: 'orders-0',
  input: { segments: [{ source: 0n, target: lead, length: 10_000_000n }] },
  since: 0n,
};
const scopes: fc.Arbitrary<Scope> = fc.oneof(
  fc.constant<Scope>({ kind: 'all' }),
  fc.record({
    kind: fc.constant('sample' as const),
    share: fc.double({ min: 0.001, max: 1, noNaN: true }),
    seed: fc.nat(),
  }),
  fc.record({ kind: fc.constant('tail' as const), offsets: fc.bigInt(1n, 200_000n) }),
  fc.record({ kind: fc.constant('since' as const), timestampMs: fc.bigInt(0n, 10n) }),
);

test('stretches follow each other within the range on both sides, and what is left out is all the rest', () => {
  fc.assert(
    fc.property(ranges, scopes, fc.bigInt(0n, 4_000_000n), (range, scope, since) => {
      const stretches = stretchesOf(scope, range, { ...place, since });
      let at = range.source.start;
      let compared = 0n;
      for (const { source, target } of stretches) {
        assert.ok(source.start >= at && source.end >= source.start && source.end <= range.source.end);
        assert.is(target.start, source.start + lead);
        assert.is(target.end, source.end + lead);
        at = source.end;
        compared += source.end - source.start;
      }
      const left = leftOut(range, stretches).reduce((sum, one) => sum + one.end - one.start, 0n);
      assert.is(left + compared, range.source.end - range.source.start);
    }),
  );
});

test('a sample is as large as was asked for, the same again with its seed, another with another', () => {
  const range = { source: { start: 0n, end: 1_000_000n }, target: { start: lead, end: 1_000_000n + lead } };
  const sampled = (seed: number, name = 'orders-0') =>
    stretchesOf({ kind: 'sample', share: 0.05, seed }, range, { ...place, name });
  const offsets = sampled(1).reduce((sum, { source }) => sum + source.end - source.start, 0n);
  assert.is(offsets, 50_000n);
  assert.equal(sampled(1), sampled(1));
  assert.not.equal(sampled(1), sampled(2));
  assert.not.equal(sampled(1), sampled(1, 'orders-1'));
});

test('what the map has dropped is not compared, whatever the logs show again', () => {
  const input = {
    segments: [{ source: 40n, target: 90n, length: 60n }],
    startSource: 0n,
    nextSource: 100n,
    nextTarget: 150n,
    source: { start: 10n, end: 100n },
    target: { start: 0n, end: 150n },
  };
  const all = { source: { start: 10n, end: 100n }, target: { start: 90n, end: 150n } };
  assert.equal(comparedRange(input), all);
  assert.equal(comparedRange({ ...input, trimmed: true }), { ...all, source: { start: 40n, end: 100n } });
  const none = { source: { start: 100n, end: 100n }, target: { start: 150n, end: 150n } };
  assert.equal(comparedRange({ ...input, segments: [], trimmed: true }), none);
});

test.run();
