import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import type { MirrorOptions } from '../../../runner/engines/native/options.ts';
import { readPositions } from '../../../runner/engines/native/positions.ts';
import { fillPartition, fillSpans } from '../../../runner/groups/fill-spans.ts';
import type { MirroredPartition } from '../../../runner/groups/mirrored-partition.ts';
import { readMirroredPartitions } from '../../../runner/groups/read-mirrored-partitions.ts';
import { decodeRecords } from '../../../runner/records/decode.ts';
import { verifyFlow } from '../../../runner/verify/verify-flow.ts';
import type { Flow } from '../../../src/migration/migration.ts';
import type { Span } from '../../../src/offset-map/span.ts';
import { type TranslationInput, translate, translateBack } from '../../../src/offset-map/translate.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { compact } from '../../simulation/compaction.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import {
  createMirrorWorld,
  finishTransactions,
  type MirrorWorld,
  positionsTopic,
  writeFinished,
  writeSome,
} from '../../simulation/mirror-world.ts';
import { type Pair, pairUp } from '../../simulation/pairs.ts';
import { seedOfRun } from '../../simulation/random.ts';
import {
  appendMarker,
  deleteBefore,
  isCommitted,
  type SimulatedPartition,
  truncateTo,
} from '../../simulation/simulated-partition.ts';
import { mixedHabits } from '../../simulation/source-writer.ts';
import { expectTranslations } from '../../simulation/translations.ts';

const seed = seedOfRun();
const deliveries = ['transactional', 'idempotent'] as const;
/** A topic that was never compacted: transactions, some of them aborted, in batches of all sizes. */
const habits = {
  ...mixedHabits,
  kinds: { ...mixedHabits.kinds, gaps: 0, emptied: 0 },
  transactional: 0.6,
  jumps: 0,
};
const mapLimits = {
  ...{ pieceSegmentsMax: 20, charactersMax: 0, spanPiecesMax: 3, upkeepIntervalMs: 200 },
  thinningBytesPerSecondMax: Number.POSITIVE_INFINITY,
};
const spansWanted = 4;
const roundsMax = 60;

/** A world whose map has spans, after kills in the middle of what the mirror did. */
async function thinnedWorld(delivery: MirrorOptions['delivery'], seedOfWorld = seed): Promise<MirrorWorld> {
  const world = createMirrorWorld(seedOfWorld, { partitions: 1, delivery, habits });
  const { clock, random } = world;
  for (let round = 0; round < roundsMax && spansOf(world).length < spansWanted; round += 1) {
    writeSome(world, 120);
    const { process, outcome } = world.start({ options: { mapLimits } });
    await clock.run(Promise.race([outcome, clock.sleep(random.between(1, 2_000))]));
    process.kill();
    await clock.run(clock.sleep(2_000));
  }
  ok(spansOf(world).length >= spansWanted, `${spansOf(world).length} spans`);
  finishTransactions(world);
  equal((await world.mirror({ options: { mapLimits } })).result, 'caught-up');
  expectMirrored(world, true);
  return world;
}

function spansOf(world: MirrorWorld) {
  return world.positions()[0]?.spans ?? [];
}

function pairsOf(world: MirrorWorld): readonly Pair[] {
  const startSource = world.positions()[0]?.record.startSource ?? 0n;
  return pairUp(world.sourceLog(0), world.targetLog(0), startSource, 'partition 0').pairs;
}

/** The partition as groups, offsets and verify get it, and a way to read both logs. */
async function read(world: MirrorWorld) {
  const process = createProcess(world.clock, world.random);
  const logs = {
    source: process.connect(world.source, noFaults),
    target: process.connect(world.target, noFaults),
    clock: world.clock,
  };
  const { run } = world.clock;
  const positions = await run(readPositions(logs.target, positionsTopic, undefined, world.clock));
  const flow = { topics: [{ source: 'orders', target: 'orders-copy' }] } as unknown as Parameters<
    typeof readMirroredPartitions
  >[0]['flow'];
  const partitions = await run(readMirroredPartitions({ flow, ...logs, positions }));
  const partition = partitions.get('orders:0') as MirroredPartition;
  return { partition, partitions, logs, fill: async () => (await run(fillPartition(logs, partition))).input };
}

/** Nobody is told anything else than the truth, and what is told of is counted. */
function expectNeverWrong(input: TranslationInput, pairs: readonly Pair[]): { exact: number; unknown: number } {
  const counts = { exact: 0, unknown: 0 };
  for (let offset = input.source.start; offset <= input.nextSource; offset += 1n) {
    const answer = translate(input, offset);
    if (answer.result !== 'translated') {
      counts.unknown += 1;
      continue;
    }
    counts.exact += 1;
    const pair = pairs.find((one) => one.source + one.length > Number(offset));
    const truth =
      pair === undefined ? Number(input.target.end) : pair.target + Math.max(0, Number(offset) - pair.source);
    if (truth >= Number(input.target.start)) equal(Number(answer.target), truth, `${offset}`);
    else {
      const start = Number(input.target.start);
      const firstLeft = pairs.find((one) => one.target + one.length > start);
      const left = firstLeft === undefined ? Number(input.target.end) : Math.max(firstLeft.target, start);
      ok(Number(answer.target) <= left, `${offset} -> ${answer.target} skips ${left}, which the target still holds`);
    }
  }
  return counts;
}

for (const delivery of deliveries) {
  test(`${delivery}: what spans gave up is told by both logs, for every offset and both ways`, async () => {
    const world = await thinnedWorld(delivery);
    const [position] = world.positions();
    const { partition, fill } = await read(world);
    equal(partition.input.spans?.length, spansOf(world).length);
    const filled = await fill();
    equal(filled.spans?.length, 0);
    if (position === undefined) throw new Error('no position');
    const pairs = pairsOf(world);
    expectTranslations(
      { ...position, segments: filled.segments },
      pairs,
      world.sourceLog(0),
      world.targetLog(0),
      'filled',
    );
    const unfilled = expectNeverWrong(partition.input, pairs);
    ok(unfilled.unknown > 0 && unfilled.exact > 0, JSON.stringify(unfilled));
    for (const span of spansOf(world)) {
      equal(translateBack(partition.input, span.target + 1n).result, 'unknown');
      const begin = translate(partition.input, span.source);
      equal(begin.result === 'translated' && begin.target, span.target, 'the ends of a span are known');
    }
  });

  test(`${delivery}: retention in the middle of spans takes nothing from what stays`, async () => {
    const world = await thinnedWorld(delivery);
    const pairs = pairsOf(world);
    const [first, second, third] = spansOf(world);
    if (first === undefined || second === undefined || third === undefined) throw new Error('three spans');
    const { random } = world;
    deleteBefore(world.sourceLog(0), first.source + BigInt(random.between(0, Number(third.source - first.source))));
    deleteBefore(world.targetLog(0), first.target + BigInt(random.between(0, Number(third.target - first.target))));
    const filled = await (await read(world)).fill();
    equal(filled.spans?.length, 0);
    equal(expectNeverWrong(filled, pairs).unknown, 0);
  });

  test(`${delivery}: where a log was compacted after all nothing is guessed`, async () => {
    const world = await thinnedWorld(delivery);
    const pairs = pairsOf(world);
    compact(world.random.pick([world.sourceLog(0), world.targetLog(0)]), world.random);
    expectNeverWrong(await (await read(world)).fill(), pairs);
  });
}

test('what stands below one log start alone is thinned without a scan, and no answer is another', async () => {
  for (const side of ['source', 'target'] as const) {
    const world = createMirrorWorld(seed, { partitions: 1, habits });
    const large = { ...mapLimits, charactersMax: 1_000_000 };
    for (let round = 0; round < 6; round += 1) {
      writeFinished(world, 120);
      equal((await world.mirror({ options: { mapLimits: large } })).result, 'caught-up');
    }
    const pairs = pairsOf(world);
    const middle = pairs[Math.floor(pairs.length / 2)];
    if (middle === undefined) throw new Error('pairs');
    const logs = { source: world.sourceLog(0), target: world.targetLog(0) };
    deleteBefore(logs[side], BigInt(middle[side]));
    const before = (await read(world)).partition.input;
    equal(before.spans?.length, 0);
    for (let round = 0; round < roundsMax && spansOf(world).length < 2; round += 1) {
      const stop = new AbortController();
      const { outcome } = world.start({ options: { mapLimits, until: 'stopped', signal: stop.signal } });
      await world.clock.run(world.clock.sleep(1_000));
      writeFinished(world, 20);
      await world.clock.run(world.clock.sleep(1_000));
      stop.abort();
      equal((await world.clock.run(outcome)).result, 'interrupted');
    }
    ok(spansOf(world).length >= 2);
    const { partition, fill } = await read(world);
    const filled = await fill();
    const last = pairs.at(-1) ?? middle;
    for (let offset = before.source.start; offset < last.source + last.length; offset += 1n) {
      deepEqual(reached(translate(filled, offset), logs.target), reached(translate(before, offset), logs.target));
    }
    for (let offset = before.target.start; offset < last.target + last.length; offset += 1n) {
      const wanted = reachedBack(translateBack(before, offset), pairs);
      deepEqual(reachedBack(translateBack(filled, offset), pairs), wanted, `back from ${offset}`);
    }
    ok(partition.input.spans?.some((one) => one[`${side}End`] <= logs[side].start));
  }
});

/** The next record of readers at the answer: two offsets with nothing between them are as good as one. */
function reached(answer: ReturnType<typeof translate>, log: SimulatedPartition): string {
  if (answer.result !== 'translated') return answer.result;
  const next = log.batches.find((one) => isCommitted(one) && one.kind !== 'marker' && one.last >= answer.target);
  return next === undefined || answer.target > next.base ? `${answer.target}` : `${next.base}`;
}

function reachedBack(answer: ReturnType<typeof translateBack>, pairs: readonly Pair[]): string {
  if (answer.result !== 'translated') return answer.result;
  const next = pairs.find((one) => one.source + one.length > Number(answer.source));
  return `${Math.max(Number(answer.source), next?.source ?? 0)}`;
}

for (const delivery of deliveries) {
  test(`${delivery}: a target that lost what stood in a span gets it again, from that very record on`, async () => {
    const world = await thinnedWorld(delivery);
    const spans = spansOf(world);
    const log = world.targetLog(0);
    const isIn = (offset: bigint) => spans.some((one) => offset > one.target && offset < one.targetEnd);
    const cut =
      delivery === 'transactional'
        ? log.batches.find((one) => one.kind === 'marker' && one.outcome === 'COMMIT' && isIn(one.last + 1n))?.last
        : log.batches.findLast((one) => one.kind !== 'marker' && isIn(one.last + 1n))?.last;
    if (cut === undefined) throw new Error('no batch ends in a span');
    truncateTo(log, cut + 1n);
    equal((await world.mirror({ options: { mapLimits, answer: () => 'continue' } })).result, 'caught-up');
    equal(passed(world), 'target-lost');
    const startSource = world.positions()[0]?.record.startSource ?? 0n;
    equal(pairUp(world.sourceLog(0), log, startSource, 'partition 0').missing, null);
    const filled = await (await read(world)).fill();
    deepEqual([filled.spans?.length, filled.trimmed], [0, undefined], 'of the map nothing is given up');
    equal(expectNeverWrong(filled, pairsOf(world)).unknown, 0);
  });
}

test('a target that lost what stood in a span, which the source has compacted, stays a loss', async () => {
  const world = await thinnedWorld('idempotent');
  const [span] = spansOf(world);
  if (span === undefined) throw new Error('a span');
  const [source, target] = [world.sourceLog(0), world.targetLog(0)];
  truncateTo(target, span.targetEnd - 1n);
  source.batches = source.batches.filter(
    (one) => one.kind === 'marker' || one.base < span.source || one.base >= span.sourceEnd,
  );
  const end = target.end;
  const outcome = await world.mirror({ options: { mapLimits, answer: () => 'continue' } });
  equal(outcome.result, 'loss');
  equal(target.batches.filter((one) => one.base >= end && one.kind !== 'marker').length, 0, 'nothing is written');
});

for (const delivery of deliveries) {
  test(`${delivery}: of a map whose source was cut in a span, that span alone is given up`, async () => {
    const world = await thinnedWorld(delivery);
    const source = world.sourceLog(0);
    const before = (await read(world)).partition.input;
    const span = before.spans?.at(-1);
    if (span === undefined) throw new Error('no span');
    const cut = cutWithin(source, span);
    world.source.moveLeader({ topic: 'orders', partition: 0 }, 2);
    // Not even a record follows at first: the map ends in the hole until one does.
    for (let round = 0; round < 4; round += 1) {
      const { process, outcome } = world.start({ options: { mapLimits, answer: () => 'continue' } });
      await world.clock.run(Promise.race([outcome, world.clock.sleep(world.random.between(1, 400))]));
      process.kill();
      await world.clock.run(world.clock.sleep(2_000));
    }
    await expectOnlyTheSpanUnknown(world, before, { span, cut });
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 20; i += 1) writeSome(world, 20);
      finishTransactions(world);
      equal((await world.mirror({ options: { mapLimits, answer: () => 'continue' } })).result, 'caught-up');
      await expectOnlyTheSpanUnknown(world, before, { span, cut });
    }
    equal(passed(world), 'truncated');
    equal((await read(world)).partition.input.trimmed, undefined);
    deepEqual((await compared(world)).codes, ['KP6031'], 'what verify leaves out it says');
  });
}

/** Loses what the source has from the middle of a span on; what was open there is aborted. */
function cutWithin(source: SimulatedPartition, span: Span): bigint {
  const inside = source.batches.filter((one) => one.last >= span.source && one.last + 1n < span.sourceEnd);
  const last = inside[Math.floor(inside.length / 2)];
  if (last === undefined) throw new Error('no batch ends in the span');
  truncateTo(source, last.last + 1n);
  for (const producer of source.open.keys())
    appendMarker(source, 'ABORT', { producerId: producer, producerEpoch: 0 }, 1n);
  return last.last + 1n;
}

/** What stood below the span is told as before, nothing within it, and what comes behind it by its content. */
async function expectOnlyTheSpanUnknown(
  world: MirrorWorld,
  before: TranslationInput,
  { span, cut }: { readonly span: Span; readonly cut: bigint },
): Promise<void> {
  const { fill, partition } = await read(world);
  const [originals, copies] = [contents(world.sourceLog(0)), contents(world.targetLog(0))];
  for (const input of [partition.input, await fill()]) {
    for (let offset = input.source.start; offset <= span.source; offset += 1n) {
      const now = translate(input, offset);
      if (now.result === 'translated') deepEqual(translate(partition.input, offset), translate(before, offset));
      else deepEqual([now, translate(before, offset)], [inSpan, inSpan]);
    }
    for (let offset = span.source + 1n; offset < cut; offset += 1n) deepEqual(translate(input, offset), inSpan);
    for (const { source, target, length } of input.segments.filter((one) => one.source >= cut)) {
      for (let i = 0n; i < length; i += 1n) equal(copies.get(target + i), originals.get(source + i), `${source + i}`);
    }
  }
}

const inSpan = { result: 'unknown', why: 'in-span' };

/** What readers of committed records see, by offset. */
function contents(log: SimulatedPartition): ReadonlyMap<bigint, string> {
  return new Map(
    log.batches
      .filter((one) => isCommitted(one) && one.kind !== 'marker')
      .flatMap((one) => decodeRecords(one.bytes))
      .map(({ offset, key, value }) => [offset, `${key?.toString('latin1')} ${value?.toString('latin1')}`]),
  );
}

function passed(world: MirrorWorld): string {
  return [...new Set(world.events.flatMap((one) => (one.event === 'loss-passed' ? [one.loss.kind] : [])))].join();
}

async function compared(world: MirrorWorld, compactedTopics: readonly string[] = []) {
  const { logs } = await read(world);
  const positions = await world.clock.run(readPositions(logs.target, positionsTopic, undefined, world.clock));
  const topics = [{ source: 'orders', target: 'orders-copy', sourcePartitions: 1 }] as unknown as Flow['topics'];
  const compacted = { source: new Set(compactedTopics), target: new Set<string>() };
  const found = await world.clock.run(verifyFlow({ flow: { name: 'f', topics }, ...logs, positions, compacted }));
  const [partition] = found.partitions;
  return { records: partition?.records, equal: partition?.equal, codes: found.diagnostics.map((one) => one.code) };
}

test('verify compares what stands in spans; where a log does not tell it says from where on, and that it should', async () => {
  const world = await thinnedWorld('transactional');
  const pairs = pairsOf(world);
  const countFrom = (start: number) =>
    BigInt(pairs.filter((one) => one.source >= start).reduce((sum, one) => sum + one.length, 0));
  deepEqual(await compared(world), { records: countFrom(0), equal: true, codes: [] });
  const [, span] = spansOf(world);
  if (span === undefined) throw new Error('two spans');
  const log = world.sourceLog(0);
  const lost = log.batches.find((one) => one.kind !== 'marker' && one.base > span.source && one.last < span.sourceEnd);
  log.batches = log.batches.filter((one) => one !== lost);
  const records = countFrom(Number(span.sourceEnd));
  deepEqual(await compared(world, ['orders']), { records, equal: true, codes: ['KP6031'] });
  deepEqual(await compared(world), { records, equal: true, codes: ['KP6032', 'KP6031'] });
});

test('only the spans that offsets stand in are read', async () => {
  const world = await thinnedWorld('transactional');
  const { partitions, logs } = await read(world);
  const [, span] = spansOf(world);
  if (span === undefined) throw new Error('two spans');
  const asked = [{ topic: 'orders', partition: 0, offset: span.source + 1n }];
  const filled = await world.clock.run(fillSpans(logs, partitions, asked));
  equal(filled.get('orders:0')?.input.spans?.length, spansOf(world).length - 1);
});

test('a log that was compacted before keeps its segments', async () => {
  const world = createMirrorWorld(seed, { partitions: 1, habits: { ...habits, jumps: 1 } });
  for (let round = 0; round < 12; round += 1) {
    writeFinished(world, 60);
    equal((await world.mirror({ options: { mapLimits } })).result, 'caught-up');
  }
  equal(spansOf(world).length, 0);
  ok((world.positions()[0]?.segments.length ?? 0) > 100);
});

test.run();
