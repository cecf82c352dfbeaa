import { deepEqual, equal, fail } from 'node:assert/strict';
import { sourceEnd, targetEnd } from '../../src/offset-map/append.ts';
import type { Segment } from '../../src/offset-map/segment.ts';
import type { Span } from '../../src/offset-map/span.ts';
import { isCommitted, recordsOf, type SimulatedPartition, type StoredBatch } from './simulated-partition.ts';
import { isWholeCopy, timestampMsOf, type WrittenRecords } from './written-records.ts';

/** Records of the source and their copies at the target: so many offsets in a row on both sides. */
export interface Pair {
  readonly source: number;
  readonly target: number;
  length: number;
}

export interface Paired {
  readonly pairs: readonly Pair[];
  /** Source offset of the first record that has no copy, though it should have one in the end; null where there is none. */
  readonly missing: number | null;
}

/** Somebody else who writes transactions to the target; others have no producer id there. */
export const strangerProducerId = 555n;

export function isForeign({ producerId }: StoredBatch): boolean {
  return producerId === strangerProducerId || producerId < 0n;
}

/**
 * Walks what stands committed at the target, but for what strangers wrote, along what was written at the source, from an offset on. Fails where a record
 * at the target is not the next one of the source: lost, doubled, changed or in another place. One that the cleaner took
 * may be missing.
 */
export function pairUp(source: SimulatedPartition, target: SimulatedPartition, from: bigint, name: string): Paired {
  const wanted = wantedRecords(source, from);
  const pairs: Pair[] = [];
  for (const copy of target.batches) {
    if (!isCommitted(copy) || isForeign(copy)) continue;
    const base = Number(copy.base);
    const whole = wanted.wholeBatch();
    if (whole !== null && isWholeCopy(whole.bytes, copy.bytes)) {
      add(pairs, { source: Number(whole.base), target: base, length: recordsOf(whole).shape.bodies.length });
      wanted.skipBatch();
      continue;
    }
    const records = recordsOf(copy);
    for (let index = 0; index < records.shape.bodies.length; index += 1) {
      add(pairs, {
        source: wanted.take(records, index, `${name}, target offset ${base + index}`),
        target: base + index,
        length: 1,
      });
    }
  }
  return { pairs, missing: wanted.next() };
}

interface WantedRecords {
  /** The batch whose records are all still to come, as it was written. */
  wholeBatch(): StoredBatch | null;
  skipBatch(): void;
  /** The source offset of the next record, which is this one. */
  take(copy: WrittenRecords, index: number, where: string): number;
  /** The offset of the next one that the cleaner did not take. */
  next(): number | null;
}

function wantedRecords(source: SimulatedPartition, from: bigint): WantedRecords {
  let batchIndex = 0;
  let index = 0;
  settle();
  return {
    wholeBatch() {
      const batch = source.written[batchIndex];
      const isWhole = batch !== undefined && index === 0 && batch.gone === null && batch.base >= from;
      return isWhole && batch.kind !== 'marker' ? batch : null;
    },
    skipBatch,
    take(copy, copyIndex, where) {
      for (let batch = source.written[batchIndex]; batch !== undefined; batch = source.written[batchIndex]) {
        const isSame = sameRecord(recordsOf(batch), index, copy, copyIndex);
        const offset = offsetNow(batch);
        if (isSame || batch.gone?.has(index) !== true) {
          if (!isSame)
            fail(
              `${where} holds ${show(copy, copyIndex)} instead of ${show(recordsOf(batch), index)} (source offset ${offset})`,
            );
          step();
          return offset;
        }
        step();
      }
      return fail(`${where} holds ${show(copy, copyIndex)}, and nothing was left to come`);
    },
    next() {
      for (let batch = source.written[batchIndex]; batch !== undefined; batch = source.written[batchIndex]) {
        if (batch.gone?.has(index) !== true) return offsetNow(batch);
        step();
      }
      return null;
    },
  };

  function offsetNow(batch: StoredBatch): number {
    return Number(batch.base) + (recordsOf(batch).shape.offsetDeltas[index] ?? 0);
  }

  function step(): void {
    index += 1;
    settle();
  }

  function skipBatch(): void {
    batchIndex += 1;
    index = 0;
    settle();
  }

  /** Moves on to a record that readers of committed records see. */
  function settle(): void {
    for (let batch = source.written[batchIndex]; batch !== undefined; batch = source.written[batchIndex]) {
      if (isCommitted(batch) && batch.last >= from) {
        const { length } = recordsOf(batch).shape.bodies;
        while (index < length && offsetNow(batch) < from) index += 1;
        if (index < length) return;
      }
      batchIndex += 1;
      index = 0;
    }
  }
}

function sameRecord(a: WrittenRecords, aIndex: number, b: WrittenRecords, bIndex: number): boolean {
  const [aBody, bBody] = [a.shape.bodies[aIndex], b.shape.bodies[bIndex]];
  if (aBody === undefined || bBody === undefined) return false;
  return timestampMsOf(a, aIndex) === timestampMsOf(b, bIndex) && aBody.equals(bBody);
}

function show(records: WrittenRecords, index: number): string {
  const body = records.shape.bodies[index]
    ?.toString('latin1')
    .replaceAll(/[^\x20-\x7e]+/g, '.')
    .slice(0, 60);
  return `"${body}" of ${timestampMsOf(records, index)}`;
}

function add(pairs: Pair[], pair: Pair): void {
  const last = pairs.at(-1);
  if (last !== undefined && last.source + last.length === pair.source && last.target + last.length === pair.target) {
    last.length += pair.length;
  } else {
    pairs.push(pair);
  }
}

/** Fails unless each span has the ends of what truly stands in it, and as many records; gives that. */
export function segmentsIn(spans: readonly Span[], pairs: readonly Pair[], name: string): Segment[] {
  return spans.flatMap((span) => {
    const found = pairs.flatMap((pair) => within(pair, Number(span.source), Number(span.sourceEnd)));
    const { source, target } = found[0] ?? { source: -1n, target: -1n };
    const last = found.at(-1) ?? { source: -1n, target: -1n, length: 0n };
    const records = found.reduce((sum, one) => sum + one.length, 0n);
    const { epochs: _epochs, ...ends } = span;
    deepEqual(
      ends,
      { source, sourceEnd: sourceEnd(last), target, targetEnd: targetEnd(last), records },
      `${name}: a span`,
    );
    return found;
  });
}

/** What of a pair stands between two source offsets. */
function within({ source, target, length }: Pair, from: number, to: number): Segment[] {
  const start = Math.max(source, from);
  const end = Math.min(source + length, to);
  if (end <= start) return [];
  return [{ source: BigInt(start), target: BigInt(target + start - source), length: BigInt(end - start) }];
}

/** Fails unless the offset map says just this. */
export function expectMap(
  segments: readonly { readonly source: bigint; readonly target: bigint; readonly length: bigint }[],
  pairs: readonly Pair[],
  name: string,
): void {
  const merged: Pair[] = [];
  for (const { source, target, length } of segments) {
    add(merged, { source: Number(source), target: Number(target), length: Number(length) });
  }
  const differing = merged.findIndex((one, index) => !samePair(one, pairs[index]));
  if (differing >= 0) {
    fail(`${name}: the map says ${JSON.stringify(merged[differing])} instead of ${JSON.stringify(pairs[differing])}`);
  }
  equal(merged.length, pairs.length, `${name}: segments of the map`);
}

function samePair(a: Pair, b: Pair | undefined): boolean {
  return a.source === b?.source && a.target === b.target && a.length === b.length;
}
