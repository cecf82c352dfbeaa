import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import type { MirrorOptions } from '../../../runner/engines/native/options.ts';
import { buildBatch, type NewRecord } from '../../../runner/records/build.ts';
import { encodeSegments } from '../../../src/offset-map/codec.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import { type TranslationInput, translate, translateBack } from '../../../src/offset-map/translate.ts';
import { encodePosition, positionKey, positionOwner, segmentsKey } from '../../../src/state/position-codec.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import { createMirrorWorld, type MirrorWorld, positionsTopic } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { appendMarker, appendStored, deleteBefore } from '../../simulation/simulated-partition.ts';

const seed = seedOfRun();
const mapLimits = { pieceSegmentsMax: 40 };

/** So many transactions of one record at the source: a segment each. */
function writeTransactions(world: MirrorWorld, count: number): void {
  const log = world.sourceLog(0);
  const producer = { producerId: 9_000n, producerEpoch: 0 };
  for (let i = 0; i < count; i += 1) {
    const records = [{ key: null, value: Buffer.from(`record ${log.end}`), timestamp: 1n }];
    appendStored(log, buildBatch({ records, stamp: { ...producer, baseSequence: i, transactional: true } }));
    appendMarker(log, 'COMMIT', producer, 1n);
  }
}

async function mirroredWorld(delivery: MirrorOptions['delivery']): Promise<MirrorWorld> {
  const world = createMirrorWorld(seed, { partitions: 1, delivery });
  for (let i = 0; i < 10; i += 1) {
    writeTransactions(world, 50);
    equal((await world.mirror({ options: { mapLimits } })).result, 'caught-up');
  }
  expectMirrored(world, true);
  return world;
}

function inputOf(world: MirrorWorld): TranslationInput {
  const [position] = world.positions();
  if (position === undefined) throw new Error('no position');
  const { record, segments } = position;
  const { startSource, nextSource, nextTarget, trimmed = false } = record;
  const [source, target] = [world.sourceLog(0), world.targetLog(0)];
  return { segments, trimmed, startSource, nextSource, nextTarget, source, target };
}

/** Log starts are asked beside the mirror: a short run may end before the answer. Gives the runs, of one transaction each. */
async function mirrorUntilTrimmed(world: MirrorWorld, limits: MirrorOptions['mapLimits'] = {}): Promise<number> {
  const runsMax = 50;
  for (let runs = 1; runs <= runsMax; runs += 1) {
    writeTransactions(world, 1);
    equal((await world.mirror({ options: { mapLimits: { ...mapLimits, ...limits } } })).result, 'caught-up');
    if (inputOf(world).trimmed === true) return runs;
  }
  throw new Error(`nothing was dropped in ${runsMax} runs`);
}

/** The answers for every offset that either log holds below these ends. */
function answers(input: TranslationInput, ends: { readonly source: bigint; readonly target: bigint }): string[] {
  const found: string[] = [];
  for (let offset = input.source.start; offset < ends.source; offset += 1n) {
    const answer = translate(input, offset);
    found.push(`${offset} ${answer.result === 'translated' ? answer.target : answer.result}`);
  }
  for (let offset = input.target.start; offset < ends.target; offset += 1n) {
    const answer = translateBack(input, offset);
    found.push(`back ${offset} ${answer.result === 'translated' ? answer.source : answer.result}`);
  }
  return found;
}

for (const delivery of ['transactional', 'idempotent'] as const) {
  test(`${delivery}: what stands below both logs leaves the map with the next position, and nothing else`, async () => {
    const world = await mirroredWorld(delivery);
    const { segments, nextSource, nextTarget } = inputOf(world);
    ok(segments.length > 400);
    const middle = segments[300] as Segment;
    deleteBefore(world.sourceLog(0), middle.source);
    deleteBefore(world.targetLog(0), (segments[200] as Segment).target);
    const ends = { source: nextSource, target: nextTarget };
    const wanted = answers({ ...inputOf(world), segments }, ends);
    await mirrorUntilTrimmed(world);
    const after = inputOf(world);
    ok(after.segments.length < segments.length - 150, `${after.segments.length} segments are left`);
    const [first] = after.segments;
    ok(first !== undefined && first.target <= world.targetLog(0).start, 'what the target still holds stays');
    deepEqual(answers(after, ends), wanted);
  });

  test(`${delivery}: only so many pieces are dropped by one position`, async () => {
    const world = await mirroredWorld(delivery);
    const before = inputOf(world);
    deleteBefore(world.sourceLog(0), before.nextSource);
    deleteBefore(world.targetLog(0), before.nextTarget);
    const runs = await mirrorUntilTrimmed(world, { piecesDroppedMax: 2 });
    equal(inputOf(world).segments.length, before.segments.length + runs - 2 * mapLimits.pieceSegmentsMax);
  });
}

/** Stores the map as version 2 did: pieces of 48 segments that do not say what follows them. Gives how many. */
function storeAsVersion2(world: MirrorWorld): number {
  const log = world.target.partition({ topic: positionsTopic, partition: 0 });
  const [position] = world.positions();
  if (position === undefined) throw new Error('no position');
  const { record, segments } = position;
  const owner = positionOwner(record);
  const records: NewRecord[] = [];
  const add = (key: string, value: string) =>
    records.push({ key: Buffer.from(key), value: Buffer.from(value), timestamp: 1n });
  const sealed = segments.slice(0, -record.segments.length);
  for (let at = 0; at < sealed.length; at += 48) {
    const part = sealed.slice(at, at + 48);
    add(segmentsKey(owner, part[0]?.source ?? 0n), JSON.stringify({ v: 2, segments: encodeSegments(part) }));
  }
  const pieces = records.length;
  add(positionKey(owner), encodePosition({ ...record, v: 2 }));
  log.batches.length = 0;
  appendStored(log, buildBatch({ records }));
  return pieces;
}

test('a map of version 2 goes on in large pieces, and drops what was sealed in small ones', async () => {
  const world = await mirroredWorld('transactional');
  ok(storeAsVersion2(world) > 5);
  const before = inputOf(world);
  for (let i = 0; i < 5; i += 1) {
    writeTransactions(world, 50);
    equal((await world.mirror({ options: { mapLimits } })).result, 'caught-up');
    expectMirrored(world, true);
  }
  deleteBefore(world.sourceLog(0), before.nextSource);
  deleteBefore(world.targetLog(0), before.nextTarget);
  await mirrorUntilTrimmed(world);
  const [first] = inputOf(world).segments;
  ok(first !== undefined && first.source >= before.nextSource - 300n, `the map begins at ${first?.source}`);
});

test.run();
