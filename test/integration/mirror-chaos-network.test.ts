import { basename, dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedClusters } from '../clusters/shared.ts';
import { expectMirrored } from '../fixtures/chaos/expect-mirrored.ts';
import { openNetwork, type TestNetwork } from '../fixtures/chaos/network.ts';
import { type Delivery, deliveries, type Mirroring, trial } from '../fixtures/chaos/trial.ts';
import { eventually } from '../fixtures/eventually.ts';
import { commitAlong, endsOf, misplacedCommits } from '../fixtures/kills/group-positions.ts';
import { startApply } from '../fixtures/kills/kill-apply.ts';
import { openLogEnds } from '../fixtures/kills/log-ends.ts';
import { createSourceTopics, type SourceTopic } from '../fixtures/kills/source-topics.ts';
import { startSourceWriter } from '../fixtures/kills/source-writer.ts';
import { uniqueName } from '../fixtures/records.ts';
import { temporaryFile } from '../fixtures/temporary-file.ts';
import { createRandom, seedOfRun } from '../simulation/random.ts';

const { source, target } = await sharedClusters();
const sides = ['source', 'target'] as const;
const isLong = process.env.KPLAN_TEST_LONG === '1';
/** The long one is longer than a transaction may take: the target aborts it and fences its producer. */
const stalledMs = isLong ? [4_000, 75_000] : [4_000];
const slowMs = isLong ? 120_000 : 8_000;
/** Far less than what is written meanwhile. */
const slow = { latencyMs: 30, bytesPerSecond: isLong ? 60_000 : 120_000 };
const fast = { latencyMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY };
/** A broker that does not answer is given up on after 45 s. */
const goesOnMsMax = 180_000;
const writingMs = 3_000;
const beginsMsMax = 120_000;

interface Networks {
  readonly source: TestNetwork;
  readonly target: TestNetwork;
}

/** A flow that reaches both clusters through networks of the test, under load. The long run tries both deliveries. */
function between(
  what: string,
  delivery: Delivery,
  trouble: (networks: Networks, mirroring: Mirroring) => Promise<void>,
): void {
  for (const one of isLong ? deliveries : [delivery]) test(`${what}, ${one}`, () => tryOut(one, trouble));
}

async function tryOut(
  delivery: Delivery,
  trouble: (networks: Networks, mirroring: Mirroring) => Promise<void>,
): Promise<void> {
  const networks = { source: await openNetwork(source.bootstrap), target: await openNetwork(target.bootstrap) };
  const bootstrap = { source: source.bootstrap, target: target.bootstrap };
  const topics = await createSourceTopics(source.bootstrap);
  const startLoad = () => startSourceWriter(source.bootstrap, topics, createRandom(seedOfRun()));
  try {
    await trial({ bootstrap, ways: networks, topics, delivery, startLoad }, (mirroring) =>
      trouble(networks, mirroring),
    );
  } finally {
    await Promise.all([networks.source.close(), networks.target.close()]);
  }
}

between(
  'connections are reset, and networks cut for seconds, on each side',
  'idempotent',
  async (networks, mirroring) => {
    for (const side of sides) {
      networks[side].reset();
      await mirroring.progresses(`${side} reset`, goesOnMsMax);
      networks[side].cut();
      await pause(3_000);
      networks[side].heal();
      await mirroring.progresses(`${side} cut for 3 s`, goesOnMsMax);
    }
  },
);

between('networks stall: nobody is told, and nothing is lost', 'transactional', async (networks, mirroring) => {
  for (const side of sides) {
    for (const durationMs of stalledMs) {
      networks[side].set({ stalled: true });
      await pause(durationMs);
      networks[side].set({ stalled: false });
      await mirroring.progresses(`${side} stalled for ${durationMs} ms`, goesOnMsMax);
    }
  }
});

between(
  'networks slower than what is written: the mirror falls behind, goes on meanwhile, and catches up',
  'transactional',
  async (networks, mirroring) => {
    for (const side of sides) {
      networks[side].set(slow);
      await pause(slowMs);
      await mirroring.progresses(`${side} at ${slow.bytesPerSecond} bytes a second`, goesOnMsMax);
      networks[side].set(fast);
      await mirroring.progresses(`${side} fast again`, goesOnMsMax);
    }
  },
);

if (isLong) {
  between(
    'connections that stay open and lead nowhere are given up on',
    'transactional',
    async (networks, mirroring) => {
      for (const side of sides) {
        networks[side].halfOpen();
        await mirroring.progresses(`${side} half open`, goesOnMsMax);
      }
    },
  );
}

/** A fetch so small brings one batch: the mirror is at work for seconds. */
function planText(name: string, topics: readonly SourceTopic[], networks: Networks): string {
  const reached = ({ bootstrap, addressMap }: TestNetwork) => ({
    bootstrap,
    addressMap: Object.fromEntries(addressMap),
  });
  return JSON.stringify({
    version: 1,
    name,
    clusters: { old: reached(networks.source), new: reached(networks.target) },
    flows: [
      {
        ...{ name: 'old-to-new', source: 'old', target: 'new' },
        topics: { include: topics.map(({ topic }) => topic) },
        groups: { include: [`${name}-*`] },
        tuning: { fetchMaxBytes: 1024, commitIntervalMs: 500 },
      },
    ],
  });
}

/** Resets, cuts and stalls, as long as it runs; gives the number of connections that were reset. */
async function trouble(networks: Networks, isRunning: () => boolean): Promise<number> {
  let resets = 0;
  for (let index = 0; isRunning(); index += 1) {
    const network = networks[sides[index % 2] ?? 'source'];
    resets += network.reset();
    await pause(500);
    network.cut();
    await pause(1_000);
    network.heal();
    network.set({ stalled: true });
    await pause(1_000);
    network.set({ stalled: false });
    await pause(2_000);
  }
  return resets;
}

test('a real apply, through the addressMap of its plan file, comes to its end whatever the networks do', async () => {
  const networks = { source: await openNetwork(source.bootstrap), target: await openNetwork(target.bootstrap) };
  const topics = await createSourceTopics(source.bootstrap);
  const writer = startSourceWriter(source.bootstrap, topics, createRandom(seedOfRun()));
  await pause(writingMs);
  const written = await writer.stop();
  const name = uniqueName('chaos');
  const group = `${name}-group`;
  const commits = await commitAlong(source.bootstrap, group, await endsOf(source.bootstrap, topics), 60);
  const file = await temporaryFile(planText(name, topics, networks));
  const ends = openLogEnds(target.bootstrap);
  let running = true;
  try {
    const applying = startApply({ folder: dirname(file.path), planFile: basename(file.path) }, { leaseSeconds: 60 });
    await eventually('records are mirrored', beginsMsMax, async () => {
      const logs = await ends.read(topics.map(({ topic }) => topic));
      return [...logs.values()].some(({ written: end }) => end > 0n);
    });
    const troubled = trouble(networks, () => running);
    const { exitCode, all } = await applying;
    running = false;
    assert.ok((await troubled) > 0, 'connections were reset on the way');
    assert.is(exitCode, 0, all);
    const { compared } = await expectMirrored(source.bootstrap, target.bootstrap, topics, written);
    assert.equal(await misplacedCommits(target.bootstrap, group, commits, compared), []);
  } finally {
    running = false;
    await Promise.all([networks.source.close(), networks.target.close(), file.remove(), ends.close()]);
  }
});

test.run();
