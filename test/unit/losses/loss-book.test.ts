import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'uvu';
import { loss } from '../../../runner/engines/native/losses.ts';
import type { MirrorEvent, MirrorOutcome } from '../../../runner/engines/native/options.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import type { HeldByUs } from '../../../runner/state/lease.ts';
import { openLossBook } from '../../../runner/steps/loss-book.ts';
import type { Flow } from '../../../src/migration/migration.ts';
import type { LossRecord } from '../../../src/state/records.ts';
import { emptyState, foldState } from '../../../src/state/state-codec.ts';
import { beginEpoch } from '../../simulation/leader-epochs.ts';
import { lossesOf } from '../../simulation/losses-of.ts';
import { createMirrorWorld, type MirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { appendStored, deleteBefore, truncateTo } from '../../simulation/simulated-partition.ts';

const flow = { name: 'old-to-new' } as Flow;
const key = 'loss/old-to-new/orders/0';

/** What the state holds of losses; with `isDead` a process dies before it can write to it. */
interface State {
  losses: ReadonlyMap<string, LossRecord>;
  isDead: boolean;
}

/** A run of the flow, as `mirrorUnderLease` has it: its book is of what the state says now. */
async function run(world: MirrorWorld, state: State): Promise<MirrorOutcome> {
  const { isDead } = state;
  const held = {
    async write(records: Parameters<HeldByUs['write']>[0]) {
      if (isDead) return;
      const written = foldState(records.map((one) => ({ ...one, appendTimeMs: 0 })));
      deepEqual(written.problems, []);
      const gone = records.filter((one) => one.value === null).map((one) => one.key);
      const kept = [...state.losses].filter(([name]) => !gone.includes(name));
      state.losses = new Map([...kept, ...(written.snapshot.losses ?? [])]);
    },
  } as HeldByUs;
  const book = openLossBook(flow, { ...emptyState, losses: state.losses }, held, world.clock);
  const report = (event: MirrorEvent) => {
    if (event.event === 'loss') book.found(event.loss);
    if (event.event === 'commit') book.committed(event.partitions);
  };
  const outcome = await world.mirror({ options: { report, answer: book.answer } });
  if (outcome.result === 'caught-up') book.caughtUp();
  await book.stored();
  return outcome;
}

/** As `apply --accept` writes it. */
function accept(state: State): void {
  const accepted = { reason: 'test data', at: '2026-11-01T00:00:00Z', who: 'me' };
  state.losses = new Map([...state.losses].map(([name, loss]) => [name, { ...loss, accepted }]));
}

/** Retention overtakes the one partition. */
function overtake(world: MirrorWorld): void {
  writeFinished(world, 20);
  const log = world.sourceLog(0);
  deleteBefore(log, log.end - 2n);
}

async function mirroredWorld(): Promise<{ readonly world: MirrorWorld; readonly state: State }> {
  const world = createMirrorWorld(seedOfRun(), { partitions: 1 });
  const state: State = { losses: new Map(), isDead: false };
  writeFinished(world, 40);
  equal((await run(world, state)).result, 'caught-up');
  return { world, state };
}

test('a decision is about one loss: the next one of its kind is asked about anew', async () => {
  const { world, state } = await mirroredWorld();
  overtake(world);
  deepEqual(lossesOf(await run(world, state)), [['retention', 0]]);
  accept(state);
  state.isDead = true;
  equal((await run(world, state)).result, 'caught-up');
  equal(state.losses.get(key)?.accepted?.reason, 'test data', 'it died before the state was told');
  overtake(world);
  state.isDead = false;
  deepEqual(lossesOf(await run(world, state)), [['retention', 0]]);
  equal(state.losses.get(key)?.accepted, undefined);
  accept(state);
  equal((await run(world, state)).result, 'caught-up');
  equal(state.losses.size, 0);
});

test('a decided loss that is over goes with the next run, also where that has nothing to commit', async () => {
  const { world, state } = await mirroredWorld();
  overtake(world);
  await run(world, state);
  accept(state);
  state.isDead = true;
  equal((await run(world, state)).result, 'caught-up');
  state.isDead = false;
  equal((await run(world, state)).result, 'caught-up');
  equal(state.losses.size, 0);
});

test('a decision still holds where retention went on until it was made', async () => {
  const { world, state } = await mirroredWorld();
  overtake(world);
  await run(world, state);
  accept(state);
  overtake(world);
  equal((await run(world, state)).result, 'caught-up');
  equal(state.losses.size, 0);
});

test('where the way on from one loss leads to another one, a decision about each is enough', async () => {
  const { world, state } = await mirroredWorld();
  const log = world.sourceLog(0);
  const { end } = log;
  truncateTo(log, end / 2n);
  beginEpoch(log.epochs, log.end);
  // Far below where it was mirrored to, so that retention is no loss as yet.
  for (const value of ['one', 'two']) {
    const records = [{ key: null, value: Buffer.from(value), timestamp: BigInt(world.clock.nowMs()) }];
    appendStored(log, buildBatch({ records }));
  }
  deleteBefore(log, log.end - 1n);
  deepEqual(lossesOf(await run(world, state)), [['truncated', 0]]);
  accept(state);
  deepEqual(lossesOf(await run(world, state)), [['retention', 0]]);
  accept(state);
  equal((await run(world, state)).result, 'caught-up');
  equal(state.losses.size, 0);
});

test('that no way leads on from a loss is stored with it', async () => {
  const written: string[] = [];
  const held = { write: async (records) => void written.push(...records.map((one) => one.value ?? '')) } as HeldByUs;
  const book = openLossBook(flow, emptyState, held, { nowMs: () => 0 } as MirrorWorld['clock']);
  const at = { topic: 'orders', partition: 0 };
  const place = { flow: flow.name, source: at, target: at };
  book.found({ ...loss('target-lost', place, { summary: 'lost', offsets: { nextTarget: 5n } }), isFinal: true });
  await book.stored();
  const [record] = written.map((one) => JSON.parse(one));
  deepEqual([record.code, record.offsets, record.isFinal], ['KP5005', { nextTarget: '5' }, true]);
});

test('a decision about a loss of which an older kplan has not stored the offsets is asked for again', async () => {
  const { world, state } = await mirroredWorld();
  overtake(world);
  await run(world, state);
  accept(state);
  state.losses = new Map([...state.losses].map(([name, { offsets: _none, ...loss }]) => [name, loss]));
  deepEqual(lossesOf(await run(world, state)), [['retention', 0]]);
  accept(state);
  equal((await run(world, state)).result, 'caught-up');
});

test.run();
