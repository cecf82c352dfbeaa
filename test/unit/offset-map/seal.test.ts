import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { appendRun, sourceEnd, targetEnd } from '../../../src/offset-map/append.ts';
import { decodeSegments } from '../../../src/offset-map/codec.ts';
import {
  charactersOf,
  nothingSealed,
  piecesBelow,
  piecesToThin,
  positionSegmentsMax,
  type SealedMap,
  sealOlder,
  thinned,
  withoutOldest,
  withSpans,
} from '../../../src/offset-map/seal.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import { type TranslationInput, translate, translateBack } from '../../../src/offset-map/translate.ts';

/** A map as it is stored: what was written under each key, and what the engine knows of it. */
interface Stored {
  readonly texts: Map<string, { readonly text: string; readonly next: bigint }>;
  sealed: SealedMap;
  open: Segment[];
}

const keyOf = (first: bigint) => `segments/${first}`;
const segmentsMax = 100;

/** Position after position, each with some more segments; what is sealed is found again as a reader would. */
function grow(stored: Stored, added: readonly Segment[]): void {
  for (const one of added) appendRun(stored.open, one);
  const { open, written, sealed } = sealOlder(stored.sealed, stored.open, keyOf, segmentsMax);
  for (const { key, next, text } of written) stored.texts.set(key, { text, next });
  stored.sealed = sealed;
  stored.open = [...open];
}

function drop(stored: Stored, count: number): void {
  for (const { key } of stored.sealed.pieces.slice(0, count)) stored.texts.delete(key);
  stored.sealed = withoutOldest(stored.sealed, count);
}

/** All of the map, from the texts alone. */
function segmentsOf({ texts, open }: Stored): Segment[] {
  const pieces = [...texts].sort(([a], [b]) => Number(a.split('/')[1]) - Number(b.split('/')[1]));
  return [
    ...pieces.flatMap(([, { text }]) => {
      const decoded = decodeSegments(text);
      if ('problem' in decoded) throw new Error(decoded.problem);
      return decoded.segments;
    }),
    ...open,
  ];
}

/** Lists of segments that come between one position and the next. */
const rounds = fc.array(
  fc.array(fc.tuple(fc.bigInt(1n, 3n), fc.bigInt(0n, 3n), fc.bigInt(1n, 5n)), { maxLength: 150, size: 'max' }),
  { maxLength: 12, size: 'max' },
);

function placed(rounds: readonly (readonly (readonly [bigint, bigint, bigint])[])[]): Segment[][] {
  let source = 0n;
  let target = 0n;
  return rounds.map((round) =>
    round.map(([sourceGap, targetGap, length]) => {
      const segment = { source: source + sourceGap, target: target + targetGap, length };
      source = sourceEnd(segment);
      target = targetEnd(segment);
      return segment;
    }),
  );
}

test('pieces and open segments are the whole map at every position, and what is known of the pieces is true', () => {
  let sealedOften = 0;
  fc.assert(
    fc.property(rounds.map(placed), (all) => {
      const stored: Stored = { texts: new Map(), sealed: nothingSealed, open: [] };
      const wanted: Segment[] = [];
      for (const added of all) {
        wanted.push(...added);
        grow(stored, added);
        assert.equal(segmentsOf(stored), wanted);
        assert.ok(stored.open.length <= positionSegmentsMax);
        const { pieces } = stored.sealed;
        assert.equal(new Set(pieces.map((one) => one.key)), new Set(stored.texts.keys()));
        for (const [index, piece] of pieces.entries()) {
          const written = stored.texts.get(piece.key);
          assert.is(written?.text.length, piece.characters);
          assert.is(written?.next, pieces[index + 1]?.source ?? stored.open[0]?.source);
          const decoded = decodeSegments(written?.text ?? '');
          const segments = 'segments' in decoded ? decoded.segments : [];
          assert.equal([segments[0]?.source, segments[0]?.target], [piece.source, piece.target]);
          if (index < pieces.length - 1) assert.is(segments.length, segmentsMax);
        }
        sealedOften += pieces.length;
      }
    }),
  );
  assert.ok(sealedOften > 100);
});

test('what is dropped changes no answer for an offset that a log still holds, and below it nothing is told', () => {
  let droppedOften = 0;
  const percent = fc.integer({ min: 0, max: 100 });
  fc.assert(
    fc.property(rounds.map(placed), percent, percent, (all, sourcePercent, targetPercent) => {
      const stored: Stored = { texts: new Map(), sealed: nothingSealed, open: [] };
      for (const added of all) grow(stored, added);
      const whole = segmentsOf(stored);
      const last = whole.at(-1) ?? { source: 0n, target: 0n, length: 0n };
      const ends = { source: sourceEnd(last), target: targetEnd(last) };
      const starts = {
        source: (ends.source * BigInt(sourcePercent)) / 100n,
        target: (ends.target * BigInt(targetPercent)) / 100n,
      };
      const input = (segments: readonly Segment[], from: typeof starts, trimmed: boolean): TranslationInput => ({
        segments,
        trimmed,
        startSource: 0n,
        nextSource: ends.source,
        nextTarget: ends.target,
        source: { start: from.source, end: ends.source },
        target: { start: from.target, end: ends.target },
      });
      const count = piecesBelow(stored.sealed, starts);
      drop(stored, count);
      droppedOften += count;
      const { trimmed } = stored.sealed;
      assert.is(trimmed, count > 0);
      const before = input(whole, starts, false);
      const after = input(segmentsOf(stored), starts, trimmed);
      for (let offset = starts.source; offset <= ends.source; offset += 1n) {
        assert.equal(translate(after, offset), translate(before, offset));
      }
      for (let offset = starts.target; offset <= ends.target; offset += 1n) {
        assert.equal(translateBack(after, offset), translateBack(before, offset));
      }
      const [first] = after.segments;
      if (!trimmed || first === undefined) return;
      const lower = input(after.segments, { source: 0n, target: 0n }, trimmed);
      assert.equal(translate(lower, first.source - 1n), { result: 'unknown', why: 'before-start' });
      assert.equal(translateBack(lower, first.target - 1n), { result: 'unknown' });
    }),
    { numRuns: 400 },
  );
  assert.ok(droppedOften > 50);
});

test('a map that was dropped up to its newest piece goes on growing', () => {
  const stored: Stored = { texts: new Map(), sealed: nothingSealed, open: [] };
  const segments = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => ({
      source: BigInt((from + n) * 3),
      target: BigInt((from + n) * 2),
      length: 1n,
    }));
  grow(stored, segments(0, 350));
  assert.is(stored.sealed.pieces.length, 4);
  drop(stored, piecesBelow(stored.sealed, { source: 10_000n, target: 10_000n }));
  assert.is(stored.sealed.pieces.length, 1);
  grow(stored, segments(350, 100));
  assert.equal(segmentsOf(stored), segments(300, 150));
});

const above = { source: 0n, target: 0n };

function sealedMap(count: number): { stored: Stored; segments: Segment[] } {
  const stored: Stored = { texts: new Map(), sealed: nothingSealed, open: [] };
  const segments = Array.from({ length: count }, (_, n) => ({
    source: BigInt(n * 3),
    target: BigInt(n * 2),
    length: 1n,
  }));
  grow(stored, segments);
  return { stored, segments };
}

test('the oldest pieces in a row become a span, never the newest one', () => {
  const { stored, segments } = sealedMap(550);
  const { sealed } = stored;
  const none = new Set<string>();
  const group = piecesToThin(sealed, above, { from: 0, countMax: 3, unfit: none });
  assert.equal(group, { at: 0, count: 3, isBelow: false });
  const keys = sealed.pieces.slice(0, 3).map((one) => one.key);
  const parts = keys.map((key, index) => ({ key, segments: segments.slice(index * 100, index * 100 + 100) }));
  const span = thinned(parts, 900n);
  assert.equal(span.span, { source: 0n, sourceEnd: 898n, target: 0n, targetEnd: 599n, records: 300n });
  const after = withSpans(sealed, [span]);
  assert.equal(
    after.pieces.map((one) => one.isSpan),
    [true, false, false, false],
  );
  assert.ok(charactersOf(after) < charactersOf(sealed));
  assert.equal(piecesToThin(after, above, { from: 0, countMax: 3, unfit: none }), { at: 1, count: 2, isBelow: false });
  const unfit = new Set(after.pieces.slice(1, 2).map((one) => one.key));
  assert.equal(piecesToThin(after, above, { from: 0, countMax: 3, unfit }), { at: 2, count: 1, isBelow: false });
  assert.is(piecesToThin(after, above, { from: 3, countMax: 3, unfit: none }), null);
  assert.throws(() => withSpans(after, [span]), /do not stand in a row/);
});

test('pieces that a log start stands in wait; those below one log alone need no proof', () => {
  const { sealed } = sealedMap(550).stored;
  const starts = { source: 450n, target: 0n };
  const options = { countMax: 9, unfit: new Set<string>() };
  assert.equal(piecesToThin(sealed, starts, { from: 0, ...options }), { at: 0, count: 1, isBelow: true });
  assert.equal(piecesToThin(sealed, starts, { from: 1, ...options }), { at: 2, count: 3, isBelow: false });
});

test.run();
