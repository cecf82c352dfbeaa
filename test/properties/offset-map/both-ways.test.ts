import { equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import type { MirrorOptions } from '../../../runner/engines/native/options.ts';
import { expectToldBothWays, type Told } from '../../simulation/both-ways.ts';
import { compact } from '../../simulation/compaction.ts';
import { createMirrorWorld, finishTransactions, type MirrorWorld, writeSome } from '../../simulation/mirror-world.ts';
import { createRandom, type Random, seedOfRun } from '../../simulation/random.ts';
import { appendMarker, deleteBefore, lastStable, truncateTo } from '../../simulation/simulated-partition.ts';
import { mixedHabits } from '../../simulation/source-writer.ts';
import { read } from '../../simulation/thinned-world.ts';

const long = process.env.KPLAN_TEST_LONG === '1';
const worlds = long ? 200 : 4;
const steps = long ? 60 : 30;

const deliveries = ['transactional', 'idempotent'] as const;

interface Wandering {
  readonly world: MirrorWorld;
  readonly random: Random;
  readonly mapLimits: MirrorOptions['mapLimits'];
  /** Something was cut, or compacted: then some of it is not known. */
  isWhole: boolean;
}

/** Many small batches: a segment for every few records. */
function wander(seed: number): Wandering {
  const random = createRandom(seed);
  const habits = {
    ...mixedHabits,
    kinds: { single: 8, small: 2, medium: 0.1, large: 0, wide: 0.1, gaps: 0, emptied: 0 },
    transactional: random.pick([0.1, 0.6, 0.9]),
    endsTransaction: random.pick([0.1, 0.4]),
    aborts: random.pick([0, 0.3, 0.6]),
    jumps: 0,
  };
  const mapLimits = {
    pieceSegmentsMax: random.pick([17, 40]),
    charactersMax: random.pick([0, 300]),
    spanPiecesMax: random.pick([1, 3, 8]),
    piecesDroppedMax: random.pick([1, 100]),
    upkeepIntervalMs: random.pick([50, 200]),
    thinningBytesPerSecondMax: Number.POSITIVE_INFINITY,
  };
  const world = createMirrorWorld(seed, { partitions: 1, delivery: random.pick(deliveries), habits });
  return { world, random, mapLimits, isWhole: true };
}

/** What may happen between two looks, as often as it stands here. */
const happenings = {
  write: { weight: 3, act: ({ world, random }) => void writeSome(world, random.between(1, 150)) },
  mirror: { weight: 4, act: mirrorForAWhile },
  sourceRetention: {
    weight: 0.6,
    act({ world, random }) {
      const next = world.positions()[0]?.record.nextSource ?? 0n;
      deleteBefore(world.sourceLog(0), offsetIn(random, world.sourceLog(0).start, next));
    },
  },
  targetRetention: {
    weight: 0.6,
    act({ world, random }) {
      const log = world.targetLog(0);
      deleteBefore(log, offsetIn(random, log.start, lastStable(log)));
    },
  },
  sourceCut: { weight: 0.2, act: cutSource },
  targetCut: { weight: 0.2, act: cutTarget },
  compaction: {
    weight: 0.1,
    act(wandering) {
      const { world, random } = wandering;
      compact(random.pick([world.sourceLog(0), world.targetLog(0)]), random);
      wandering.isWhole = false;
    },
  },
} satisfies Record<string, { readonly weight: number; act(wandering: Wandering): void | Promise<void> }>;

async function happen(wandering: Wandering): Promise<void> {
  const all = Object.values(happenings);
  let left = wandering.random.next() * all.reduce((sum, one) => sum + one.weight, 0);
  for (const { weight, act } of all) {
    left -= weight;
    if (left < 0) return act(wandering);
  }
}

const goingOn: Partial<MirrorOptions> = { answer: () => 'continue' };

/** Until it is killed; any delivery goes on from what the other one left. */
async function mirrorForAWhile({ world, random, mapLimits }: Wandering): Promise<void> {
  const { clock, delivery } = world;
  const options = { ...goingOn, mapLimits, delivery: random.chance(0.9) ? delivery : random.pick(deliveries) };
  const { process, outcome } = world.start({ options });
  await clock.run(Promise.race([outcome, clock.sleep(random.between(1, 3_000))]));
  process.kill();
  await clock.run(clock.sleep(2_000));
}

/** What was aborted stays so: else it is lost, and has no place to be told. What was committed may be aborted now. */
function cutSource(wandering: Wandering): void {
  const { world, random } = wandering;
  const log = world.sourceLog(0);
  if (log.batches.length < 10) return;
  const outcomes = new Map(log.batches.map((one) => [one, one.outcome]));
  const at = random.between(Math.floor(log.batches.length * random.pick([0.2, 0.9])), log.batches.length - 2);
  truncateTo(log, (log.batches[at]?.last ?? 0n) + 1n);
  world.source.moveLeader({ topic: 'orders', partition: 0 }, random.between(0, 2));
  for (const [producerId, { batches }] of [...log.open]) {
    if (random.chance(0.3)) continue;
    const isAborted = batches.some((one) => outcomes.get(one) === 'ABORT');
    const type = isAborted ? 'ABORT' : random.pick(['ABORT', 'COMMIT'] as const);
    appendMarker(log, type, { producerId, producerEpoch: 0 }, 1n);
  }
  if (random.chance(0.5)) writeSome(world, random.between(1, 300));
  wandering.isWhole = false;
}

/** What was within a transaction is aborted, as people do with one that hangs. */
function cutTarget(wandering: Wandering): void {
  const { world, random } = wandering;
  const log = world.targetLog(0);
  if (log.batches.length < 10 || log.open.size > 0) return;
  const at = random.between(Math.floor(log.batches.length * random.pick([0.2, 0.9])), log.batches.length - 2);
  truncateTo(log, (log.batches[at]?.last ?? 0n) + 1n);
  for (const producerId of [...log.open.keys()]) appendMarker(log, 'ABORT', { producerId, producerEpoch: 0 }, 1n);
  world.target.moveLeader({ topic: 'orders-copy', partition: 0 }, random.between(0, 2));
  wandering.isWhole = false;
}

function offsetIn(random: Random, from: bigint, to: bigint): bigint {
  return to <= from ? from : from + BigInt(random.between(0, Number(to - from)));
}

/** The map as it is stored, and with all its spans read, as `offsets` does it. Gives what the latter told. */
async function look({ world, isWhole }: Wandering): Promise<Told & { readonly spans: number }> {
  const { partition, fill } = await read(world);
  if (partition === undefined) return { exact: 0, unknown: 0, spans: 0 };
  const [source, target] = [world.sourceLog(0), world.targetLog(0)];
  expectToldBothWays(partition.input, source, target, 'as stored');
  const filled = await fill();
  const told = expectToldBothWays(filled, source, target, 'filled');
  if (isWhole) equal(told.unknown, 0, 'all is told');
  return { ...told, spans: partition.input.spans?.length ?? 0 };
}

test('whatever happens to both logs, every offset of either leads to the next record of the other, or is not known', async () => {
  const seed = seedOfRun();
  const sum = { exact: 0, spans: 0 };
  for (let i = 0; i < worlds; i += 1) {
    const wandering = wander(seed + i);
    try {
      for (let step = 0; step < steps; step += 1) {
        await happen(wandering);
        if (step % 3 === 0) await look(wandering);
      }
      finishTransactions(wandering.world);
      await wandering.world.mirror({ options: { ...goingOn, mapLimits: wandering.mapLimits } });
      const { exact, spans } = await look(wandering);
      sum.exact += exact;
      sum.spans += spans;
    } catch (error) {
      throw new Error(`KPLAN_TEST_SEED=${seed + i}`, { cause: error });
    }
  }
  ok(sum.exact > 1_000, JSON.stringify(sum));
});

test.run();
