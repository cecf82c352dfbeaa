import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { appendRun } from '../../../src/offset-map/append.ts';
import { decodeSegments, encodeSegments, firstOfText } from '../../../src/offset-map/codec.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';

/** Runs in order, some of them going on without a gap. */
const runs = fc
  .array(fc.tuple(fc.bigInt(0n, 3n), fc.bigInt(0n, 3n), fc.bigInt(1n, 5000n)), { maxLength: 50 })
  .chain((gaps) => fc.tuple(fc.bigInt(0n, 2n ** 61n), fc.bigInt(0n, 2n ** 61n), fc.constant(gaps)))
  .map(([sourceStart, targetStart, gaps]) => {
    let source = sourceStart;
    let target = targetStart;
    return gaps.map(([sourceGap, targetGap, length]): Segment => {
      const run = { source: source + sourceGap, target: target + targetGap, length };
      source = run.source + length;
      target = run.target + length;
      return run;
    });
  });

function mapOf(list: readonly Segment[]): Segment[] {
  const segments: Segment[] = [];
  for (const run of list) appendRun(segments, run);
  return segments;
}

function pairs(list: readonly Segment[]): string[] {
  return list.flatMap((one) => [
    `${one.source}>${one.target}`,
    `${one.source + one.length}>${one.target + one.length}`,
  ]);
}

test('a run that goes on without a gap on both sides joins the last segment', () => {
  const segments = mapOf([
    { source: 100n, target: 90n, length: 2n },
    { source: 102n, target: 92n, length: 1n },
    { source: 104n, target: 94n, length: 2n },
    { source: 106n, target: 97n, length: 1n },
    { source: 108n, target: 98n, length: 0n },
  ]);
  assert.equal(segments, [
    { source: 100n, target: 90n, length: 3n },
    { source: 104n, target: 94n, length: 2n },
    { source: 106n, target: 97n, length: 1n },
  ]);
});

test('a run that would not stand behind the map is a broken invariant', () => {
  const segments: Segment[] = [{ source: 100n, target: 90n, length: 3n }];
  assert.throws(() => appendRun(segments, { source: 102n, target: 95n, length: 1n }), /does not stand behind/);
  assert.throws(() => appendRun(segments, { source: 110n, target: 92n, length: 1n }), /does not stand behind/);
  assert.throws(() => appendRun(segments, { source: 110n, target: 99n, length: -1n }), /A run of -1/);
});

test('joined segments hold the same pairs as the runs, and no two of them touch', () => {
  fc.assert(
    fc.property(runs, (list) => {
      const segments = mapOf(list);
      const sum = (all: readonly Segment[]) => all.reduce((total, one) => total + one.length, 0n);
      assert.is(sum(segments), sum(list));
      const touching = segments.filter((one, index) => {
        const next = segments[index + 1];
        return next !== undefined && next.source === one.source + one.length && next.target === one.target + one.length;
      });
      assert.equal(touching, []);
      const known = new Set(pairs(list));
      assert.ok(pairs(segments).every((pair) => known.has(pair)));
    }),
  );
});

test('a map written and read again is the same, and its text the only one for it', () => {
  fc.assert(
    fc.property(runs, (list) => {
      const text = encodeSegments(list);
      const decoded = decodeSegments(text);
      assert.equal(decoded, { segments: mapOf(list) });
      assert.ok(list.length === 0 || text.length <= 26 + list.length * 8, `${text.length} for ${list.length}`);
    }),
  );
});

test('the spelling is fixed: stored positions are read by later versions', () => {
  const segments = [
    { source: 100n, target: 90n, length: 3n },
    { source: 104n, target: 94n, length: 1000n },
  ];
  assert.is(encodeSegments(segments), 'kD6CDBBof');
});

test('what none of ours wrote is a problem and never a map', () => {
  const problems = [
    'k',
    'kD6C',
    'kD6C=',
    'kD6CA',
    'kA6CD',
    'kD6CDAAB',
    `${'/'.repeat(3)}`,
    '________________',
    '_____________P_____________PB',
  ];
  for (const text of problems) assert.ok('problem' in decodeSegments(text), text);
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      const decoded = decodeSegments(text);
      assert.ok('problem' in decoded || encodeSegments(decoded.segments) === text);
    }),
  );
});

test('a text goes on where the one before it ended', () => {
  fc.assert(
    fc.property(runs, fc.nat(), (list, at) => {
      const segments = mapOf(list);
      const older = segments.slice(0, at % (segments.length + 1));
      const newer = segments.slice(older.length);
      assert.is(encodeSegments(older) + encodeSegments(newer, older.at(-1)), encodeSegments(segments));
      const first = segments[0];
      const begin = first === undefined ? null : { source: first.source, target: first.target };
      assert.equal(firstOfText(encodeSegments(segments)), begin);
    }),
  );
  const one = { source: 100n, target: 90n, length: 3n };
  assert.throws(() => encodeSegments([{ source: 103n, target: 93n, length: 1n }], one), /does not end where it did/);
});

test.run();
