import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import type { LossKind } from '../../../runner/engines/native/losses.ts';
import type { MirrorOptions, MirrorOutcome } from '../../../runner/engines/native/options.ts';
import { readPositions } from '../../../runner/engines/native/positions.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { decodeRecords } from '../../../runner/records/decode.ts';
import { positionSegmentsMax } from '../../../src/offset-map/seal.ts';
import { parsePositionKey, positionKey, segmentsKey } from '../../../src/state/position-codec.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import { createMirrorWorld, type MirrorWorld, positionsTopic, writeFinished } from '../../simulation/mirror-world.ts';
import { expectMap, pairUp } from '../../simulation/pairs.ts';
import { seedOfRun } from '../../simulation/random.ts';
import {
  appendMarker,
  appendStored,
  committedRecords,
  deleteBefore,
  isCommitted,
  type SimulatedPartition,
  truncateTo,
} from '../../simulation/simulated-partition.ts';
import { read } from '../../simulation/thinned-world.ts';

const seed = seedOfRun();
const goingOn: Partial<MirrorOptions> = { answer: () => 'continue' };

/** A record as readers of committed records see it; offsets differ between source and target. */
function seen(log: SimulatedPartition, from = 0n): string[] {
  return committedRecords(log)
    .filter(({ offset }) => offset >= from)
    .map(({ key, value, timestamp }) => [key?.toString('latin1'), value?.toString('latin1'), timestamp].join(' '));
}

const writers = {
  transactions: (world: MirrorWorld, count: number) => {
    writeFinished(world, count);
  },
  plain: (world: MirrorWorld, count: number) => {
    const log = world.sourceLog(0);
    for (let i = 0; i < count; i += 1) appendStored(log, plainBatch(`plain ${log.end}`));
  },
};

/** A world of one partition whose first part is mirrored, in many transactions, and more is written. */
async function mirroredWorld(
  writer: keyof typeof writers = 'transactions',
  rounds = 5,
  delivery: MirrorOptions['delivery'] = 'transactional',
): Promise<MirrorWorld> {
  const world = createMirrorWorld(seed, { partitions: 1, delivery });
  const write = writers[writer];
  for (let i = 0; i < rounds; i += 1) {
    write(world, 20);
    equal((await world.mirror()).result, 'caught-up');
  }
  write(world, 60);
  return world;
}

function plainBatch(value: string): Buffer {
  return buildBatch({ records: [{ key: null, value: Buffer.from(value), timestamp: 1n }] });
}

function passed(world: MirrorWorld): readonly LossKind[] {
  return world.events.flatMap((one) => (one.event === 'loss-passed' ? [one.loss.kind] : []));
}

async function goOn(world: MirrorWorld, options: Partial<MirrorOptions> = goingOn): Promise<MirrorOutcome> {
  const outcome = await world.mirror({ options });
  equal(
    outcome.result,
    'caught-up',
    JSON.stringify(outcome, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)),
  );
  return outcome;
}

for (const delivery of ['transactional', 'idempotent'] as const) {
  test(`${delivery}: after retention it goes on from the log start, once`, () => afterRetention(delivery));
}

async function afterRetention(delivery: MirrorOptions['delivery']): Promise<void> {
  const world = await mirroredWorld('transactions', 5, delivery);
  const before = seen(world.targetLog(0));
  const source = world.sourceLog(0);
  deleteBefore(source, source.end - 4n);
  await goOn(world);
  deepEqual(seen(world.targetLog(0)), [...before, ...seen(source, source.end - 4n)]);
  deepEqual(passed(world), ['retention']);
  equal((await world.mirror()).result, 'caught-up', 'the position is stored');
}

test('a topic made again is mirrored behind the old one, and the position is of the new one', async () => {
  const world = await mirroredWorld();
  equal((await world.mirror()).result, 'caught-up');
  const before = seen(world.targetLog(0));
  world.source.deleteTopic('orders');
  world.source.createTopic('orders', 1);
  for (let i = 0; i < 30; i += 1) appendStored(world.sourceLog(0), plainBatch(`new ${i}`));
  await goOn(world);
  deepEqual(seen(world.targetLog(0)), [...before, ...seen(world.sourceLog(0))]);
  appendStored(world.sourceLog(0), plainBatch('later'));
  equal((await world.mirror()).result, 'caught-up');
  deepEqual(seen(world.targetLog(0)), [...before, ...seen(world.sourceLog(0))]);
});

for (const [batchesLost, delivery] of [
  [2, 'transactional'],
  [1_500, 'transactional'],
  [1_500, 'idempotent'],
] as const) {
  test(`${delivery}: a source that lost its last ${batchesLost} batches is followed from where its log was cut`, async () => {
    const world = await mirroredWorld('plain', 90, delivery);
    equal((await world.mirror()).result, 'caught-up');
    const before = seen(world.targetLog(0));
    const log = world.sourceLog(0);
    truncateTo(log, log.batches.at(-batchesLost)?.base ?? log.end);
    const cut = log.end;
    world.source.moveLeader({ topic: 'orders', partition: 0 }, 2);
    for (let i = 0; i < 200; i += 1) appendStored(log, plainBatch(`other ${i}`));
    await goOn(world);
    deepEqual(seen(world.targetLog(0)), [...before, ...seen(log, cut)]);
    deepEqual(new Set(passed(world)), new Set(['truncated']));
    const [position] = world.positions();
    for (const [index, segment] of (position?.segments ?? []).entries()) {
      const next = position?.segments[index + 1];
      ok(next === undefined || next.source >= segment.source + segment.length, 'the map has each source offset once');
    }
  });
}

test("behind a stranger's records it goes on, also where he goes on writing", async () => {
  for (const foreignWriter of ['stop', 'continue'] as const) {
    const world = await mirroredWorld();
    appendStored(world.targetLog(0), plainBatch('stranger'));
    const running = world.start({ options: { ...goingOn, foreignWriter } }).outcome;
    if (foreignWriter === 'continue') {
      for (let ms = 10; ms < 200; ms += 20) {
        world.clock.at(world.clock.nowMs() + ms, () => void appendStored(world.targetLog(0), plainBatch('stranger')));
      }
    }
    equal((await world.clock.run(running)).result, 'caught-up');
    const ours = seen(world.targetLog(0)).filter((one) => !one.includes('stranger'));
    deepEqual(ours, seen(world.sourceLog(0)));
    for (const { source, target, length } of world.positions()[0]?.segments ?? []) {
      const [original] = seen(world.sourceLog(0), source);
      const [copy] = seen(world.targetLog(0), target);
      equal(copy, original, `source ${source}, target ${target}, ${length} records`);
    }
  }
});

test('what the target lost is mirrored again', async () => {
  for (const transactionsLost of [1, 80]) {
    const world = await mirroredWorld('plain', 90);
    equal((await world.mirror()).result, 'caught-up');
    const log = world.targetLog(0);
    const markers = log.batches.filter((batch) => batch.kind === 'marker');
    truncateTo(log, (markers.at(-transactionsLost - 1)?.last ?? -1n) + 1n);
    await goOn(world);
    deepEqual(passed(world), ['target-lost']);
    expectMirrored(world, true);
  }
});

for (const delivery of ['transactional', 'idempotent'] as const) {
  for (const [grownTo, recordsNew] of [
    ['below what was mirrored', 5],
    ['beyond what was mirrored', 30],
  ] as const) {
    test(`${delivery}: where both logs were cut, nothing of the source's new log is missing, grown ${grownTo}`, () =>
      afterBothWereCut(delivery, recordsNew));
  }
}

/** The source has 80 of 100 records left when it grows again, the target the copies of 90. */
async function bothCut(delivery: MirrorOptions['delivery'], recordsNew: number): Promise<MirrorWorld> {
  const world = createMirrorWorld(seed, { partitions: 1, delivery });
  const [source, target] = [world.sourceLog(0), world.targetLog(0)];
  let targetEnd = 0n;
  for (const count of [80, 10, 10]) {
    targetEnd = target.end;
    for (let i = 0; i < count; i += 1) appendStored(source, plainBatch(`old ${source.end}`));
    equal((await world.mirror()).result, 'caught-up');
  }
  truncateTo(target, targetEnd);
  truncateTo(source, 80n);
  world.source.moveLeader({ topic: 'orders', partition: 0 }, 2);
  for (let i = 0; i < recordsNew; i += 1) appendStored(source, plainBatch(`new ${source.end}`));
  return world;
}

async function afterBothWereCut(delivery: MirrorOptions['delivery'], recordsNew: number): Promise<void> {
  const world = await bothCut(delivery, recordsNew);
  const kept = seen(world.targetLog(0));
  await goOn(world);
  deepEqual(seen(world.targetLog(0)), [...kept, ...seen(world.sourceLog(0), 80n)]);
  ok(passed(world).includes('truncated') && passed(world).includes('target-lost'), passed(world).join());
}

for (const recordsNew of [5, 30]) {
  test(`a cut of the source that nobody decided about stops, beside one of the target, grown by ${recordsNew}`, async () => {
    const world = await bothCut('transactional', recordsNew);
    const kept = seen(world.targetLog(0));
    const outcome = await world.mirror({
      options: { answer: ({ kind }) => (kind === 'target-lost' ? 'continue' : 'stop') },
    });
    ok(outcome.result === 'loss' && outcome.losses.some((one) => one.kind === 'truncated'), outcome.result);
    deepEqual(seen(world.targetLog(0)), kept);
  });
}

test('what the target lost is mirrored again, also where the source had no topic ids when its position was written', async () => {
  for (const transactionsLost of [1, 80]) {
    const world = await mirroredWorld('plain', 90);
    equal((await world.mirror()).result, 'caught-up');
    ok((world.positions()[0]?.segments.length ?? 0) > positionSegmentsMax, 'a part of the map is sealed');
    forgetTopicIds(world);
    const log = world.targetLog(0);
    const markers = log.batches.filter((batch) => batch.kind === 'marker');
    truncateTo(log, (markers.at(-transactionsLost - 1)?.last ?? -1n) + 1n);
    await goOn(world);
    deepEqual(passed(world), ['target-lost']);
    equal(pairUp(world.sourceLog(0), log, 0n, 'orders').missing, null);
    const [position] = await storedPositions(world);
    ok(position !== undefined, 'it goes on under the id');
    expectMap(position?.segments() ?? [], pairUp(world.sourceLog(0), log, 0n, 'orders').pairs, 'orders');
  }
});

test('a topic made again is seen by the id it went on under, whatever still stands under its name', async () => {
  const world = await mirroredWorld('plain', 5);
  equal((await world.mirror()).result, 'caught-up');
  forgetTopicIds(world);
  writers.plain(world, 20);
  equal((await world.mirror()).result, 'caught-up');
  const { end } = world.sourceLog(0);
  world.source.deleteTopic('orders');
  world.source.createTopic('orders', 1);
  while (world.sourceLog(0).end < end) appendStored(world.sourceLog(0), plainBatch('new'));
  const outcome = await world.mirror();
  deepEqual(outcome.result === 'loss' && outcome.losses.map((one) => one.kind), ['recreated']);
});

test('a topic made again is seen by every partition, also one that never went on under an id', async () => {
  const world = createMirrorWorld(seed, { partitions: 2 });
  const at = { topic: 'orders', partition: 1 };
  const write = () => {
    for (const partition of [0, 1]) {
      for (let i = 0; i < 5; i += 1) appendStored(world.sourceLog(partition), plainBatch(`${partition} ${i}`));
    }
  };
  write();
  equal((await world.mirror()).result, 'caught-up');
  forgetTopicIds(world);
  write();
  world.source.leaders.withhold(at);
  const stop = new AbortController();
  const { outcome } = world.start({ options: { until: 'stopped', signal: stop.signal } });
  await world.clock.run(world.clock.sleep(60_000));
  stop.abort();
  await world.clock.run(outcome);
  const kept = (await allPositions(world)).map(({ record: { source } }) => [source.partition, source.topicId]);
  deepEqual(kept.toSorted(), [
    [0, 'old-id-1'],
    [1, undefined],
  ]);
  world.source.leaders.release(at);
  world.source.deleteTopic('orders');
  world.source.createTopic('orders', 2);
  for (let i = 0; i < 3; i += 1) write();
  equal((await read(world)).partitions.size, 0, 'nothing is translated by the map of another topic');
  const stopped = await world.mirror();
  deepEqual(stopped.result === 'loss' && stopped.losses.map((one) => one.kind), ['recreated', 'recreated']);
  await goOn(world);
  deepEqual(seen(world.targetLog(1)).slice(-15), seen(world.sourceLog(1)));
});

test('of a topic made again the map is its own, whatever was sealed under its name before there were ids', async () => {
  const world = await mirroredWorld('plain', 90);
  equal((await world.mirror()).result, 'caught-up');
  forgetTopicIds(world);
  writers.plain(world, 20);
  equal((await world.mirror()).result, 'caught-up');
  const [before] = await storedPositions(world);
  ok((before?.segments().length ?? 0) > positionSegmentsMax, 'it goes on under the id, with what is sealed');
  const { end } = world.targetLog(0);
  world.source.deleteTopic('orders');
  world.source.createTopic('orders', 1);
  writers.plain(world, 30);
  await goOn(world);
  deepEqual(passed(world), ['recreated']);
  const map = (await storedPositions(world)).at(-1)?.segments() ?? [];
  equal(
    map.reduce((sum, one) => sum + one.length, 0n),
    30n,
  );
  ok(map.every((one) => one.target >= end));
});

for (const transactionsLost of [1, 2, 5]) {
  test(`what of ${transactionsLost} transactions a target has kept and aborted is mirrored again`, async () => {
    const world = await mirroredWorld();
    equal((await world.mirror()).result, 'caught-up');
    const log = world.targetLog(0);
    const markers = log.batches.filter((one) => one.kind === 'marker' && one.outcome === 'COMMIT');
    truncateTo(log, markers.at(-transactionsLost)?.base ?? 0n);
    world.target.moveLeader({ topic: 'orders-copy', partition: 0 }, 1);
    equal((await world.mirror({ options: goingOn })).result, 'loss', 'nobody knows while it is open');
    for (const producerId of [...log.open.keys()]) appendMarker(log, 'ABORT', { producerId, producerEpoch: 0 }, 1n);
    equal((await world.mirror()).result, 'loss');
    await goOn(world);
    deepEqual(passed(world), ['target-lost']);
    expectMirrored(world, true);
    equal((await world.mirror()).result, 'caught-up', 'the position is stored');
  });
}

/** The map under the topic's id, with what is sealed under its name. */
async function storedPositions(world: MirrorWorld) {
  return (await allPositions(world)).filter((one) => one.record.source.topicId !== undefined);
}

function allPositions(world: MirrorWorld) {
  const log = createProcess(world.clock, world.random).connect(world.target, noFaults);
  return world.clock.run(readPositions(log, positionsTopic, undefined, world.clock));
}

/** All that is stored of the partition stands under the topic's name, as before its cluster had ids. */
function forgetTopicIds(world: MirrorWorld): void {
  const log = world.target.partition({ topic: positionsTopic, partition: 0 });
  const stored = new Map<string, string | null>();
  for (const batch of log.batches.filter(isCommitted)) {
    if (batch.kind === 'marker') continue;
    for (const { key, value } of decodeRecords(batch.bytes)) stored.set(String(key), value && String(value));
  }
  for (const [key, value] of stored) {
    const parsed = parsePositionKey(key);
    if (parsed === null || value === null) continue;
    const owner = { ...parsed.owner, source: 'orders' };
    const named = parsed.kind === 'segments' ? segmentsKey(owner, parsed.first) : positionKey(owner);
    const record = {
      key: Buffer.from(named),
      value: Buffer.from(value.replace(/("source":{[^}]*),"topicId":"[^"]*"/, '$1')),
    };
    const gone = { key: Buffer.from(key), value: null };
    appendStored(log, buildBatch({ records: [record, gone].map((one) => ({ ...one, timestamp: 1n })) }));
  }
}

test('a target topic made again gets all that the source still holds', async () => {
  const world = await mirroredWorld();
  world.target.deleteTopic('orders-copy');
  world.target.createTopic('orders-copy', 1);
  await goOn(world);
  expectMirrored(world, true);
  deepEqual(passed(world), ['target-recreated']);
});

test('a loss that nobody decided about stops, beside one that somebody did', async () => {
  const world = await mirroredWorld();
  const log = world.sourceLog(0);
  deleteBefore(log, log.end - 1n);
  const answer: MirrorOptions['answer'] = ({ kind }) => (kind === 'truncated' ? 'continue' : 'stop');
  const outcome = await world.mirror({ options: { answer } });
  equal(outcome.result, 'loss');
  deepEqual(passed(world), []);
});

test.run();
