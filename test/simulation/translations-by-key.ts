import { deepEqual, ok } from 'node:assert/strict';
import { atLeast } from '../../src/offset-map/bounds.ts';
import { type ByKeyInput, translateByKey, translateOneByKey } from '../../src/offset-map/translate-by-key.ts';
import type { Checkpoint } from '../../src/state/by-key-codec.ts';
import type { Traced } from './compare-by-key.ts';
import type { MirrorWorld } from './mirror-world.ts';
import { createRandom } from './random.ts';
import { highWatermark, lastStable } from './simulated-partition.ts';

const placesPerWorld = 10;

/**
 * Fails unless consumers that stand anywhere at the source go on at the target without a record skipped, and with no more read
 * again than is said; those that have read all exactly at the end.
 */
export function expectTranslationsByKey(
  world: MirrorWorld,
  records: readonly Traced[],
  checkpoints: readonly Checkpoint[],
  ends: ReadonlyMap<number, bigint>,
): void {
  const input = inputOf(world, checkpoints, ends);
  const random = createRandom(records.length);
  const atEnd = new Map(input.sources.map(({ end }, source) => [source, end]));
  expectCaughtUp(input);
  for (let i = 0; i < placesPerWorld; i += 1) {
    const offsets = new Map<number, bigint>();
    for (const [source, { startSource, start, end }] of input.sources.entries()) {
      const from = Number(atLeast(startSource, start));
      const offset = BigInt(random.between(from, Math.max(from, Number(end))));
      offsets.set(source, random.chance(0.3) ? (atEnd.get(source) ?? offset) : offset);
    }
    expectPlace(translateByKey(input, offsets), records, offsets);
    const one = random.between(0, input.sources.length - 1);
    const offset = offsets.get(one) ?? 0n;
    const own = records.filter(({ source }) => source === one);
    expectPlace(translateOneByKey(input, one, offset), own, new Map([[one, offset]]));
  }
}

/**
 * Right behind the last record that was mirrored, or where the log begins by now. Below that stands nobody: whether markers
 * or lost records stood in what the source deleted, positions do not tell.
 */
function expectCaughtUp(input: ByKeyInput): void {
  const behindLast = input.cuts.at(-1)?.sources.map((one) => one?.recordsEnd ?? 0n) ?? [];
  const starts = input.sources.map(({ start }) => start);
  const above = behindLast.map((offset, source) => atLeast(offset, starts[source] ?? 0n));
  const targets = input.targets.map(({ end }) => end);
  const caughtUp = { result: 'translated', targets, rereadRecords: 0n };
  deepEqual(translateByKey(input, new Map(above.entries())), caughtUp);
  const below = [...behindLast.entries()].filter(([source, offset]) => offset < (starts[source] ?? 0n));
  if (below.length === 0) return;
  const placeless = below.map(([partition, offset]) => ({ partition, offset, result: { result: 'below-start' } }));
  deepEqual(translateByKey(input, new Map(behindLast.entries())), { result: 'none', placeless });
}

function inputOf(
  world: MirrorWorld,
  checkpoints: readonly Checkpoint[],
  ends: ReadonlyMap<number, bigint>,
): ByKeyInput {
  const positions = new Map(world.positions().map(({ record }) => [record.source.partition, record]));
  const partitions = Array.from({ length: world.partitions }, (_, partition) => partition);
  const targets = Array.from({ length: world.targetPartitions }, (_, partition) => partition);
  const now = {
    sources: partitions.map((partition) => {
      const record = positions.get(partition);
      return record === undefined ? null : { recordsEnd: record.byKey?.recordsEnd ?? 0n, next: record.nextSource };
    }),
    targets: targets.map((partition) => ends.get(partition) ?? 0n),
  };
  return {
    cuts: [...checkpoints.toSorted((a, b) => (a.number < b.number ? -1 : 1)), now],
    sources: partitions.map((partition) => ({
      start: world.sourceLog(partition).start,
      end: highWatermark(world.sourceLog(partition)),
      startSource: positions.get(partition)?.startSource ?? world.sourceLog(partition).start,
    })),
    targets: targets.map((partition) => ({
      start: world.targetLog(partition).start,
      end: lastStable(world.targetLog(partition)),
    })),
  };
}

function expectPlace(
  answer: ReturnType<typeof translateByKey>,
  records: readonly Traced[],
  offsets: ReadonlyMap<number, bigint>,
): void {
  const where = JSON.stringify([...offsets].map(([source, offset]) => `${source}@${offset}`));
  if (answer.result === 'none')
    throw new Error(`${where} has no place: ${JSON.stringify(answer.placeless[0]?.result)}`);
  let reread = 0n;
  for (const { source, offset, target, arrivedAt } of records) {
    if (arrivedAt === null) continue;
    const isRead = offset < (offsets.get(source) ?? 0n);
    const isSkipped = arrivedAt < (answer.targets[target] ?? 0n);
    ok(isRead || !isSkipped, `${where}: ${source}@${offset} is skipped at ${target}@${arrivedAt}`);
    if (isRead && !isSkipped) reread += 1n;
  }
  ok(reread <= answer.rereadRecords, `${where}: ${reread} are read again, ${answer.rereadRecords} were said`);
}
