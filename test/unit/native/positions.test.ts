import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readPositions } from '../../../runner/engines/native/positions.ts';
import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { decodeRecords } from '../../../runner/records/decode.ts';
import { encodePosition, positionKey, positionOwner, segmentsKey } from '../../../src/state/position-codec.ts';
import { type PositionRecord, positionRecordVersion } from '../../../src/state/records.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import {
  createMirrorWorld,
  finishTransactions,
  type MirrorWorld,
  positionsTopic,
  writeSome,
} from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { appendStored, isCommitted } from '../../simulation/simulated-partition.ts';

const older = { source: 0n, target: 0n, length: 5n };
const newer = { source: 7n, target: 6n, length: 2n };

const byName: PositionRecord = {
  v: positionRecordVersion,
  flow: 'f',
  source: { topic: 'orders', partition: 0 },
  target: { topic: 'copy', partition: 0 },
  nextSource: 9n,
  nextTarget: 9n,
  startSource: 0n,
  segments: [newer],
};

test('a position that went on under a topic id keeps the segments that were sealed under the name', async () => {
  const byId: PositionRecord = { ...byName, source: { ...byName.source, topicId: 'id-1' } };
  const wholeMap = [['id-1', [older, newer]]];
  assert.equal(await mapsBeside(byName, { ...byId, sealedUnderName: true }), wholeMap);
  assert.equal(await mapsBeside(byName, { ...byId, v: 2 }), wholeMap, 'of version 2 it is believed');
  assert.equal(await mapsBeside(byName, byId), [['id-1', [newer]]], 'of another topic of that name');
});

/** The maps where a position stands under a topic's name, with a sealed piece, and one under its id. */
async function mapsBeside(named: PositionRecord, byId: PositionRecord) {
  const world = createMirrorWorld(1);
  const log = world.target.partition({ topic: positionsTopic, partition: 0 });
  const write = (key: string, value: string) =>
    appendStored(log, buildBatch({ records: [{ key: Buffer.from(key), value: Buffer.from(value), timestamp: 1n }] }));
  write(segmentsKey(positionOwner(byName), 0n), '{"v":2,"segments":"AAF"}');
  for (const record of [named, byId]) write(positionKey(positionOwner(record)), encodePosition(record));
  const reader = createProcess(world.clock, world.random).connect(world.target, noFaults);
  const positions = await world.clock.run(readPositions(reader, positionsTopic, 'f', world.clock));
  return positions.map((one) => [one.record.source.topicId, one.segments()]);
}

test('whichever piece of a map the cleaner took while it was read, its lack is seen', async () => {
  const world = createMirrorWorld(seedOfRun(), { partitions: 1 });
  const mapLimits = { pieceSegmentsMax: 20, upkeepIntervalMs: 200 };
  for (let round = 0; round < roundsMax && piecesOf(storedIn(world)).length < 4; round += 1) {
    writeSome(world, 60);
    finishTransactions(world);
    assert.is((await world.mirror({ options: { mapLimits } })).result, 'caught-up');
  }
  const stored = storedIn(world);
  const pieces = piecesOf(stored);
  assert.ok(pieces.length >= 4, `${pieces.length} pieces`);
  const whole = await segmentsIn(world, stored);
  assert.equal(whole, world.positions()[0]?.segments);
  for (const piece of pieces) {
    const rest = [...stored].filter(([key]) => key !== piece);
    const found = await segmentsIn(world, new Map(rest)).catch((error: unknown) => error);
    assert.ok(found instanceof ClusterFault && found.diagnostic.code === 'KP6030', `without ${piece}`);
  }
});

test('where so few segments are sealed that one piece holds them, its lack is seen too', async () => {
  const world = createMirrorWorld(seedOfRun(), { partitions: 1 });
  for (let round = 0; round < roundsMax && piecesOf(storedIn(world)).length < 1; round += 1) {
    writeSome(world, 60);
    finishTransactions(world);
    assert.is((await world.mirror()).result, 'caught-up');
  }
  const rest = [...storedIn(world)].filter(([key]) => !key.startsWith('segments/'));
  const found = await segmentsIn(world, new Map(rest)).catch((error: unknown) => error);
  assert.ok(found instanceof ClusterFault && found.diagnostic.code === 'KP6030');
});

const roundsMax = 60;

/** What the positions topic holds now, by key. */
function storedIn(world: MirrorWorld): ReadonlyMap<string, string> {
  const stored = new Map<string, string>();
  for (const batch of world.target.partition({ topic: positionsTopic, partition: 0 }).batches) {
    if (!isCommitted(batch) || batch.kind === 'marker') continue;
    for (const { key, value } of decodeRecords(batch.bytes)) {
      if (value === null) stored.delete(String(key));
      else stored.set(String(key), String(value));
    }
  }
  return stored;
}

function piecesOf(stored: ReadonlyMap<string, string>): readonly string[] {
  return [...stored.keys()].filter((key) => key.startsWith('segments/'));
}

/** The map of a positions topic that holds these records alone. */
async function segmentsIn({ clock, random }: MirrorWorld, stored: ReadonlyMap<string, string>) {
  const { target } = createMirrorWorld(1);
  const log = target.partition({ topic: positionsTopic, partition: 0 });
  const records = [...stored].map(([key, value]) => ({
    key: Buffer.from(key),
    value: Buffer.from(value),
    timestamp: 1n,
  }));
  appendStored(log, buildBatch({ records }));
  const [position] = await clock.run(
    readPositions(createProcess(clock, random).connect(target, noFaults), positionsTopic, undefined, clock),
  );
  return position?.segments();
}

test.run();
