import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'uvu';
import { handOver } from '../../../runner/steps/hand-over.ts';
import { flowLease, leaseKey } from '../../../src/state/keys.ts';
import { stateRecordVersion } from '../../../src/state/records.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import {
  createMirrorWorld,
  type MirrorWorld,
  type WorldSettings,
  writeFinished,
} from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';

const minuteMs = 60_000;
const byKeySettings = { hash: 'murmur2', partitions: 3 } as const;

/** Two partitions that are mirrored; broker 1 alone leads the second one. */
async function mirroredWorld(settings: WorldSettings = {}): Promise<MirrorWorld> {
  const world = createMirrorWorld(seedOfRun(), { partitions: 2, ...settings });
  writeFinished(world, 80);
  equal((await world.mirror()).result, 'caught-up');
  return world;
}

function after({ clock }: MirrorWorld, delayMs: number, act: () => void): void {
  clock.at(clock.nowMs() + delayMs, act);
}

/** What the hand-over needs of its world, and no more: the follower holds its lease. */
function handedOver(world: MirrorWorld, byKey?: typeof byKeySettings) {
  const { clock } = world;
  const process = createProcess(clock, world.random);
  const clusters = new Map([
    ['old', { log: process.connect(world.source, noFaults) }],
    ['new', { log: process.connect(world.target, noFaults) }],
  ]);
  const topic = { source: 'orders', target: 'orders-copy', sourcePartitions: world.partitions, partitions: 3 };
  const flow = { name: 'old-to-new', source: 'old', target: 'new', topics: [{ ...topic, byKey: byKey?.hash }] };
  const holder = { id: 'follower', who: 'somebody', command: 'apply' };
  const lease = { v: stateRecordVersion, holder, since: new Date(0).toISOString(), leaseSeconds: 3_600 };
  const records = [{ key: leaseKey(flowLease(flow.name)), value: JSON.stringify(lease), appendTimeMs: clock.nowMs() }];
  const codes: string[] = [];
  const context = {
    control: { write: async () => {} },
    emit: (event: { event: string; diagnostic?: { code: string } }) => {
      if (event.diagnostic !== undefined) codes.push(event.diagnostic.code);
    },
    signal: new AbortController().signal,
    world: { clock: process.clock, clusters },
    plan: { migration: { name: 'test' } },
    stateLog: { read: async () => ({ records, recordsSeen: records }), brokerTimeMs: async () => clock.nowMs() },
  };
  const startMs = clock.nowMs();
  const outcome = clock.run(handOver(flow as never, 'mirror', context as never));
  return outcome.then((found) => ({ outcome: found, codes, tookMs: clock.nowMs() - startMs }));
}

for (const byKey of [undefined, byKeySettings]) {
  test(`a follower that has caught up is waited for no longer, ${byKey === undefined ? 'preserve' : 'by key'}`, async () => {
    const world = await mirroredWorld(byKey === undefined ? {} : { byKey });
    const { outcome, tookMs } = await handedOver(world, byKey);
    equal(outcome.result, 'done');
    equal(tookMs < 1_000, true);
  });
}

test('a partition that is without a leader for two minutes is waited for, and told of', async () => {
  const world = await mirroredWorld();
  world.source.leaders.stop(1);
  after(world, 2 * minuteMs, () => {
    world.source.leaders.start(1);
    world.source.leaders.elect(() => 1);
  });
  const { outcome, codes, tookMs } = await handedOver(world);
  deepEqual([outcome, codes], [{ result: 'done' }, ['KP4023', 'KP5026']]);
  equal(tookMs >= 2 * minuteMs && tookMs < 2 * minuteMs + 5_000, true, `${tookMs}`);
});

test('an election of some seconds is no news', async () => {
  const world = await mirroredWorld();
  world.source.leaders.stop(1);
  after(world, 5_000, () => world.source.leaders.elect(() => 0));
  const { outcome, codes } = await handedOver(world);
  deepEqual([outcome, codes], [{ result: 'done' }, ['KP4023']]);
});

for (const backAfterMs of [4 * minuteMs, null])
  test(`a leader that goes while the follower has yet to mirror what it leads is waited for ${backAfterMs === null ? 'for five minutes' : 'until it is back'}`, async () => {
    const world = await mirroredWorld();
    writeFinished(world, 80);
    const stop = new AbortController();
    let following = Promise.resolve<unknown>(null);
    after(world, 2_000, () => world.source.leaders.stop(1));
    after(world, 3_000, () => {
      following = world.start({ options: { until: 'stopped', signal: stop.signal } }).outcome;
    });
    if (backAfterMs !== null) {
      after(world, backAfterMs, () => {
        world.source.leaders.start(1);
        world.source.leaders.elect(() => 1);
      });
    }
    const { outcome, codes, tookMs } = await handedOver(world);
    stop.abort();
    await world.clock.run(following);
    const told = 'diagnostics' in outcome ? outcome.diagnostics.map((one) => one.code) : [];
    deepEqual([outcome.result, told], backAfterMs === null ? ['failed', ['KP5027']] : ['done', []]);
    deepEqual(codes, ['KP4023', 'KP5026']);
    equal(tookMs >= (backAfterMs ?? 5 * minuteMs) && tookMs < 7 * minuteMs, true, `${tookMs}`);
  });

test('one that stays without a leader fails with its name after five minutes, once all else is mirrored', async () => {
  const world = await mirroredWorld();
  writeFinished(world, 80);
  world.source.leaders.stop(1);
  const follower = new AbortController();
  const following = world.start({ options: { until: 'stopped', signal: follower.signal } });
  const { outcome, codes, tookMs } = await handedOver(world);
  follower.abort();
  await world.clock.run(following.outcome);
  equal(outcome.result, 'failed');
  const [told] = 'diagnostics' in outcome ? outcome.diagnostics : [];
  deepEqual([told?.code, codes], ['KP5027', ['KP4023', 'KP5026']]);
  match(told?.summary ?? '', /orders-1/);
  equal(tookMs >= 5 * minuteMs && tookMs < 6 * minuteMs, true, `${tookMs}`);
});

test.run();
