import { equal } from 'node:assert/strict';
import { test } from 'uvu';
import { handOver } from '../../../runner/steps/hand-over.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { createMirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';

for (const byKey of [undefined, { hash: 'murmur2', partitions: 3 } as const]) {
  test(`a follower that has caught up is waited for no longer, ${byKey === undefined ? 'preserve' : 'by key'}`, async () => {
    const world = createMirrorWorld(seedOfRun(), byKey === undefined ? {} : { byKey });
    writeFinished(world, 80);
    equal((await world.mirror()).result, 'caught-up');
    const process = createProcess(world.clock, world.random);
    const clusters = new Map([
      ['old', { log: process.connect(world.source, noFaults) }],
      ['new', { log: process.connect(world.target, noFaults) }],
    ]);
    const topic = { source: 'orders', target: 'orders-copy', sourcePartitions: world.partitions, partitions: 3 };
    const flow = { name: 'old-to-new', source: 'old', target: 'new', topics: [{ ...topic, byKey: byKey?.hash }] };
    // What the hand-over needs of its world, and no more.
    const context = {
      control: { write: async () => {} },
      emit: () => {},
      signal: new AbortController().signal,
      world: { clock: process.clock, clusters },
      plan: { migration: { name: 'test' } },
      stateLog: { read: async () => ({ records: [], recordsSeen: [] }), brokerTimeMs: async () => 0 },
    };
    const outcome = await world.clock.run(handOver(flow as never, 'mirror', context as never));
    equal(outcome.result, 'done');
  });
}

test.run();
