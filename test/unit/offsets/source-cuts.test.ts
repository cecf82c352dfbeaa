import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { translateAsked } from '../../../runner/offsets/translate-asked.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import type { Direction } from '../../../src/offsets/question.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { createMirrorWorld, type MirrorWorld } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { appendStored, truncateTo } from '../../simulation/simulated-partition.ts';

function write(world: MirrorWorld, count: number, what: string): void {
  for (let i = 0; i < count; i += 1) {
    const records = [{ key: null, value: Buffer.from(`${what} ${i}`), timestamp: 1n }];
    appendStored(world.sourceLog(0), buildBatch({ records }));
  }
}

async function mirroredWorld(): Promise<MirrorWorld> {
  const world = createMirrorWorld(seedOfRun(), { partitions: 1 });
  write(world, 100, 'old');
  assert.is((await world.mirror()).result, 'caught-up');
  return world;
}

/** Of the hundred records the source lost those from 60 on, and has so many others in their place. */
function cutSource(world: MirrorWorld, others: number): void {
  truncateTo(world.sourceLog(0), 60n);
  world.source.moveLeader({ topic: 'orders', partition: 0 }, 1);
  write(world, others, 'new');
}

async function told(world: MirrorWorld, direction: Direction, offsets: readonly bigint[]): Promise<readonly unknown[]> {
  const process = createProcess(world.clock, world.random);
  const topic = direction === 'to-target' ? 'orders' : 'orders-copy';
  const flow = {
    migration: 'test',
    flow: { name: 'old-to-new', topics: [{ source: 'orders', target: 'orders-copy' }] } as never,
    source: process.connect(world.source, noFaults),
    target: process.connect(world.target, noFaults),
    clock: process.clock,
  };
  const asked = offsets.map((offset) => ({ topic, partition: 0, offset }));
  const answers = await world.clock.run(translateAsked(flow, asked, direction));
  return answers.map((one) => one.found?.offset ?? one.why ?? one.result);
}

for (const others of [0, 20, 70]) {
  test(`what the source lost, and what it has in its place (${others} records), is not mirrored: both ways it is said so`, async () => {
    const world = await mirroredWorld();
    const copies = (await told(world, 'to-target', [0n, 59n, 60n, 61n, 99n])) as readonly bigint[];
    cutSource(world, others);
    const { end } = world.targetLog(0);
    assert.equal(await told(world, 'to-target', [0n, 59n, 60n]), [...copies.slice(0, 2), end]);
    assert.equal(await told(world, 'to-target', [61n]), [others > 0 ? 'not-yet' : 'above-end']);
    assert.equal(await told(world, 'to-source', [...copies, end]), [0n, 59n, 60n, 60n, 60n, 60n]);
  });
}

test('where nobody can tell up to where the source is what it was, nothing is told', async () => {
  const world = await mirroredWorld();
  cutSource(world, 0);
  world.sourceLog(0).epochs.entries.splice(0);
  assert.equal(await told(world, 'to-target', [10n]), ['not-yet']);
});

test.run();
