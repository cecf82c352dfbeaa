import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'uvu';
import { sharedClusters } from '../clusters/shared.ts';
import { openNetwork, type TestNetwork } from '../fixtures/chaos/network.ts';
import { type Mirroring, trial } from '../fixtures/chaos/trial.ts';
import { createSourceTopics } from '../fixtures/kills/source-topics.ts';
import { startSourceWriter } from '../fixtures/kills/source-writer.ts';
import { createRandom, seedOfRun } from '../simulation/random.ts';

const { source, target } = await sharedClusters();

interface Networks {
  readonly source: TestNetwork;
  readonly target: TestNetwork;
}

/** A flow that reaches both clusters through networks of the test, under load. */
async function between(trouble: (networks: Networks, mirroring: Mirroring) => Promise<void>): Promise<void> {
  const networks = { source: await openNetwork(source.bootstrap), target: await openNetwork(target.bootstrap) };
  const bootstrap = { source: source.bootstrap, target: target.bootstrap };
  const topics = await createSourceTopics(source.bootstrap);
  const startLoad = () => startSourceWriter(source.bootstrap, topics, createRandom(seedOfRun()));
  try {
    await trial({ bootstrap, ways: networks, topics, startLoad }, (mirroring) => trouble(networks, mirroring));
  } finally {
    await Promise.all([networks.source.close(), networks.target.close()]);
  }
}

const sides = ['source', 'target'] as const;

test('connections are reset, and networks cut for seconds, on each side', () =>
  between(async (networks, mirroring) => {
    for (const side of sides) {
      networks[side].reset();
      await mirroring.progresses(`${side} reset`, 15_000);
      networks[side].cut();
      await pause(3_000);
      networks[side].heal();
      await mirroring.progresses(`${side} cut for 3 s`, 30_000);
    }
  }));

test('networks stall for seconds: nobody is told, and nothing is lost', () =>
  between(async (networks, mirroring) => {
    for (const side of sides) {
      networks[side].set({ stalled: true });
      await pause(4_000);
      networks[side].set({ stalled: false });
      await mirroring.progresses(`${side} stalled for 4 s`, 30_000);
    }
  }));

test.run();
