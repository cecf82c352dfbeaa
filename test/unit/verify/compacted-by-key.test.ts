import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ByKeyTopic } from '../../../runner/groups/read-by-key.ts';
import type { NewRecord } from '../../../runner/records/build.ts';
import { partitionOfKey } from '../../../runner/records/key-hash.ts';
import type { CompactedByKeyComparison } from '../../../runner/verify/by-key-comparison.ts';
import { memoryBytesMax, passesMax, recordsHeldMax } from '../../../runner/verify/limits.ts';
import { createMemory } from '../../../runner/verify/memory.ts';
import { verifyCompactedByKey } from '../../../runner/verify/verify-compacted-by-key.ts';
import type { Cut } from '../../../src/offset-map/translate-by-key.ts';
import { append, cleaned, type LiveLog, leading, liveLog, liveReader, type Placed } from './live-logs.ts';
import { countingClock } from './partition-log.ts';

const keys = 5;
const compactedBoth = { source: true, target: true };

/** What happens to a mirrored topic, one after the other; numbers are taken modulo what there is. */
type Step =
  | { readonly kind: 'write'; readonly key: number; readonly tombstone: boolean; readonly elsewhere: boolean }
  | { readonly kind: 'mirror'; readonly partition: number; readonly records: number }
  | {
      readonly kind: 'clean';
      readonly side: 'source' | 'target';
      readonly partition: number;
      readonly replica: number;
      readonly share: number;
      readonly tombstones: boolean;
    }
  | { readonly kind: 'elect'; readonly partition: number };

const write = fc.record({
  kind: fc.constant('write' as const),
  key: fc.nat({ max: keys - 1 }),
  tombstone: fc.nat({ max: 4 }).map((n) => n === 0),
  elsewhere: fc.constant(false),
});
const writeAnywhere = fc.tuple(write, fc.boolean()).map(([one, elsewhere]) => ({ ...one, elsewhere }));
const mirror = fc.record({
  kind: fc.constant('mirror' as const),
  partition: fc.nat({ max: 2 }),
  records: fc.integer({ min: 1, max: 8 }),
});
const clean = fc.record({
  kind: fc.constant('clean' as const),
  side: fc.constantFrom('source' as const, 'target' as const),
  partition: fc.nat({ max: 2 }),
  replica: fc.constant(0),
  share: fc.constantFrom(0.3, 0.6, 0.8, 1),
  tombstones: fc.boolean(),
});
const cleanAnywhere = fc.tuple(clean, fc.nat({ max: 1 })).map(([one, replica]) => ({ ...one, replica }));
const elect = fc.record({ kind: fc.constant('elect' as const), partition: fc.nat({ max: 2 }) });

function steps(maxLength: number, ...others: fc.Arbitrary<Step>[]): fc.Arbitrary<readonly Step[]> {
  return fc.array(fc.oneof(write, write, mirror, mirror, clean, clean, ...others), { maxLength, size: 'max' });
}

/** A topic of 3 partitions that is mirrored by key into one of 2, as steps make it. */
function createWorld(compacted = compactedBoth) {
  const sources = [liveLog(), liveLog(), liveLog()];
  const targets = [liveLog(), liveLog()];
  const mirrored = [0n, 0n, 0n];
  let writes = 0;

  function mirrorOn(partition: number, count: number): void {
    const log = sources[partition] ?? liveLog();
    const left = leading(log).filter((one) => one.offset >= (mirrored[partition] ?? 0n));
    const records = left.slice(0, count);
    for (const [target, one] of targets.entries()) {
      const ours = records.filter(({ key }) => partitionOfKey('murmur2', key ?? Buffer.of(), 2) === target);
      if (ours.length > 0) append(one, ours.map(withoutOffset));
    }
    mirrored[partition] = records.length < left.length ? (records.at(-1)?.offset ?? -1n) + 1n : log.end;
  }

  const take: { [K in Step['kind']]: (step: Extract<Step, { kind: K }>) => void } = {
    write({ key, tombstone, elsewhere }) {
      writes += 1;
      const value = tombstone ? null : Buffer.from(`value ${writes}`);
      const log = sources[(key + (elsewhere ? 1 : 0)) % 3] ?? liveLog();
      append(log, [{ key: Buffer.from(`key ${key}`), value, timestamp: BigInt(writes) }]);
    },
    mirror: ({ partition, records }) => mirrorOn(partition, records),
    clean({ side, partition, replica, share, tombstones }) {
      if (!compacted[side]) return;
      const logs = side === 'source' ? sources : targets;
      const at = partition % logs.length;
      const log = logs[at] ?? liveLog();
      // The mirror is never further behind than delete.retention.ms.
      const isOver = ({ offset }: Placed) => tombstones && (side === 'target' || offset < (mirrored[at] ?? 0n));
      const end = BigInt(Math.floor(Number(log.end) * share));
      log.replicas[replica] = cleaned(log.replicas[replica] ?? [], end, isOver);
    },
    elect({ partition }) {
      const log = sources[partition] ?? liveLog();
      log.leader = 1 - log.leader;
    },
  };

  return {
    sources,
    targets,
    run(all: readonly Step[]) {
      for (const step of all) take[step.kind](step as never);
    },
    mirrorAll() {
      for (const partition of sources.keys()) mirrorOn(partition, Number.MAX_SAFE_INTEGER);
    },
    now: (): Cut => ({
      sources: mirrored.map((next) => ({ recordsEnd: next, next })),
      targets: targets.map((one) => one.end),
    }),
    /** `meanwhile`: one step before each answer to a fetch. */
    async verify(now: Cut, { meanwhile = [], limits = { recordsHeldMax, passesMax } }: VerifySettings = {}) {
      const left = [...meanwhile];
      const onFetch = () => this.run(left.splice(0, 1));
      const logsOf = (logs: readonly LiveLog[]) => logs.map(({ end }) => ({ start: 0n, end }));
      const topic: ByKeyTopic = {
        source: 'orders',
        target: 'copy',
        input: {
          cuts: [{ sources: [null, null, null], targets: [0n, 0n] }, now],
          sources: logsOf(sources).map((one) => ({ ...one, startSource: 0n })),
          targets: logsOf(targets),
        },
      };
      const world = {
        source: liveReader('orders', sources, onFetch),
        target: liveReader('copy', targets, onFetch),
        clock: countingClock(),
        memory: createMemory(memoryBytesMax),
        onRecords: () => undefined,
      };
      return verifyCompactedByKey(world, topic, 'murmur2', compacted, limits);
    },
  };
}

/** What the steps before the checkpoint made is compared; the others come behind it, and while it is read. */
function verifyAfter(
  world: ReturnType<typeof createWorld>,
  before: readonly Step[],
  after: readonly Step[],
  meanwhile: readonly Step[],
): Promise<CompactedByKeyComparison> {
  world.run(before);
  const now = world.now();
  world.run(after);
  return world.verify(now, { meanwhile });
}

interface VerifySettings {
  readonly meanwhile?: readonly Step[];
  readonly limits?: { readonly recordsHeldMax: number; readonly passesMax: number };
}

function withoutOffset({ offset: _, ...record }: Placed): NewRecord {
  return record;
}

function kindsOf({ kinds }: CompactedByKeyComparison): Record<string, number> {
  return Object.fromEntries(Object.entries(kinds).filter(([, count]) => count > 0));
}

function assertHealthy(found: CompactedByKeyComparison): void {
  assert.equal(
    kindsOf(found),
    {},
    JSON.stringify(found.differences, (_, one) => `${one}`),
  );
  assert.is(found.sourceDigest, found.targetDigest);
  assert.is(found.keyShare, 1);
}

test('whatever the cleaners took, before and while it is read, on topics that are written, is no difference and all told', async () => {
  let cleanedRecords = 0n;
  let compared = 0n;
  await fc.assert(
    fc.asyncProperty(steps(60), steps(10), steps(30), async (before, after, meanwhile) => {
      const found = await verifyAfter(createWorld(), before, after, meanwhile);
      assertHealthy(found);
      assert.is(found.unproven, 0n);
      cleanedRecords += found.cleaned;
      compared += found.records;
    }),
    { numRuns: 200 },
  );
  assert.ok(cleanedRecords > 20n && compared > 100n, `${cleanedRecords} ${compared}`);
});

/** Whatever happens before, after and while it is verified, no difference is told; and something was compared. */
async function expectNeverAlarmed(all: (maxLength: number) => ReturnType<typeof steps>): Promise<void> {
  let records = 0n;
  await fc.assert(
    fc.asyncProperty(all(60), all(10), all(30), async (before, after, meanwhile) => {
      const found = await verifyAfter(createWorld(), before, after, meanwhile);
      assertHealthy(found);
      records += found.records;
    }),
    { numRuns: 200 },
  );
  assert.ok(records > 100n, `${records}`);
}

test('nor is what replicas leave that are cleaned each by itself', async () => {
  await expectNeverAlarmed((maxLength) => steps(maxLength, elect, cleanAnywhere));
});

test('nor are keys in several partitions, of which no tombstone is over at the source', async () => {
  await expectNeverAlarmed((maxLength) =>
    steps(maxLength, writeAnywhere).map((some) =>
      some.map((one) => (one.kind === 'clean' && one.side === 'source' ? { ...one, tombstones: false } : one)),
    ),
  );
});

test('where one side alone is compacted, nothing of it is a difference', async () => {
  for (const compacted of [
    { source: true, target: false },
    { source: false, target: true },
  ]) {
    await fc.assert(
      fc.asyncProperty(steps(40), steps(10), steps(20), async (before, after, meanwhile) => {
        const found = await verifyAfter(createWorld(compacted), before, after, meanwhile);
        assertHealthy(found);
        assert.is(found.unproven, 0n);
      }),
      { numRuns: 80 },
    );
  }
});

test('in passes, each with few records in memory, the outcome is the same; beyond the passes a share is told', async () => {
  const all = fc.array(fc.record({ key: fc.nat({ max: 99 }), tombstone: fc.boolean() }), {
    minLength: 50,
    maxLength: 80,
  });
  await fc.assert(
    fc.asyncProperty(all, async (some) => {
      const world = createWorld();
      world.run(some.map((one) => ({ kind: 'write', elsewhere: false, ...one })));
      world.mirrorAll();
      world.run([{ kind: 'clean', side: 'source', partition: 1, replica: 0, share: 0.6, tombstones: true }]);
      const log = world.targets[1] ?? liveLog();
      const [first] = leading(log);
      if (first !== undefined) replace(log, first, { value: Buffer.from('other') });
      const whole = await world.verify(world.now());
      const limits = { recordsHeldMax: 48, passesMax: 64 };
      assert.equal(await world.verify(world.now(), { limits }), whole);
      const { keyShare } = await world.verify(world.now(), { limits: { ...limits, passesMax: 1 } });
      assert.ok(keyShare > 0 && keyShare < 1);
    }),
    { numRuns: 8 },
  );
});

/** Of one key whose last record stands at the target, and is no tombstone: what a fault does to it. */
interface Victim {
  readonly log: LiveLog;
  readonly last: Placed;
  /** The record of the key before it at the target; undefined: none. */
  readonly before: Placed | undefined;
}

function replace(log: LiveLog, old: Placed, by: Partial<Placed> | null): void {
  log.replicas[0] = leading(log).flatMap((one) => (one !== old ? [one] : by === null ? [] : [{ ...one, ...by }]));
}

const faults: Readonly<Record<string, (victim: Victim) => void>> = {
  dropped: ({ log, last }) => replace(log, last, null),
  'value changed': ({ log, last }) => replace(log, last, { value: Buffer.from('other') }),
  'made a tombstone': ({ log, last }) => replace(log, last, { value: null }),
  'header added': ({ log, last }) => replace(log, last, { headers: [{ key: Buffer.from('h'), value: null }] }),
  'timestamp changed': ({ log, last }) => replace(log, last, { timestamp: last.timestamp + 1n }),
  'key changed': ({ log, last }) => replace(log, last, { key: Buffer.from('no key of the source') }),
  'another one written behind': ({ log, last }) => append(log, [{ ...withoutOffset(last), value: Buffer.from('own') }]),
};

/** Faults that need two records of the key on both sides. */
const faultsOfTwo: typeof faults = {
  'written once more behind the last': ({ log, last }) => append(log, [withoutOffset(last)]),
  'an older one written again': ({ log, before }) => before && append(log, [withoutOffset(before)]),
  swapped({ log, last, before }) {
    if (before === undefined) return;
    const [lastOffset, beforeOffset] = [last.offset, before.offset];
    replace(log, last, { ...before, offset: lastOffset });
    replace(log, before, { ...last, offset: beforeOffset });
  },
};

for (const [name, fault] of Object.entries({ ...faults, ...faultsOfTwo })) {
  test(`a fault at the last record of a key is found whatever the cleaners took: ${name}`, async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(steps(40), fc.nat(), async (before, which) => {
        const world = createWorld();
        world.run(before);
        world.mirrorAll();
        const victim = victimOf(world, which, name in faultsOfTwo);
        if (victim === undefined) return;
        assertHealthy(await world.verify(world.now()));
        fault(victim);
        const answer = await world.verify(world.now());
        found += 1;
        assert.not.equal(kindsOf(answer), {});
        assert.is.not(answer.sourceDigest, answer.targetDigest);
      }),
      { numRuns: 80 },
    );
    assert.ok(found > 5, `${found}`);
  });
}

function victimOf(world: ReturnType<typeof createWorld>, which: number, ofTwo: boolean): Victim | undefined {
  const victims = world.targets.flatMap((log) =>
    Array.from({ length: keys }, (_, n) => `key ${n}`).flatMap((key): Victim[] => {
      const [last, before] = leading(log)
        .filter((one) => `${one.key}` === key)
        .reverse();
      if (last === undefined || last.value === null) return [];
      const atSource = world.sources.flatMap((one) => leading(one)).filter((one) => `${one.key}` === key);
      return ofTwo && (before === undefined || atSource.length < 2) ? [] : [{ log, last, before }];
    }),
  );
  return victims[which % Math.max(1, victims.length)];
}

test('a record in the wrong partition is found, and where', async () => {
  const world = createWorld();
  world.run([{ kind: 'write', key: 0, tombstone: false, elsewhere: false }]);
  world.mirrorAll();
  const [right, wrong] = world.targets[0]?.end === 0n ? [1, 0] : [0, 1];
  const [from, to] = [world.targets[right], world.targets[wrong]];
  assert.ok(from !== undefined && to !== undefined);
  append(to, leading(from).map(withoutOffset));
  const found = await world.verify(world.now());
  assert.equal(kindsOf(found), { extra: 1 });
  assert.is(found.differences[0]?.target?.partition, wrong);
});

test('what nobody can tell is counted: a last record that stands twice, where the source may have had it twice', async () => {
  const world = createWorld();
  world.run([{ kind: 'write', key: 0, tombstone: false, elsewhere: false }]);
  world.mirrorAll();
  const log = world.targets.find((one) => one.end > 0n);
  assert.ok(log);
  append(log, leading(log).map(withoutOffset));
  const found = await world.verify(world.now());
  assertHealthy(found);
  assert.is(found.unproven, 1n);
});

test('a record that was gone where it was mirrored from, and stands on another replica, is counted', async () => {
  const world = createWorld();
  const one = { kind: 'write', key: 0, tombstone: false, elsewhere: false } as const;
  world.run([one, { kind: 'mirror', partition: 0, records: 1 }, one, one]);
  world.run([{ kind: 'clean', side: 'source', partition: 0, replica: 0, share: 1, tombstones: false }]);
  world.mirrorAll();
  world.run([{ kind: 'elect', partition: 0 }]);
  const found = await world.verify(world.now());
  assertHealthy(found);
  assert.equal([found.records, found.unproven], [2n, 1n]);
});

test('records without a key are counted, for nothing can be told of them', async () => {
  const world = createWorld({ source: true, target: false });
  append(world.sources[0] ?? liveLog(), [{ key: null, value: Buffer.from('v'), timestamp: 0n }]);
  append(world.targets[0] ?? liveLog(), [{ key: null, value: Buffer.from('v'), timestamp: 0n }]);
  const { sources, targets } = world.now();
  const found = await world.verify({ sources: sources.map(() => ({ recordsEnd: 1n, next: 1n })), targets });
  assertHealthy(found);
  assert.is(found.unproven, 1n);
});

test.run();
