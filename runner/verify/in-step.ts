import { confirmRecords } from './limits.ts';

/** Anything that equals another by its id. */
interface Known {
  readonly id: string;
}

/** How many of the first records of each side make up a difference: behind them both go on alike. */
export interface Region {
  readonly source: number;
  readonly target: number;
}

/**
 * The smallest region at the head of both lists behind which they go on alike for `confirmRecords`, or to the end of both
 * where they are `whole`. Without one: as many of each as the shorter one has, or all.
 */
export function findRegion(source: readonly Known[], target: readonly Known[], whole: boolean): Region {
  const close = closest(nearPairs(source, target), (one) => isInStep(source, target, one, whole));
  if (close !== undefined) return close;
  const found = closest(allPairs(source, target), (one) => isInStep(source, target, one, whole));
  if (found !== undefined) return found;
  if (whole) return { source: source.length, target: target.length };
  const both = Math.min(source.length, target.length);
  return { source: both, target: both };
}

/** Sums of both counts that are tried first, one by one: single records lost, doubled, changed, swapped. */
const nearMax = 4;

function* nearPairs(source: readonly Known[], target: readonly Known[]): Generator<Region> {
  for (let sum = 1; sum <= nearMax; sum += 1) {
    for (let left = sum; left >= 0; left -= 1) {
      const region = { source: left, target: sum - left };
      if (region.source <= source.length && region.target <= target.length) yield region;
    }
  }
}

/** For each source record the first target record that equals it. */
function* allPairs(source: readonly Known[], target: readonly Known[]): Generator<Region> {
  const first = new Map<string, number>();
  for (const [index, { id }] of target.entries()) if (!first.has(id)) first.set(id, index);
  for (const [index, { id }] of source.entries()) {
    const at = first.get(id);
    if (at !== undefined) yield { source: index, target: at };
  }
}

function closest(regions: Iterable<Region>, isGood: (region: Region) => boolean): Region | undefined {
  let best: Region | undefined;
  for (const one of regions) {
    const isCloser = best === undefined || one.source + one.target < best.source + best.target;
    if (isCloser && one.source + one.target > 0 && isGood(one)) best = one;
  }
  return best;
}

function isInStep(source: readonly Known[], target: readonly Known[], region: Region, whole: boolean): boolean {
  for (let index = 0; index < confirmRecords; index += 1) {
    const left = source[region.source + index];
    const right = target[region.target + index];
    if (left === undefined && right === undefined) return whole || index > 0;
    if (left === undefined || right === undefined) return !whole && index > 0;
    if (left.id !== right.id) return false;
  }
  return true;
}
