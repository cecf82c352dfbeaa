import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import { fillSpans } from '../../../runner/groups/fill-spans.ts';
import { translate, translateBack } from '../../../src/offset-map/translate.ts';
import { compact } from '../../simulation/compaction.ts';
import { createMirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import type { Pair } from '../../simulation/pairs.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { deleteBefore, isCommitted, type SimulatedPartition } from '../../simulation/simulated-partition.ts';
import {
  compared,
  expectNeverWrong,
  habits,
  mapLimits,
  pairsOf,
  read,
  roundsMax,
  spansOf,
  thinnedWorld,
} from '../../simulation/thinned-world.ts';
import { expectTranslations } from '../../simulation/translations.ts';

const seed = seedOfRun();
const deliveries = ['transactional', 'idempotent'] as const;

for (const delivery of deliveries) {
  test(`${delivery}: what spans gave up is told by both logs, for every offset and both ways`, async () => {
    const world = await thinnedWorld(seed, delivery);
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
    const world = await thinnedWorld(seed, delivery);
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
    const world = await thinnedWorld(seed, delivery);
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

test('verify compares what stands in spans; where a log does not tell it says from where on, and that it should', async () => {
  const world = await thinnedWorld(seed, 'transactional');
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
  const world = await thinnedWorld(seed, 'transactional');
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
