import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sourceEnd } from '../../../src/offset-map/append.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import { addRun, countOf, pairFromEnd, type Run, recordAt, type Span, spanOf } from '../../../src/offset-map/span.ts';
import { translate, translateBack } from '../../../src/offset-map/translate.ts';
import { mirroredLogs, type Slot } from './mirrored-log.ts';

/** The data records of a part of a log, as a scan finds them: the slots are what stands there, not what the map says. */
function runsIn(log: readonly Slot[], from: bigint, to: bigint): Run[] {
  const runs: Run[] = [];
  for (let offset = from; offset < to; offset += 1n) {
    if (log[Number(offset)] !== 'nothing') addRun(runs, { offset, length: 1n });
  }
  return runs;
}

/** Cuts a map where the numbers say, and makes spans of every second part. */
function thinnedBy(segments: readonly Segment[], cuts: readonly number[]): { segments: Segment[]; spans: Span[] } {
  const kept: Segment[] = [];
  const spans: Span[] = [];
  let at = 0;
  for (const [index, length] of cuts.entries()) {
    const part = segments.slice(at, at + length);
    at += length;
    if (part.length === 0) continue;
    if (index % 2 === 0) spans.push(spanOf(part));
    else kept.push(...part);
  }
  return { segments: [...kept, ...segments.slice(at)], spans };
}

const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8, size: 'max' });

test('the records of both logs between the ends of a span, paired in order, are the segments that were there', () => {
  let spansSeen = 0;
  fc.assert(
    fc.property(mirroredLogs, cuts, ({ input, source, target }, lengths) => {
      const { segments, spans } = thinnedBy(input.segments, lengths);
      const found = spans.flatMap((span) => {
        spansSeen += 1;
        const inSource = runsIn(source, span.source, span.sourceEnd);
        assert.is(countOf(inSource), span.records);
        return pairFromEnd(inSource, runsIn(target, span.target, span.targetEnd));
      });
      const all = [...segments, ...found].sort((a, b) => (a.source < b.source ? -1 : 1));
      assert.equal(all, input.segments);
    }),
    { numRuns: 1000 },
  );
  assert.ok(spansSeen > 100);
});

test('where one log lost the beginning of a span, the rest is paired as before', () => {
  fc.assert(
    fc.property(mirroredLogs, fc.nat(20), fc.nat(20), ({ input, source, target }, sourceGone, targetGone) => {
      if (input.segments.length === 0) return;
      const span = spanOf(input.segments);
      const pairs = pairFromEnd(
        runsIn(source, span.source + BigInt(sourceGone), span.sourceEnd),
        runsIn(target, span.target + BigInt(targetGone), span.targetEnd),
      );
      const wanted = input.segments.flatMap(({ source: from, target: to, length }) => {
        const gone = [span.source + BigInt(sourceGone) - from, span.target + BigInt(targetGone) - to, 0n];
        const by = gone.reduce((most, one) => (one > most ? one : most));
        return by >= length ? [] : [{ source: from + by, target: to + by, length: length - by }];
      });
      assert.equal(pairs, wanted);
    }),
  );
});

test('in a span nothing is told; its ends, and all that stands outside of it, are exact as before', () => {
  let [known, unknown] = [0, 0];
  fc.assert(
    fc.property(mirroredLogs, cuts, ({ input }, lengths) => {
      const thinned = { ...input, ...thinnedBy(input.segments, lengths) };
      for (let offset = input.source.start; offset <= input.source.end; offset += 1n) {
        const inSpan = thinned.spans.some((one) => offset > one.source && offset < one.sourceEnd);
        const isBelow = offset < input.startSource;
        const wanted = inSpan && !isBelow ? { result: 'unknown', why: 'in-span' } : translate(input, offset);
        assert.equal(translate(thinned, offset), wanted, `${offset}`);
        if (inSpan) unknown += 1;
        else known += 1;
      }
      for (let offset = input.target.start; offset <= input.target.end; offset += 1n) {
        const inSpan = thinned.spans.some((one) => offset > one.target && offset < one.targetEnd);
        const wanted = inSpan ? { result: 'unknown' } : translateBack(input, offset);
        assert.equal(translateBack(thinned, offset), wanted, `back from ${offset}`);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(known > 1000 && unknown > 100, `${known} ${unknown}`);
});

test('a record is found by its number', () => {
  fc.assert(
    fc.property(mirroredLogs, ({ input, source }) => {
      const runs = runsIn(source, 0n, BigInt(source.length));
      const offsets = source.flatMap((slot, offset) => (slot === 'nothing' ? [] : [BigInt(offset)]));
      for (const [number, offset] of offsets.entries()) assert.is(recordAt(runs, BigInt(number)), offset);
      assert.is(recordAt(runs, BigInt(offsets.length)), undefined);
      assert.ok(input.segments.every((one) => sourceEnd(one) <= input.nextSource));
    }),
  );
});

test.run();
