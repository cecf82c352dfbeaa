import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import type { LossKind } from '../../../../runner/engines/native/losses.ts';
import type { MirrorOptions } from '../../../../runner/engines/native/options.ts';
import { buildBatch } from '../../../../runner/records/build.ts';
import { lossesOf } from '../../../simulation/losses-of.ts';
import { createMirrorWorld, type MirrorWorld, type WorldSettings } from '../../../simulation/mirror-world.ts';
import { seedOfRun } from '../../../simulation/random.ts';
import {
  allRecords,
  appendMarker,
  appendStored,
  committedRecords,
  truncateTo,
} from '../../../simulation/simulated-partition.ts';

const seed = seedOfRun();

const ways = {
  transactional: {},
  idempotent: { delivery: 'idempotent' },
  'by key': { byKey: { hash: 'murmur2', partitions: 1 } },
} as const satisfies Record<string, WorldSettings>;

/** So many records, each in a batch of its own. */
function put(world: MirrorWorld, tag: string, records: number, valueBytes = 1): void {
  for (let i = 0; i < records; i += 1) {
    const value = Buffer.from(`${tag}${i}`.padEnd(valueBytes));
    appendStored(world.sourceLog(0), buildBatch({ records: [{ key: Buffer.from(tag), value, timestamp: 1n }] }));
  }
}

/** Three runs have mirrored so many records each. */
async function mirroredWorld(way: keyof typeof ways, records = 3): Promise<MirrorWorld> {
  const world = createMirrorWorld(seed, { partitions: 1, ...ways[way] });
  for (const tag of ['a', 'b', 'c']) {
    put(world, tag, records);
    equal((await world.mirror()).result, 'caught-up');
  }
  return world;
}

/** A session that has written nothing yet stands idle while the target's log is cut, and then writes. */
async function cutUnderSession(world: MirrorWorld, offsets: number, records: number): Promise<void> {
  const stop = new AbortController();
  const { outcome } = world.start({ options: { until: 'stopped', signal: stop.signal } });
  await world.clock.run(world.clock.sleep(5_000));
  truncateTo(world.targetLog(0), world.targetLog(0).end - BigInt(offsets));
  put(world, 'd', records);
  await world.clock.run(world.clock.sleep(20_000));
  stop.abort();
  await world.clock.run(outcome);
}

function values(records: readonly { readonly value: Buffer | null }[]): string[] {
  return records.map(({ value }) => value?.toString().trim() ?? '');
}

for (const way of ['transactional', 'idempotent', 'by key'] as const) {
  for (const offsets of [1, 2, 3, 4, 5, 8]) {
    for (const records of [1, 3, 5, 12]) {
      test(`${way}: a target cut by ${offsets} offsets under a session that then writes ${records} records loses nothing in silence`, async () => {
        const world = await mirroredWorld(way);
        await cutUnderSession(world, offsets, records);
        deepEqual(lossesOf(await world.mirror()), [['target-lost', 0]]);
        deepEqual(lossesOf(await world.mirror()), [['target-lost', 0]], 'it stays');
      });
    }
  }
}

const goingOn: Partial<MirrorOptions> = { answer: ({ kind }) => (kind === 'target-lost' ? 'continue' : 'stop') };

for (const offsets of [1, 2, 3, 4, 5, 8]) {
  for (const records of [1, 5, 12]) {
    test(`accepted, what ${offsets} offsets less have cost is mirrored again, though ${records} records were sent since`, async () => {
      const world = await mirroredWorld('transactional');
      await cutUnderSession(world, offsets, records);
      equal((await world.mirror({ options: goingOn })).result, 'caught-up');
      deepEqual(values(committedRecords(world.targetLog(0))), values(committedRecords(world.sourceLog(0))));
      equal((await world.mirror()).result, 'caught-up', 'the position is stored');
    });
  }
}

test('accepted, a target that lost all is mirrored again from where its map begins', async () => {
  const world = await mirroredWorld('transactional');
  await cutUnderSession(world, Number(world.targetLog(0).end), 20);
  equal((await world.mirror({ options: goingOn })).result, 'caught-up');
  deepEqual(values(committedRecords(world.targetLog(0))), values(committedRecords(world.sourceLog(0))));
});

test("what a stranger wrote since is a loss of its own: who accepts the target's alone stops at it", async () => {
  const world = await mirroredWorld('transactional');
  await cutUnderSession(world, 4, 5);
  appendStored(
    world.targetLog(0),
    buildBatch({ records: [{ key: null, value: Buffer.from('stranger'), timestamp: 1n }] }),
  );
  const before = world.targetLog(0).end;
  deepEqual(lossesOf(await world.mirror({ options: goingOn })), [['foreign-writer', 0]]);
  equal(world.targetLog(0).end, before);
  equal((await world.mirror({ options: { answer: () => 'continue' } })).result, 'caught-up');
  const ours = values(committedRecords(world.targetLog(0))).filter((one) => one !== 'stranger');
  deepEqual(ours, values(committedRecords(world.sourceLog(0))));
});

test('where compaction took something behind the last record that is left, nobody can tell: there is no way on', async () => {
  const world = await mirroredWorld('transactional');
  await cutUnderSession(world, 8, 12);
  const log = world.targetLog(0);
  equal(log.batches[1]?.kind, 'marker');
  log.batches.splice(1, 1);
  const before = log.end;
  deepEqual(lossesOf(await world.mirror({ options: goingOn })), [['target-lost', 0]]);
  equal(log.end, before);
});

for (const offsets of [1, 2]) {
  test(`a transaction of ours that lost its last ${offsets} offsets is open again: lost records, and nobody else's`, async () => {
    const world = createMirrorWorld(seed, { partitions: 1 });
    const tuning = { commitIntervalMs: 100, fetchMaxBytes: 2_000_000, memoryMaxMb: 16 };
    for (const tag of ['a', 'b', 'c']) {
      put(world, tag, 3, 70_000);
      equal((await world.mirror({ options: { tuning } })).result, 'caught-up');
    }
    const log = world.targetLog(0);
    truncateTo(log, log.end - BigInt(offsets));
    put(world, 'd', 3);
    const asked: LossKind[] = [];
    const goesOn: Partial<MirrorOptions> = {
      tuning,
      answer: ({ kind }) => {
        asked.push(kind);
        return 'continue';
      },
    };
    const outcome = await world.mirror({ options: { ...goesOn, foreignWriter: 'continue' } });
    deepEqual(lossesOf(outcome), [['target-lost', 0]]);
    deepEqual(asked, [], 'while it is open there is no way on');
    ok(outcome.result === 'loss' && outcome.losses[0]?.diagnostic.fix?.includes('kafka-transactions.sh'));
    const [open] = log.open.keys();
    appendMarker(log, 'ABORT', { producerId: open ?? -1n, producerEpoch: 1 }, 1n);
    equal((await world.mirror({ options: goesOn })).result, 'caught-up');
    deepEqual(asked, ['target-lost']);
    deepEqual(values(committedRecords(log)), values(committedRecords(world.sourceLog(0))));
  });
}

test('a target that loses what came behind its last record has lost nothing', async () => {
  const world = await mirroredWorld('idempotent');
  const log = world.targetLog(0);
  const { end } = log;
  const { producerId = -1n } = log.batches.at(-1) ?? {};
  appendMarker(log, 'COMMIT', { producerId, producerEpoch: 100 }, 1n);
  equal((await world.mirror()).result, 'caught-up');
  truncateTo(log, end);
  put(world, 'd', 3);
  equal((await world.mirror()).result, 'caught-up');
  deepEqual(values(allRecords(log)), values(committedRecords(world.sourceLog(0))));
});

test.run();
