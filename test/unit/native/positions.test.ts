import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readPositions } from '../../../runner/engines/native/positions.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { encodePosition, positionKey, positionOwner, segmentsKey } from '../../../src/state/position-codec.ts';
import { type PositionRecord, positionRecordVersion } from '../../../src/state/records.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { createMirrorWorld, positionsTopic } from '../../simulation/mirror-world.ts';
import { appendStored } from '../../simulation/simulated-partition.ts';

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
  const world = createMirrorWorld(1);
  const log = world.target.partition({ topic: positionsTopic, partition: 0 });
  const write = (key: string, value: string) =>
    appendStored(log, buildBatch({ records: [{ key: Buffer.from(key), value: Buffer.from(value), timestamp: 1n }] }));
  write(segmentsKey(positionOwner(byName), 0n), '{"v":2,"segments":"AAF"}');
  for (const record of [byName, byId]) write(positionKey(positionOwner(record)), encodePosition(record));
  const reader = createProcess(world.clock, world.random).connect(world.target, noFaults);
  const positions = await world.clock.run(readPositions(reader, positionsTopic, 'f', world.clock));
  assert.equal(
    positions.map((one) => one.segments()),
    [
      [older, newer],
      [older, newer],
    ],
  );
});

test.run();
