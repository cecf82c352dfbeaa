import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../runner/engines/native/clock.ts';
import { verifyFlow } from '../../runner/verify/verify-flow.ts';
import { appendRun } from '../../src/offset-map/append.ts';
import type { Segment } from '../../src/offset-map/segment.ts';
import { type PositionRecord, positionRecordVersion } from '../../src/state/records.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { eventually } from '../fixtures/eventually.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { mirroredTopics } from '../fixtures/mirrored-topics.ts';
import {
  createTopic,
  endCleaning,
  produceRecords,
  type RecordToProduce,
  readAll,
  uniqueName,
} from '../fixtures/records.ts';

const { source, target } = await sharedClusters();
const bootstrap = { source: source.bootstrap, target: target.bootstrap };

const topicConfig = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0', 'max.compaction.lag.ms': '100' };
/** Segments that roll at once, so that the cleaner gets at all but the newest records. */
const cleanedConfig = { ...topicConfig, 'segment.ms': '100', 'min.compaction.lag.ms': '0' };
/** Nothing is cleaned within a test. */
const keptConfig = { ...topicConfig, 'max.compaction.lag.ms': '3600000', 'min.compaction.lag.ms': '3600000' };
const cleanTimeoutMs = 90_000;
const keys = 10;
const writes = 200;

/** Few keys that are written again and again, and now and then one that is written once: the gaps stand before those. */
function updates(count: number): RecordToProduce[] {
  return Array.from({ length: count }, (_, n) => ({
    key: Buffer.from(n % 13 === 12 ? `only ${n}` : `key ${n % keys}`),
    value: n % 17 === 0 ? null : Buffer.from(`value ${n}`),
  }));
}

function isOnly(key: Buffer | null): boolean {
  return key?.toString().startsWith('only') ?? false;
}

/** Writes records of one other key, which roll segments, until at most so many of the updates are left. */
async function untilCleaned(topic: string): Promise<void> {
  await eventually('the cleaner takes old records', cleanTimeoutMs, async () => {
    await produceRecords({ bootstrap: bootstrap.source, topic }, [
      { key: Buffer.from('roll'), value: Buffer.from('x') },
    ]);
    const left = await readAll({ bootstrap: bootstrap.source, topic });
    return left.filter((one) => one.key?.toString() !== 'roll').length <= writes / 2;
  });
}

test('a source full of compaction gaps: equal, and a group in a gap continues at its next record', async () => {
  const topic = uniqueName('compacted');
  await createTopic(bootstrap.source, topic, { config: cleanedConfig });
  await createTopic(bootstrap.target, topic, { config: keptConfig });
  await produceRecords({ bootstrap: bootstrap.source, topic, recordsPerBatch: 20 }, updates(writes));
  await untilCleaned(topic);
  await endCleaning(bootstrap.source, topic);
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions: 1 }]);
  try {
    await mirrored.mirror();
    const [compared] = (await mirrored.verify(true)).partitions;
    assert.ok(compared?.equal, `${compared?.firstDifference?.kind} ${compared?.firstDifference?.sourceOffset}`);
    assert.ok((compared?.records ?? 0n) > 0n);

    const left = await readAll({ bootstrap: bootstrap.source, topic });
    const next = left.find((one, n) => n > 0 && isOnly(one.key) && one.offset > (left[n - 1]?.offset ?? 0n) + 2n);
    assert.ok(next, 'the log has a gap');
    const group = uniqueName('group');
    await commitOffsets(bootstrap.source, group, [{ topic, partition: 0, offset: next.offset - 1n }]);
    const [synced] = await mirrored.sync([group]);
    assert.is(synced?.outcome, 'written', JSON.stringify(synced?.diagnostics));
    const [committed] = (await mirrored.target.groups.committedOffsets([group])).get(group) ?? [];
    assert.ok(committed);
    const [first] = await readAll({ bootstrap: bootstrap.target, topic, partition: 0, from: committed.offset });
    assert.is(first?.offset, committed.offset);
    assert.is(first?.value?.toString(), next.value?.toString());
    assert.is(first?.key?.toString(), next.key?.toString());
  } finally {
    await mirrored.close();
  }
});

test("what the target's cleaner took, and then the source's too, is no difference", async () => {
  const topic = uniqueName('cleaned');
  await createTopic(bootstrap.source, topic, { config: keptConfig });
  await createTopic(bootstrap.target, topic, { config: cleanedConfig });
  const settings = { bootstrap: bootstrap.source, topic, recordsPerBatch: 20 };
  await produceRecords(settings, updates(writes));
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions: 1 }]);
  try {
    await mirrored.mirror();
    await eventually('the target is cleaned', cleanTimeoutMs, async () => {
      await produceRecords(settings, [{ key: Buffer.from('roll'), value: Buffer.from('x') }]);
      await mirrored.mirror();
      return (await readAll({ bootstrap: bootstrap.target, topic })).length <= writes / 2;
    });
    const [compared] = (await mirrored.verify(true)).partitions;
    assert.ok(compared?.equal, `${compared?.firstDifference?.kind} ${compared?.firstDifference?.sourceOffset}`);
    assert.ok((compared?.cleaned ?? 0n) >= BigInt(writes / 2));
    assert.is(compared?.sourceDigest, compared?.targetDigest);
    const [strict] = (await mirrored.verify(false)).partitions;
    assert.is(strict?.firstDifference?.kind, 'missing', 'without compaction the same is a loss');
  } finally {
    await mirrored.close();
  }
});

test('a source that is cleaned after it was mirrored is no difference', async () => {
  const topic = uniqueName('later');
  await createTopic(bootstrap.source, topic, { config: cleanedConfig });
  await createTopic(bootstrap.target, topic, { config: keptConfig });
  const settings = { bootstrap: bootstrap.source, topic, recordsPerBatch: 20 };
  await produceRecords(settings, updates(writes));
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions: 1 }]);
  try {
    await mirrored.mirror();
    await untilCleaned(topic);
    const [compared] = (await mirrored.verify(true)).partitions;
    assert.ok(compared?.equal, `${compared?.firstDifference?.kind} ${compared?.firstDifference?.sourceOffset}`);
    assert.is(compared?.sourceDigest, compared?.targetDigest);
    const atTarget = (await readAll({ bootstrap: bootstrap.target, topic })).length;
    assert.is((compared?.records ?? 0n) + (compared?.cleaned ?? 0n), BigInt(atTarget));
  } finally {
    await mirrored.close();
  }
});

/** A record of the source, and what stands at its place in a copy: it, another one, or one that was aborted. */
interface Placed {
  readonly stands: RecordToProduce | 'aborted';
  /** The source offset that the map puts there; null: none. */
  readonly source: bigint | null;
}

interface Fault {
  /** What a copy has for two records whose keys were written once each. */
  readonly places: (at: Copied, next: Copied) => readonly Placed[];
  readonly kinds: Readonly<Record<string, number>>;
  readonly parts?: readonly string[];
}

interface Copied extends Placed {
  readonly stands: RecordToProduce;
}

function changed(change: Partial<RecordToProduce>, part: string): Fault {
  return {
    places: (at, next) => [{ ...at, stands: { ...at.stands, ...change } }, next],
    kinds: { changed: 1 },
    parts: [part],
  };
}

/** In a compacted topic the map alone pairs records: what stands in another one's place is changed, what has none is extra. */
const faults: Readonly<Record<string, Fault>> = {
  none: { places: (at, next) => [at, next], kinds: {} },
  dropped: { places: (at, next) => [{ ...at, stands: 'aborted' }, next], kinds: { missing: 1 } },
  doubled: { places: (at, next) => [at, { stands: { ...at.stands }, source: null }, next], kinds: { extra: 1 } },
  swapped: {
    places: (at, next) => [
      { ...at, stands: next.stands },
      { ...next, stands: at.stands },
    ],
    kinds: { changed: 2 },
    parts: ['key', 'value', 'timestamp'],
  },
  'changed key': changed({ key: Buffer.from('another key') }, 'key'),
  'changed value': changed({ value: Buffer.from('another value') }, 'value'),
  'value turned into a tombstone': changed({ value: null }, 'value'),
  'changed headers': changed({ headers: [['h', Buffer.from('x')]] }, 'headers'),
  'changed timestamp': changed({ timestamp: BigInt(Date.now()) }, 'timestamp'),
};

/** Writes a copy; gives the map of a mirror that had put each record where it stands now. */
async function copyByHand(topic: string, places: readonly Placed[]) {
  const segments: Segment[] = [];
  const where = { bootstrap: bootstrap.target, topic };
  let nextTarget = 0n;
  for (const run of runsOf(places)) {
    const isAborted = run[0]?.stands === 'aborted';
    const transaction = { transactionalId: uniqueName('aborts'), outcome: 'abort' } as const;
    const records = run.map(({ stands }) =>
      stands === 'aborted' ? { key: Buffer.from('aborted'), value: null } : stands,
    );
    const written = await produceRecords(isAborted ? { ...where, transaction } : where, records);
    for (const [index, { source: of }] of run.entries()) {
      const offset = written[index]?.offset ?? -1n;
      if (of !== null) appendRun(segments, { source: of, target: offset, length: 1n });
      nextTarget = offset + 1n;
    }
  }
  return { segments, nextTarget };
}

/** What is written by one call: an aborted record has a transaction of its own. */
function runsOf(places: readonly Placed[]): Placed[][] {
  const runs: Placed[][] = [];
  for (const [index, one] of places.entries()) {
    const before = places[index - 1];
    if (before === undefined || before.stands === 'aborted' || one.stands === 'aborted') runs.push([]);
    runs.at(-1)?.push(one);
  }
  return runs;
}

const damagedSource = uniqueName('damaged');
const records: Copied[] = [];
/** Of two records, one after the other in the log that the cleaner left, whose keys were written once each. */
let damagedAt = 0;

test.before(async () => {
  await createTopic(bootstrap.source, damagedSource, { config: cleanedConfig });
  await produceRecords({ bootstrap: bootstrap.source, topic: damagedSource, recordsPerBatch: 20 }, updates(writes));
  await untilCleaned(damagedSource);
  await endCleaning(bootstrap.source, damagedSource);
  const left = await readAll({ bootstrap: bootstrap.source, topic: damagedSource });
  records.push(
    ...left.map(({ offset, key, value, timestamp }) => ({ source: offset, stands: { key, value, timestamp } })),
  );
  const isOnce = ({ stands }: Copied) => isOnly(stands.key ?? null) && stands.value !== null;
  damagedAt = records.findIndex((one, n) => {
    const next = records[n + 1];
    return isOnce(one) && next !== undefined && isOnce(next) && (next.source ?? 0n) > (one.source ?? 0n) + 1n;
  });
  assert.ok(damagedAt >= 0, 'two such records, with a gap of the cleaner between them');
});

for (const [name, { places, kinds, parts }] of Object.entries(faults)) {
  test(`a fault in a compacted topic is found at its place, and nothing else: ${name}`, async () => {
    const [at, next] = records.slice(damagedAt);
    assert.ok(at !== undefined && next !== undefined);
    const target = uniqueName('copy');
    await createTopic(bootstrap.target, target, { config: keptConfig });
    const copy = [...records.slice(0, damagedAt), ...places(at, next), ...records.slice(damagedAt + 2)];
    const { segments, nextTarget } = await copyByHand(target, copy);
    const mirrored = await mirroredTopics(bootstrap, [{ source: damagedSource, target, partitions: 1 }]);
    try {
      const record: PositionRecord = {
        v: positionRecordVersion,
        flow: mirrored.flow.name,
        source: { topic: damagedSource, partition: 0 },
        target: { topic: target, partition: 0 },
        nextSource: (records.at(-1)?.source ?? 0n) + 1n,
        nextTarget,
        startSource: 0n,
        segments,
      };
      const { partitions } = await verifyFlow({
        flow: mirrored.flow,
        source: mirrored.source.log,
        target: mirrored.target.log,
        positions: [{ record, segments: () => segments, spans: () => [], sealed: () => [] }],
        compacted: { source: new Set([damagedSource]), target: new Set([target]) },
        clock: systemClock,
      });
      const [compared] = partitions;
      const found = Object.entries(compared?.kinds ?? {}).filter(([, count]) => count > 0);
      assert.equal(Object.fromEntries(found), kinds);
      const first = compared?.firstDifference;
      if (name === 'none') assert.is(first, null);
      else if (name === 'doubled') assert.is(first?.targetOffset, BigInt(damagedAt + 1));
      else assert.is(first?.sourceOffset, at.source);
      assert.equal(first?.kind === 'changed' ? first.parts : undefined, parts);
    } finally {
      await mirrored.close();
    }
  });
}

test.run();
