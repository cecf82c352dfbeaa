import { equal } from 'node:assert/strict';
import { atLeast } from '../../src/offset-map/bounds.ts';
import { type TranslationInput, translate, translateBack } from '../../src/offset-map/translate.ts';
import type { Pair } from './pairs.ts';
import { isCommitted, lastStable, type SimulatedPartition } from './simulated-partition.ts';
import type { PositionNow } from './stored-positions.ts';

/**
 * Fails unless every source offset up to the position leads to the copy of the next record, and every target offset back.
 * The pairs are what stands in both logs: the map has no part in them. A stranger's records end the target for them.
 */
export function expectTranslations(
  { record, segments }: PositionNow,
  pairs: readonly Pair[],
  source: SimulatedPartition,
  target: SimulatedPartition,
  name: string,
): void {
  const { startSource, nextSource, nextTarget } = record;
  const above = target.batches.find((one) => one.last >= nextTarget && one.kind !== 'marker' && isCommitted(one));
  const end = above?.base ?? target.end;
  const input: TranslationInput = {
    segments,
    startSource,
    nextSource,
    nextTarget,
    source: { start: source.start, end: lastStable(source) },
    target: { start: target.start, end },
  };
  const first = atLeast(startSource, source.start);
  const forth = copyAtOrAbove(pairs, 'source', 'target', Number(end));
  for (let offset = first; offset <= nextSource; offset += 1n) {
    const found = translate(input, offset);
    const reached = found.result === 'translated' ? found.target : -1n;
    if (Number(reached) !== forth(Number(offset)))
      equal(found.result + reached, forth(Number(offset)), `${name}: ${offset}`);
  }
  const back = copyAtOrAbove(pairs, 'target', 'source', Number(nextSource));
  for (let offset = target.start; offset <= end; offset += 1n) {
    const found = translateBack(input, offset);
    const wanted = Math.max(back(Number(offset)), Number(source.start));
    const reached = found.result === 'translated' ? found.source : -1n;
    if (Number(reached) !== wanted) equal(found.result + reached, wanted, `${name}: back from ${offset}`);
  }
}

/** For offsets in ascending order: where the copy of the next record stands, or `end` where there is none. */
function copyAtOrAbove(pairs: readonly Pair[], from: 'source' | 'target', to: 'source' | 'target', end: number) {
  let index = 0;
  return (offset: number): number => {
    for (let pair = pairs[index]; pair !== undefined; pair = pairs[index]) {
      if (offset < pair[from] + pair.length) return pair[to] + Math.max(0, offset - pair[from]);
      index += 1;
    }
    return end;
  };
}
