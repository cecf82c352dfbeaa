import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'uvu';
import type { MirrorOptions } from '../../../runner/engines/native/options.ts';
import type { Span } from '../../../src/offset-map/span.ts';
import { type TranslationInput, translate } from '../../../src/offset-map/translate.ts';
import { finishTransactions, type MirrorWorld, writeSome } from '../../simulation/mirror-world.ts';
import { pairUp } from '../../simulation/pairs.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { appendMarker, type SimulatedPartition, truncateTo } from '../../simulation/simulated-partition.ts';
import {
  compared,
  expectNeverWrong,
  mapLimits,
  pairsOf,
  read,
  roundsMax,
  spansOf,
  thinnedWorld,
} from '../../simulation/thinned-world.ts';
import { contents, expectTrue, inSpan } from '../../simulation/told-truth.ts';

const seed = seedOfRun();
const deliveries = ['transactional', 'idempotent'] as const;

for (const delivery of deliveries) {
  test(`${delivery}: a target that lost what stood in a span gets it again, from that very record on`, async () => {
    const world = await thinnedWorld(seed, delivery);
    const spans = spansOf(world);
    const log = world.targetLog(0);
    const isIn = (offset: bigint) => spans.some((one) => offset > one.target && offset < one.targetEnd);
    const cut =
      delivery === 'transactional'
        ? log.batches.find((one) => one.kind === 'marker' && one.outcome === 'COMMIT' && isIn(one.last + 1n))?.last
        : log.batches.findLast((one) => one.kind !== 'marker' && isIn(one.last + 1n))?.last;
    if (cut === undefined) throw new Error('no batch ends in a span');
    truncateTo(log, cut + 1n);
    equal((await world.mirror({ options: goingOn })).result, 'caught-up');
    equal(passed(world), 'target-lost');
    const startSource = world.positions()[0]?.record.startSource ?? 0n;
    equal(pairUp(world.sourceLog(0), log, startSource, 'partition 0').missing, null);
    const filled = await (await read(world)).fill();
    deepEqual([filled.spans?.length, filled.trimmed], [0, undefined], 'of the map nothing is given up');
    equal(expectNeverWrong(filled, pairsOf(world)).unknown, 0);
  });
}

test('a target that lost what stood in a span, which the source has compacted, stays a loss', async () => {
  const world = await thinnedWorld(seed, 'idempotent');
  const [span] = spansOf(world);
  if (span === undefined) throw new Error('a span');
  const [source, target] = [world.sourceLog(0), world.targetLog(0)];
  truncateTo(target, span.targetEnd - 1n);
  source.batches = source.batches.filter(
    (one) => one.kind === 'marker' || one.base < span.source || one.base >= span.sourceEnd,
  );
  const end = target.end;
  const outcome = await world.mirror({ options: goingOn });
  equal(outcome.result, 'loss');
  equal(target.batches.filter((one) => one.base >= end && one.kind !== 'marker').length, 0, 'nothing is written');
});

for (const delivery of deliveries) {
  test(`${delivery}: of a map whose source was cut in a span, that span alone is given up`, async () => {
    const world = await thinnedWorld(seed, delivery);
    const source = world.sourceLog(0);
    const before = (await read(world)).partition.input;
    const span = before.spans?.at(-1);
    if (span === undefined) throw new Error('no span');
    const cut = cutWithin(source, span);
    world.source.moveLeader({ topic: 'orders', partition: 0 }, 2);
    abortOpen(source);
    // Not even a record follows at first: the map ends in the hole until one does.
    const isRewound = () => world.positions()[0]?.record.nextSource !== before.nextSource;
    for (let round = 0; round < 4 || !isRewound(); round += 1) {
      ok(round < roundsMax, 'no position that is rewound');
      const { process, outcome } = world.start({ options: goingOn });
      await world.clock.run(Promise.race([outcome, world.clock.sleep(world.random.between(1, 400))]));
      process.kill();
      await world.clock.run(world.clock.sleep(2_000));
    }
    await expectOnlyTheSpanUnknown(world, before, { span, cut });
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 20; i += 1) writeSome(world, 20);
      finishTransactions(world);
      equal((await world.mirror({ options: goingOn })).result, 'caught-up');
      await expectOnlyTheSpanUnknown(world, before, { span, cut });
    }
    equal(passed(world), 'truncated');
    equal((await read(world)).partition.input.trimmed, undefined);
    deepEqual((await compared(world)).codes, ['KP6031'], 'what verify leaves out it says');
  });
}

/** Loses what the source has from the middle of a span on. */
function cutWithin(source: SimulatedPartition, span: Span): bigint {
  const inside = source.batches.filter((one) => one.last >= span.source && one.last + 1n < span.sourceEnd);
  const last = inside[Math.floor(inside.length / 2)];
  if (last === undefined) throw new Error('no batch ends in the span');
  truncateTo(source, last.last + 1n);
  return last.last + 1n;
}

function abortOpen(source: SimulatedPartition): void {
  for (const producerId of source.open.keys()) appendMarker(source, 'ABORT', { producerId, producerEpoch: 0 }, 1n);
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

function passed(world: MirrorWorld): string {
  return [...new Set(world.events.flatMap((one) => (one.event === 'loss-passed' ? [one.loss.kind] : [])))].join();
}

for (const delivery of deliveries) {
  test(`${delivery}: wherever both logs are cut, one time after another, the map tells nothing else than the truth`, async () => {
    const world = await thinnedWorld(seed + 1, delivery);
    const { clock, random } = world;
    let wereBothCut = false;
    for (let cuts = 0; cuts < cutsMax; cuts += 1) {
      const cut = random.pick([cutSource, cutTarget, cutBoth]);
      wereBothCut ||= cut === cutBoth;
      cut(world, delivery);
      for (let deaths = random.between(0, 3); deaths > 0; deaths -= 1) {
        const { process, outcome } = world.start({ options: goingOn });
        await clock.run(Promise.race([outcome, clock.sleep(random.between(1, 500))]));
        process.kill();
        await clock.run(clock.sleep(2_000));
      }
      const { result } = await world.mirror({ options: goingOn });
      await expectTrue(world);
      // Where a target ends in a hole, or both logs in one span, nobody knows where to go on.
      if (result === 'loss')
        return void ok(wereBothCut || holesOf(world).length > 0, 'a loss without a hole in the map');
      equal(result, 'caught-up');
      for (let i = 0; i < 20; i += 1) writeSome(world, 20);
      finishTransactions(world);
      equal((await world.mirror({ options: goingOn })).result, 'caught-up');
      await expectTrue(world);
    }
  });
}

const cutsMax = 4;
const goingOn: Partial<MirrorOptions> = { mapLimits, answer: () => 'continue' };

function cutSource(world: MirrorWorld): void {
  const source = world.sourceLog(0);
  const at = world.random.between(Math.floor(source.batches.length / 4), source.batches.length - 2);
  truncateTo(source, (source.batches[at]?.last ?? 0n) + 1n);
  world.source.moveLeader({ topic: 'orders', partition: 0 }, world.random.between(1, 2));
  abortOpen(source);
}

/** To where a replica may end: in transactions behind one of them, since the coordinator ends what is open. */
function cutTarget(world: MirrorWorld, delivery: 'transactional' | 'idempotent'): void {
  const target = world.targetLog(0);
  const isEnd = (one: (typeof target.batches)[number]) =>
    delivery === 'transactional' ? one.kind === 'marker' && one.outcome === 'COMMIT' : one.kind !== 'marker';
  const ends = target.batches.filter(isEnd);
  const at = world.random.between(Math.floor(ends.length / 4), ends.length - 2);
  truncateTo(target, (ends[at]?.last ?? 0n) + 1n);
}

/** At the same time, and the source has grown again before anybody looks. */
function cutBoth(world: MirrorWorld, delivery: 'transactional' | 'idempotent'): void {
  cutSource(world);
  cutTarget(world, delivery);
  for (let i = world.random.between(0, 200); i > 0; i -= 1) writeSome(world, 1);
  finishTransactions(world);
}

function holesOf(world: MirrorWorld): readonly Span[] {
  return spansOf(world).filter((one) => one.records === 0n);
}

test.run();
