import { equal, ok } from 'node:assert/strict';
import type { MirrorOptions } from '../../runner/engines/native/options.ts';
import { readPositions } from '../../runner/engines/native/positions.ts';
import { fillPartition } from '../../runner/groups/fill-spans.ts';
import type { MirroredPartition } from '../../runner/groups/mirrored-partition.ts';
import { readMirroredPartitions } from '../../runner/groups/read-mirrored-partitions.ts';
import { verifyFlow } from '../../runner/verify/verify-flow.ts';
import type { Flow } from '../../src/migration/migration.ts';
import { type TranslationInput, translate } from '../../src/offset-map/translate.ts';
import { createProcess, noFaults } from './client.ts';
import { expectMirrored } from './compare.ts';
import { createMirrorWorld, finishTransactions, type MirrorWorld, positionsTopic, writeSome } from './mirror-world.ts';
import { type Pair, pairUp } from './pairs.ts';
import { mixedHabits } from './source-writer.ts';

/** A topic that was never compacted: transactions, some of them aborted, in batches of all sizes. */
export const habits = {
  ...mixedHabits,
  kinds: { ...mixedHabits.kinds, gaps: 0, emptied: 0 },
  transactional: 0.6,
  jumps: 0,
};
export const mapLimits = {
  ...{ pieceSegmentsMax: 20, charactersMax: 0, spanPiecesMax: 3, upkeepIntervalMs: 200 },
  thinningBytesPerSecondMax: Number.POSITIVE_INFINITY,
};
const spansWanted = 4;
export const roundsMax = 60;

/** A world whose map has spans, after kills in the middle of what the mirror did. */
export async function thinnedWorld(seed: number, delivery: MirrorOptions['delivery']): Promise<MirrorWorld> {
  const world = createMirrorWorld(seed, { partitions: 1, delivery, habits });
  const { clock, random } = world;
  for (let round = 0; round < roundsMax && spansOf(world).length < spansWanted; round += 1) {
    writeSome(world, 120);
    const { process, outcome } = world.start({ options: { mapLimits } });
    await clock.run(Promise.race([outcome, clock.sleep(random.between(1, 2_000))]));
    process.kill();
    await clock.run(clock.sleep(2_000));
  }
  ok(spansOf(world).length >= spansWanted, `${spansOf(world).length} spans`);
  finishTransactions(world);
  equal((await world.mirror({ options: { mapLimits } })).result, 'caught-up');
  expectMirrored(world, true);
  return world;
}

export function spansOf(world: MirrorWorld) {
  return world.positions()[0]?.spans ?? [];
}

export function pairsOf(world: MirrorWorld): readonly Pair[] {
  const startSource = world.positions()[0]?.record.startSource ?? 0n;
  return pairUp(world.sourceLog(0), world.targetLog(0), startSource, 'partition 0').pairs;
}

/** The partition as groups, offsets and verify get it, and a way to read both logs. */
export async function read(world: MirrorWorld) {
  const process = createProcess(world.clock, world.random);
  const logs = {
    source: process.connect(world.source, noFaults),
    target: process.connect(world.target, noFaults),
    clock: world.clock,
  };
  const { run } = world.clock;
  const positions = await run(readPositions(logs.target, positionsTopic, undefined, world.clock));
  const flow = { topics: [{ source: 'orders', target: 'orders-copy' }] } as unknown as Parameters<
    typeof readMirroredPartitions
  >[0]['flow'];
  const partitions = await run(readMirroredPartitions({ flow, ...logs, positions }));
  const partition = partitions.get('orders:0') as MirroredPartition;
  return { partition, partitions, logs, fill: async () => (await run(fillPartition(logs, partition))).input };
}

/** Nobody is told anything else than the truth, and what is told of is counted. */
export function expectNeverWrong(input: TranslationInput, pairs: readonly Pair[]): { exact: number; unknown: number } {
  const counts = { exact: 0, unknown: 0 };
  for (let offset = input.source.start; offset <= input.nextSource; offset += 1n) {
    const answer = translate(input, offset);
    if (answer.result !== 'translated') {
      counts.unknown += 1;
      continue;
    }
    counts.exact += 1;
    const pair = pairs.find((one) => one.source + one.length > Number(offset));
    const truth =
      pair === undefined ? Number(input.target.end) : pair.target + Math.max(0, Number(offset) - pair.source);
    if (truth >= Number(input.target.start)) equal(Number(answer.target), truth, `${offset}`);
    else {
      const start = Number(input.target.start);
      const firstLeft = pairs.find((one) => one.target + one.length > start);
      const left = firstLeft === undefined ? Number(input.target.end) : Math.max(firstLeft.target, start);
      ok(Number(answer.target) <= left, `${offset} -> ${answer.target} skips ${left}, which the target still holds`);
    }
  }
  return counts;
}

/** What verify says of the partition. */
export async function compared(world: MirrorWorld, compactedTopics: readonly string[] = []) {
  const { logs } = await read(world);
  const positions = await world.clock.run(readPositions(logs.target, positionsTopic, undefined, world.clock));
  const topics = [{ source: 'orders', target: 'orders-copy', sourcePartitions: 1 }] as unknown as Flow['topics'];
  const compacted = { source: new Set(compactedTopics), target: new Set<string>() };
  const found = await world.clock.run(verifyFlow({ flow: { name: 'f', topics }, ...logs, positions, compacted }));
  const [partition] = found.partitions;
  return { records: partition?.records, equal: partition?.equal, codes: found.diagnostics.map((one) => one.code) };
}
