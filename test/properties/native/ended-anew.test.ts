import { equal } from 'node:assert/strict';
import { test } from 'uvu';
import { buildBatch } from '../../../runner/records/build.ts';
import type { Span } from '../../../src/offset-map/span.ts';
import { createMirrorWorld, type MirrorWorld, writeSome } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import {
  appendMarker,
  appendStored,
  deleteBefore,
  type SimulatedPartition,
  truncateTo,
} from '../../simulation/simulated-partition.ts';
import { habits, roundsMax, spansOf, mapLimits as thinnedLimits } from '../../simulation/thinned-world.ts';
import { expectTrue } from '../../simulation/told-truth.ts';

const seed = seedOfRun();
/** Spans far shorter than the transactions. */
const mapLimits = { ...thinnedLimits, pieceSegmentsMax: 10, spanPiecesMax: 1 };
const place = { topic: 'orders', partition: 0 };
const long = { committed: 8_800n, aborted: 8_801n };

/** A span with records of transactions that end behind it, and the offset of the first of their markers. */
interface LongWorld {
  readonly world: MirrorWorld;
  readonly span: Span;
  readonly marker: bigint;
  /** Of the transactions' batches, in order. */
  readonly bases: readonly bigint[];
}

let timestampMs = 1n;

/** So many batches of one record. */
function writeLong(log: SimulatedPartition, producerId: bigint): bigint {
  timestampMs += 1n;
  const records = [{ key: null, value: Buffer.from(`long ${timestampMs}`), timestamp: timestampMs }];
  const stamp = { producerId, producerEpoch: 0, baseSequence: 0, transactional: true };
  return appendStored(log, buildBatch({ records, stamp }));
}

/** Two transactions that go on side by side for longer than a span: one is committed, one aborted. */
async function worldOfLong(delivery: 'transactional' | 'idempotent', worldSeed: number): Promise<LongWorld> {
  const world = createMirrorWorld(worldSeed, { partitions: 1, delivery, habits });
  const log = world.sourceLog(0);
  writeSome(world, 60);
  const bases: bigint[] = [];
  for (let i = 0; i < 6; i += 1) {
    bases.push(writeLong(log, i % 2 === 0 ? long.committed : long.aborted));
    writeSome(world, world.random.between(1, 10));
  }
  writeSome(world, 500);
  const marker = log.end;
  appendMarker(log, 'COMMIT', { producerId: long.committed, producerEpoch: 0 }, timestampMs);
  appendMarker(log, 'ABORT', { producerId: long.aborted, producerEpoch: 0 }, timestampMs);
  for (let round = 0; round < roundsMax; round += 1) {
    const stop = new AbortController();
    const { outcome } = world.start({ options: { mapLimits, until: 'stopped', signal: stop.signal } });
    // Long enough to read both logs for spans; with what is written then they are stored.
    await world.clock.run(world.clock.sleep(10_000));
    writeSome(world, 20);
    await world.clock.run(world.clock.sleep(2_000));
    stop.abort();
    equal((await world.clock.run(outcome)).result, 'interrupted');
    const isLong = ({ source, sourceEnd }: Span) => bases.some((base) => base > source && base < sourceEnd);
    const span = spansOf(world).find((one) => isLong(one) && one.sourceEnd < marker);
    if (span !== undefined) return { world, span, marker, bases };
  }
  throw new Error('no span with records of a long transaction');
}

/** The source loses the markers, and the transactions end the other way; the mirror goes on. */
async function endAnew({ world, span, marker }: LongWorld): Promise<void> {
  const log = world.sourceLog(0);
  const kept = log.batches.filter((one) => one.base >= span.sourceEnd && one.last < marker);
  truncateTo(log, (world.random.pick(kept).last ?? 0n) + 1n);
  world.source.moveLeader(place, 2);
  const outcomes = new Map([
    [long.committed, 'ABORT'],
    [long.aborted, 'COMMIT'],
  ] as const);
  for (const producerId of [...log.open.keys()]) {
    appendMarker(log, outcomes.get(producerId) ?? 'ABORT', { producerId, producerEpoch: 0 }, 1n);
  }
  writeSome(world, 40);
  equal((await world.mirror({ options: { mapLimits, answer: () => 'continue' } })).result, 'caught-up');
}

for (const delivery of ['transactional', 'idempotent'] as const) {
  test(`${delivery}: where transactions of a span have ended anew, nothing is told by counting`, async () => {
    const found = await worldOfLong(delivery, seed);
    const { world, span, bases } = found;
    await endAnew(found);
    // What is committed by now and was aborted then was never mirrored: it has no place.
    for (const one of world.sourceLog(0).batches) if (one.producerId === long.aborted) one.outcome = 'ABORT';
    await expectTrue(world);
    const first = bases.find((base) => base > span.source) ?? span.source;
    for (const start of [span.source + 1n, first, first + 1n]) {
      deleteBefore(world.sourceLog(0), start);
      await expectTrue(world);
    }
  });
}

test.run();
