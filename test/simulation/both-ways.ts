import { ok } from 'node:assert/strict';
import { atLeast, atMost } from '../../src/offset-map/bounds.ts';
import { type TranslationInput, translate, translateBack } from '../../src/offset-map/translate.ts';
import { committedRecords, type SimulatedPartition } from './simulated-partition.ts';

/** A record that readers of committed records see in both logs. */
interface Seen {
  readonly source: bigint;
  readonly target: bigint;
}

/** How many offsets were told, in both directions, and of how many it was said that they are not known. */
export interface Told {
  exact: number;
  unknown: number;
}

/**
 * Asks for every offset of both logs, both ways, and looks at nothing but what stands in the logs: whoever goes on at the
 * answer reads every record that comes next to him, and none again. What either log does not hold any more, or not yet, is
 * no matter, but that records which are not mirrored yet must not be skipped on the way back.
 */
export function expectToldBothWays(
  input: TranslationInput,
  source: SimulatedPartition,
  target: SimulatedPartition,
  name: string,
): Told {
  const told: Told = { exact: 0, unknown: 0 };
  const seen = seenInBoth(source, target);
  const waiting = notMirrored(input, source);
  const count = (isTold: boolean) => {
    if (isTold) told.exact += 1;
    else told.unknown += 1;
  };
  walk(seen, 'source', 'target', input.source.start, input.nextSource, (offset, after, before) => {
    const answer = translate(input, offset);
    count(answer.result === 'translated');
    if (answer.result !== 'translated') return;
    const next = atMost(before, input.target.end);
    const isExact = answer.target <= next && (answer.target > after || answer.target <= target.start);
    ok(isExact, `${name}: ${offset} -> ${answer.target}, which is not above ${after} and up to ${next}`);
  });
  walk(seen, 'target', 'source', input.target.start, input.target.end, (offset, after, before) => {
    const answer = translateBack(input, offset);
    count(answer.result === 'translated');
    if (answer.result !== 'translated') return;
    const next = atMost(before, waiting);
    const isExact = answer.source <= next && (answer.source > after || answer.source <= source.start);
    ok(isExact, `${name}: ${offset} back -> ${answer.source}, which is not above ${after} and up to ${next}`);
  });
  return told;
}

/** With the last record below each offset and the first one at or above it, as they stand on the other side. */
function walk(
  seen: readonly Seen[],
  from: keyof Seen,
  to: keyof Seen,
  start: bigint,
  end: bigint,
  visit: (offset: bigint, after: bigint, before: bigint) => void,
): void {
  const ordered = seen.toSorted((a, b) => (a[from] < b[from] ? -1 : 1));
  const least: bigint[] = [];
  let low = offsetMax;
  for (const one of ordered.toReversed()) {
    low = atMost(one[to], low);
    least.push(low);
  }
  least.reverse();
  let index = 0;
  let most = -1n;
  for (let offset = start; offset <= end; offset += 1n) {
    for (let one = ordered[index]; one !== undefined && one[from] < offset; one = ordered[index]) {
      most = atLeast(one[to], most);
      index += 1;
    }
    visit(offset, most, least[index] ?? offsetMax);
  }
}

const offsetMax = 2n ** 63n - 1n;

function seenInBoth(source: SimulatedPartition, target: SimulatedPartition): Seen[] {
  const copies = new Map(committedRecords(target).map((one) => [contentOf(one), one.offset]));
  return committedRecords(source).flatMap((one) => {
    const copy = copies.get(contentOf(one));
    return copy === undefined ? [] : [{ source: one.offset, target: copy }];
  });
}

/** Each batch of the simulation has a time of its own. */
function contentOf({ timestamp, key, value }: ReturnType<typeof committedRecords>[number]): string {
  return `${timestamp} ${key?.toString('latin1')} ${value?.toString('latin1')}`;
}

function notMirrored({ nextSource }: TranslationInput, source: SimulatedPartition): bigint {
  return committedRecords(source).find((one) => one.offset >= nextSource)?.offset ?? offsetMax;
}
