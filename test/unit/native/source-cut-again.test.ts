import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'uvu';
import type { LossKind } from '../../../runner/engines/native/losses.ts';
import type { MirrorOptions } from '../../../runner/engines/native/options.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { beginEpoch } from '../../simulation/leader-epochs.ts';
import { lossesOf } from '../../simulation/losses-of.ts';
import { createMirrorWorld, type MirrorWorld } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { appendStored, committedRecords, deleteBefore, truncateTo } from '../../simulation/simulated-partition.ts';

const seed = seedOfRun();

const flows = {
  transactional: { delivery: 'transactional' },
  idempotent: { delivery: 'idempotent' },
  'by key': { delivery: 'transactional', byKey: { hash: 'murmur2', partitions: 1 } },
} as const;

/** A world of one partition with that many records, all of them mirrored. */
async function mirrored(how: keyof typeof flows, count: number): Promise<MirrorWorld> {
  const world = createMirrorWorld(seed, { partitions: 1, ...flows[how] });
  write(world, count, 'a');
  equal((await world.mirror()).result, 'caught-up');
  return world;
}

function write(world: MirrorWorld, count: number, name: string): void {
  for (let i = 0; i < count; i += 1) {
    const record = { key: Buffer.from('k'), value: Buffer.from(`${name}${i}`), timestamp: 1n };
    appendStored(world.sourceLog(0), buildBatch({ records: [record] }));
  }
}

/** An unclean election: the new leader's log ends there. */
function cut(world: MirrorWorld, end: bigint): void {
  const log = world.sourceLog(0);
  truncateTo(log, end);
  beginEpoch(log.epochs, end);
}

function values(log: Parameters<typeof committedRecords>[0]): string[] {
  return committedRecords(log).map(({ value }) => String(value));
}

/** Runs the flow; of these kinds it goes on. The kinds it asked about, once each. */
async function run(world: MirrorWorld, ...goOn: LossKind[]) {
  const asked = new Set<LossKind>();
  const answer: MirrorOptions['answer'] = ({ kind }) => {
    asked.add(kind);
    return goOn.includes(kind) ? 'continue' : 'stop';
  };
  return { outcome: await world.mirror({ options: { answer } }), asked: [...asked] };
}

for (const how of Object.keys(flows) as (keyof typeof flows)[]) {
  test(`${how}: a second cut is seen, though nothing was read since the way on from the first`, async () => {
    const world = await mirrored(how, 20);
    cut(world, 15n);
    equal((await run(world, 'truncated')).outcome.result, 'caught-up');
    cut(world, 10n);
    write(world, 12, 'b');
    const { outcome, asked } = await run(world);
    deepEqual(lossesOf(outcome), [['truncated', 0]]);
    deepEqual(asked, ['truncated']);
    equal((await run(world, 'truncated')).outcome.result, 'caught-up');
    deepEqual(values(world.targetLog(0)).slice(20), values(world.sourceLog(0)).slice(10));
  });

  test(`${how}: what retention took above a cut is a loss of its own`, async () => {
    const world = await mirrored(how, 20);
    cut(world, 10n);
    write(world, 8, 'b');
    deleteBefore(world.sourceLog(0), 14n);
    const { outcome, asked } = await run(world, 'truncated');
    deepEqual(lossesOf(outcome), [['retention', 0]]);
    deepEqual(asked, ['truncated', 'retention']);
    equal((await run(world, 'truncated', 'retention')).outcome.result, 'caught-up');
    deepEqual(values(world.targetLog(0)).slice(20), ['b4', 'b5', 'b6', 'b7']);
  });
}

test('a cut of the source is seen after a way on from what the target lost, though nothing was read since', async () => {
  const world = await mirrored('transactional', 10);
  write(world, 10, 'b');
  const { end } = world.targetLog(0);
  equal((await run(world)).outcome.result, 'caught-up');
  truncateTo(world.targetLog(0), end);
  // Nothing is to be mirrored again: what the target lost is gone from the source as well.
  cut(world, 10n);
  equal((await run(world, 'target-lost', 'truncated')).outcome.result, 'caught-up');
  cut(world, 5n);
  write(world, 8, 'c');
  deepEqual(lossesOf((await run(world)).outcome), [['truncated', 0]]);
});

test.run();
