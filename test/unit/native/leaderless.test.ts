import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { test } from 'uvu';
import type { FlowContext } from '../../../runner/engines/native/flow-context.ts';
import { leaveOut, startTakingIn } from '../../../runner/engines/native/left-out.ts';
import type { Session } from '../../../runner/engines/native/session.ts';
import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import { noFaults } from '../../simulation/client.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import { expectByKey } from '../../simulation/compare-by-key.ts';
import { lossesOf } from '../../simulation/losses-of.ts';
import {
  createMirrorWorld,
  finishTransactions,
  type MirrorSettings,
  type MirrorWorld,
  type WorldSettings,
  writeSome,
} from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { deleteBefore } from '../../simulation/simulated-partition.ts';

const seed = seedOfRun();
const minuteMs = 60_000;

/** Broker 1 leads orders-1 alone, and nobody elects another one. */
function writtenWorld(settings: WorldSettings = {}): MirrorWorld {
  const world = createMirrorWorld(seed, { partitions: 2, ...settings });
  write(world, 200);
  return world;
}

function write(world: MirrorWorld, batches: number): void {
  writeSome(world, batches);
  finishTransactions(world);
}

function comesBack({ source }: MirrorWorld): void {
  source.leaders.start(1);
  source.leaders.elect(() => 1);
}

function after({ clock }: MirrorWorld, delayMs: number, act: () => void): void {
  clock.at(clock.nowMs() + delayMs, act);
}

function nextOf(world: MirrorWorld, partition: number): bigint {
  const positions = world.positions().filter((one) => one.record.source.partition === partition);
  return positions.at(-1)?.record.nextSource ?? 0n;
}

function toldLeftOut(world: MirrorWorld): string[] {
  return world.events.flatMap((one) =>
    one.event === 'left-out' ? one.sources.map(({ topic, partition }) => `${topic}-${partition}`) : [],
  );
}

/** Follows for so long. */
async function follow(world: MirrorWorld, durationMs: number, settings: MirrorSettings = {}) {
  const stop = new AbortController();
  after(world, durationMs, () => stop.abort());
  const options = { ...settings.options, until: 'stopped' as const, signal: stop.signal };
  return world.clock.run(world.start({ ...settings, options }).outcome);
}

for (const delivery of ['transactional', 'idempotent'] as const)
  for (const awayAfterMs of [0, 10_000])
    test(`a source partition without a leader after ${awayAfterMs} ms stops no other, and goes on when it has one (${delivery})`, async () => {
      const world = writtenWorld({ delivery });
      after(world, awayAfterMs, () => world.source.leaders.stop(1));
      after(world, 2 * minuteMs, () => write(world, 50));
      let reached = false;
      after(world, 4 * minuteMs, () => {
        reached = nextOf(world, 0) === world.sourceLog(0).end && nextOf(world, 1) < world.sourceLog(1).end;
        comesBack(world);
      });
      equal((await follow(world, 5 * minuteMs)).result, 'interrupted');
      ok(reached, `orders-0 ends at ${world.sourceLog(0).end}, mirrored to ${nextOf(world, 0)}`);
      deepEqual(toldLeftOut(world), ['orders-1']);
      expectMirrored(world, true);
    });

test('a partition that is left out keeps its position, and is told of again when it goes away again', async () => {
  const world = writtenWorld();
  after(world, 10_000, () => world.source.leaders.stop(1));
  after(world, minuteMs, () => comesBack(world));
  after(world, 2 * minuteMs, () => world.source.leaders.stop(1));
  let before = 0n;
  after(world, 3 * minuteMs, () => {
    before = nextOf(world, 1);
    write(world, 50);
  });
  await follow(world, 4 * minuteMs);
  ok(before > 0n);
  equal(nextOf(world, 1), before);
  deepEqual(toldLeftOut(world), ['orders-1', 'orders-1']);
});

test('a flow is caught up only when what was left out is, too', async () => {
  const world = writtenWorld();
  world.source.leaders.stop(1);
  let others = false;
  after(world, 2 * minuteMs, () => {
    others = nextOf(world, 0) === world.sourceLog(0).end;
    comesBack(world);
  });
  equal((await world.mirror()).result, 'caught-up');
  ok(others, 'what has a leader is mirrored first');
  expectMirrored(world, true);
});

test('a flow that waits for nothing but a leader gives up after five minutes, and names the partition', async () => {
  const world = writtenWorld();
  world.source.leaders.stop(1);
  const startMs = world.clock.nowMs();
  const fault = await world.mirror().catch((error: unknown) => error);
  ok(fault instanceof ClusterFault);
  equal(fault.diagnostic.code, 'KP5027');
  match(fault.diagnostic.summary, /orders-1/);
  ok(world.clock.nowMs() - startMs < 6 * minuteMs);
  equal(nextOf(world, 0), world.sourceLog(0).end);
});

test('others go on while one has no leader, whatever else the network does', async () => {
  for (let i = 0; i < 10; i += 1) {
    const world = createMirrorWorld((seed + i) >>> 0, {
      partitions: 4,
      delivery: i % 2 ? 'idempotent' : 'transactional',
    });
    const { clock, source, random } = world;
    const at = { topic: 'orders', partition: random.between(0, 3) };
    const others = [0, 1, 2, 3].filter((one) => one !== at.partition);
    after(world, random.between(0, 20_000), () => source.leaders.withhold(at));
    for (let passedMs = 0; passedMs < 3 * minuteMs; passedMs += 5_000) after(world, passedMs, () => write(world, 10));
    // Rare enough that what waited for 30 s, many small requests in one transaction, gets through within a few sessions.
    const faults = { ...noFaults, lostRequest: 0.002, lostAnswer: 0.002, lateEffect: 0.002 };
    let ends: readonly bigint[] = [];
    const behind: string[] = [];
    const look = () => {
      for (const [index, one] of others.entries()) {
        if (nextOf(world, one) < (ends[index] ?? 0n)) behind.push(`orders-${one} at ${clock.nowMs()}`);
      }
      ends = others.map((one) => world.sourceLog(one).end);
    };
    for (let passedMs = 1.5 * minuteMs; passedMs < 3 * minuteMs; passedMs += 15_000) after(world, passedMs, look);
    after(world, 3 * minuteMs, () => source.leaders.release(at));
    await follow(world, 4 * minuteMs, { faults });
    deepEqual(behind, []);
    deepEqual(toldLeftOut(world), [`orders-${at.partition}`]);
    equal((await world.mirror()).result, 'caught-up');
    expectMirrored(world, true);
  }
});

test('with all partitions left out a flow waits for the first leader', async () => {
  const world = writtenWorld();
  for (const broker of [0, 1]) world.source.leaders.stop(broker);
  after(world, 10 * minuteMs, () => {
    world.source.leaders.start(0);
    comesBack(world);
  });
  equal((await follow(world, 11 * minuteMs)).result, 'interrupted');
  expectMirrored(world, true);
});

test('a broker that takes no requests, though it leads by the metadata, stops no other', async () => {
  const world = writtenWorld();
  const { leaders } = world.source;
  const isUp = leaders.isUp;
  let deaf = false;
  Object.assign(leaders, {
    isUp: (broker: number) => isUp(broker) && !(deaf && broker === 1),
  });
  after(world, 10_000, () => {
    deaf = true;
  });
  after(world, 2 * minuteMs, () => write(world, 50));
  let reached = false;
  after(world, 4 * minuteMs, () => {
    reached = nextOf(world, 0) === world.sourceLog(0).end && nextOf(world, 1) < world.sourceLog(1).end;
    deaf = false;
  });
  await follow(world, 5 * minuteMs);
  ok(reached);
  expectMirrored(world, true);
});

test('what a source partition lost while it was away is a loss when it is back', async () => {
  const world = writtenWorld();
  after(world, 10_000, () => world.source.leaders.stop(1));
  after(world, 2 * minuteMs, () => {
    write(world, 50);
    deleteBefore(world.sourceLog(1), world.sourceLog(1).end);
    comesBack(world);
  });
  const outcome = await follow(world, 3 * minuteMs);
  ok(outcome.result === 'loss');
  deepEqual(
    outcome.losses.map((one) => `${one.kind} ${one.source.partition}`),
    ['retention 1'],
  );
});

test('a topic that was made again while a partition was away is a loss of that partition, also after the others went on', async () => {
  const world = writtenWorld({ partitions: 3 });
  const answer = () => 'continue' as const;
  after(world, 10_000, () => world.source.leaders.stop(1));
  after(world, 2 * minuteMs, () => {
    const { leaders } = world.source;
    leaders.start(1);
    world.source.deleteTopic('orders');
    world.source.createTopic('orders', 3);
    leaders.stop(1);
    write(world, 50);
  });
  after(world, 4 * minuteMs, () => comesBack(world));
  await follow(world, 5 * minuteMs, { options: { answer } });
  const passed = world.events.flatMap((one) => (one.event === 'loss-passed' ? [one.loss.source.partition] : []));
  deepEqual([...new Set(passed)].sort(), [0, 1, 2]);
  deepEqual(
    world.events.filter((one) => one.event === 'loss'),
    [],
  );
  for (const partition of [0, 1, 2]) equal(nextOf(world, partition), world.sourceLog(partition).end);
});

test('a process that dies while partitions are left out leaves the next one all that it needs', async () => {
  const world = writtenWorld();
  world.source.leaders.stop(1);
  const { process } = world.start({ options: { until: 'stopped' } });
  after(world, minuteMs, () => process.kill());
  await world.clock.run(process.death);
  write(world, 50);
  after(world, 2 * minuteMs, () => comesBack(world));
  equal((await world.mirror()).result, 'caught-up');
  expectMirrored(world, true);
});

/** No record is newer: it begins at the end, too. */
const newest = { timestampMs: 2_000_000_000_000n };

for (const start of ['latest', newest] as const)
  test(`partitions that begin at ${typeof start === 'string' ? start : 'a timestamp'} begin together`, async () => {
    const world = writtenWorld();
    world.source.leaders.stop(1);
    const waits: bigint[] = [];
    after(world, 2 * minuteMs, () => {
      waits.push(nextOf(world, 0));
      comesBack(world);
    });
    const ends = [0, 1].map((partition) => world.sourceLog(partition).end);
    await follow(world, 3 * minuteMs, { options: { start } });
    deepEqual(waits, [0n]);
    const begun = world.positions().map((one) => one.record.startSource);
    deepEqual(begun, ends);
  });

test('by key the other source partitions of the topic go on', async () => {
  const world = writtenWorld({ byKey: { hash: 'murmur2', partitions: 3 } });
  after(world, 10_000, () => world.source.leaders.stop(1));
  after(world, 2 * minuteMs, () => write(world, 50));
  let reached = false;
  after(world, 4 * minuteMs, () => {
    reached = nextOf(world, 0) === world.sourceLog(0).end && nextOf(world, 1) < world.sourceLog(1).end;
    comesBack(world);
  });
  await follow(world, 5 * minuteMs);
  ok(reached);
  expectByKey(world, { whole: true });
});

test('by key an empty target topic that was made again lost nothing, also of a partition that was left out then', async () => {
  const world = createMirrorWorld(seed, { partitions: 2, byKey: { hash: 'murmur2', partitions: 3 } });
  equal((await world.mirror()).result, 'caught-up');
  world.target.deleteTopic('orders-copy');
  world.target.createTopic('orders-copy', 3);
  write(world, 50);
  world.source.leaders.stop(1);
  after(world, 2 * minuteMs, () => comesBack(world));
  equal((await follow(world, 3 * minuteMs)).result, 'interrupted');
  expectByKey(world, { whole: true });
  equal((await world.mirror()).result, 'caught-up');
});

test('by key a target topic made again is a loss of all, also where only a partition begins that mirrored nothing', async () => {
  const world = createMirrorWorld(seed, { partitions: 2, byKey: { hash: 'murmur2', partitions: 3 } });
  for (let i = 0; i < 20; i += 1) world.writer.write(world.sourceLog(1));
  world.writer.finish(world.sourceLog(1));
  equal((await world.mirror()).result, 'caught-up');
  world.target.deleteTopic('orders-copy');
  world.target.createTopic('orders-copy', 3);
  write(world, 50);
  world.source.leaders.stop(1);
  const outcome = await follow(world, 3 * minuteMs);
  deepEqual(lossesOf(outcome), [['target-recreated', 0]]);
  ok([0, 1, 2].every((partition) => world.targetLog(partition).end === 0n));
});

for (const delivery of ['transactional', 'idempotent'] as const) {
  test(`a flow that is stopped where a partition is taken in again leaves nothing open, ${delivery}`, async () => {
    const world = createMirrorWorld(seed, { partitions: 2, delivery });
    write(world, 50);
    world.source.leaders.stop(1);
    const stop = new AbortController();
    after(world, minuteMs, () => comesBack(world));
    for (let passedMs = 50_000; passedMs < 70_000; passedMs += 50) after(world, passedMs, () => write(world, 3));
    let reason = '';
    const options: MirrorSettings['options'] = {
      until: 'stopped',
      signal: stop.signal,
      report(event) {
        if (event.event !== 'retry' || !event.reason.includes('can be read again')) return;
        reason = event.reason;
        stop.abort();
      },
      tuning: { commitIntervalMs: 8_000, fetchMaxBytes: 20_000, memoryMaxMb: 1 },
    };
    equal((await world.clock.run(world.start({ options }).outcome)).result, 'interrupted');
    match(reason, /orders-1/);
    deepEqual(
      [0, 1].map((partition) => world.targetLog(partition).open.size),
      [0, 0],
    );
  });
}

test('what is left out counts as such until the session has ended', async () => {
  const source = { topic: 'orders', topicId: 'old', partition: 0 };
  const flow = {
    leftOut: new Map(),
    options: {
      flow: 'f',
      report() {},
      clock: { nowMs: () => 0, sleep: async () => {} },
      source: { describeTopics: async () => new Map([['orders', { topicId: 'new', leaders: [1] }]]) },
    },
  } as unknown as FlowContext;
  leaveOut(flow, [{ source, sinceMs: 0 }]);
  const ending = new AbortController();
  const session = { flow, closed: false, failure: null, ending, work: { notify() {} } } as unknown as Session;
  startTakingIn(session);
  const turnsMax = 200;
  for (let turn = 0; turn < turnsMax && session.failure === null; turn += 1) {
    await null;
    const allAnswer = [...flow.leftOut.values()].every((one) => one.answers);
    ok(session.failure !== null || !allAnswer, 'a writer would find nothing left out, and no failure');
  }
  ok(session.failure);
});

test.run();
