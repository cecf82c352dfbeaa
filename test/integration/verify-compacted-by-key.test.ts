import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../runner/engines/native/clock.ts';
import { readStored } from '../../runner/engines/native/positions.ts';
import { type ByKeyTopics, readByKeyTopics } from '../../runner/groups/read-by-key.ts';
import { type Cluster, connectCluster } from '../../runner/kafka/open.ts';
import { connectionSettings } from '../../runner/kafka/settings.ts';
import { partitionOfKey } from '../../runner/records/key-hash.ts';
import type { CompactedByKeyComparison } from '../../runner/verify/by-key-comparison.ts';
import { verifyFlow } from '../../runner/verify/verify-flow.ts';
import { eventually } from '../fixtures/eventually.ts';
import {
  createTopic,
  endCleaning,
  endOffsets,
  produceRecords,
  type RecordToProduce,
  readAll,
  type TopicRecord,
  uniqueName,
} from '../fixtures/records.ts';
import { testsAtOnce } from '../fixtures/tests-at-once.ts';
import { sourceBootstrap, targetBootstrap, withFlow } from './mirror-fixture.ts';

const sources = 3;
const targets = 2;
const keys = 30;
const writes = 600;
/** Segments that roll at once, so that the cleaner gets at all but the newest records. */
const cleanedConfig = {
  'cleanup.policy': 'compact',
  'min.cleanable.dirty.ratio': '0',
  'max.compaction.lag.ms': '100',
  'min.compaction.lag.ms': '0',
  'segment.ms': '100',
};
/** Nothing is cleaned within a test. */
const keptConfig = {
  'cleanup.policy': 'compact',
  'max.compaction.lag.ms': '3600000',
  'min.compaction.lag.ms': '3600000',
};
const cleanTimeoutMs = 120_000;

/** Keys that are written again and again, each in one partition, some deleted now and then; and some that are written once. */
function updates(count: number, from = 0): RecordToProduce[] {
  return Array.from({ length: count }, (_, index) => {
    const n = from + index;
    const key = n % keys;
    const isOnce = n % 41 === 40;
    return {
      partition: key % sources,
      key: Buffer.from(isOnce ? `once ${n}` : `key ${key}`),
      value: n % 23 === 0 && !isOnce ? null : Buffer.from(`value ${n}`),
    };
  });
}

interface Names {
  readonly from: string;
  readonly to: string;
}

async function verified(
  clusters: { readonly source: Cluster; readonly target: Cluster },
  names: Names,
  byKey: ByKeyTopics,
): Promise<CompactedByKeyComparison> {
  const found = await verifyFlow({
    flow: { name: 'source-to-target', topics: topicsOf(names) },
    source: clusters.source.log,
    target: clusters.target.log,
    positions: [],
    byKey,
    compacted: { source: new Set([names.from]), target: new Set([names.to]) },
    clock: systemClock,
  });
  assert.equal(found.diagnostics, []);
  const [one] = found.byKey ?? [];
  if (one?.kind !== 'compacted') throw new Error('The topic was not compared.');
  return one;
}

function topicsOf({ from, to }: Names) {
  const config = { inherit: 'none', exclude: [], set: {} } as const;
  const counts = { sourcePartitions: sources, partitions: targets, replicationFactor: 1 };
  return [{ source: from, target: to, ...counts, config, byKey: 'murmur2' }] as const;
}

function kindsOf({ kinds }: CompactedByKeyComparison): Record<string, number> {
  return Object.fromEntries(Object.entries(kinds).filter(([, count]) => count > 0));
}

/** Of each key the value of its last record; keys whose last one is a tombstone are left out. */
function lastValues(records: readonly TopicRecord[]): Map<string, string> {
  const last = new Map<string, string | undefined>();
  for (const { key, value } of records) last.set(`${key}`, value?.toString());
  return new Map([...last].flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])));
}

test('nothing differs while the topic is written, mirrored and cleaned on both sides', () =>
  withFlow(async (flow) => {
    const settings = (partitions: number) => ({ partitions, config: cleanedConfig });
    const names = await flow.topic(settings(sources), settings(targets), 'murmur2');
    const stop = new AbortController();
    const mirroring = flow.mirror({ until: 'stopped', signal: stop.signal });
    const look = async () => {
      const request = { flow: { topics: topicsOf(names) }, source: flow.source.log, target: flow.target.log };
      const stored = await readStored(flow.target.log, flow.positionsTopic, 'source-to-target');
      const byKey = await readByKeyTopics({ ...request, stored, clock: systemClock });
      return byKey.size === 0 ? undefined : verified(flow, names, byKey);
    };
    let written = 0;
    let cleaned = 0n;
    await eventually('cleaners work at both sides', cleanTimeoutMs, async () => {
      await produceRecords(
        { bootstrap: sourceBootstrap, topic: names.from, recordsPerBatch: 20 },
        updates(writes, written),
      );
      written += writes;
      const found = await look();
      if (found === undefined) return false;
      assert.equal(kindsOf(found), {});
      cleaned += found.cleaned;
      const { atSource, atTarget } = await readSides(names);
      return cleaned > 0n && atSource.length < written / 2 && atTarget.length < written / 2;
    });
    stop.abort();
    await mirroring;
    assert.equal(await flow.mirror(), { result: 'caught-up' });
    const found = await look();
    assert.ok(found);
    assert.equal([kindsOf(found), found.keyShare], [{}, 1]);
    assert.is(found.sourceDigest, found.targetDigest);
    assert.ok(found.records >= BigInt(keys / 2));
    const { atSource, atTarget } = await readSides(names);
    assert.equal([...lastValues(atTarget)].sort(), [...lastValues(atSource)].sort());
  }));

async function readSides({ from, to }: Names) {
  const atSource = await readAll({ bootstrap: sourceBootstrap, topic: from });
  return { atSource, atTarget: await readAll({ bootstrap: targetBootstrap, topic: to }) };
}

const damaged = uniqueName('damaged');
/** What a copy has, in its order: three records of `pair` stand last. */
const copy: RecordToProduce[] = [];

function open(cluster: string, bootstrap: readonly string[]): Cluster {
  return connectCluster(connectionSettings({ cluster, bootstrap, addressMap: new Map() }));
}

/** A source that was cleaned, with three records of one key that came when the cleaner had ended. */
async function writeDamaged(): Promise<void> {
  const where = { bootstrap: sourceBootstrap, topic: damaged };
  await createTopic(sourceBootstrap, damaged, { partitions: sources, config: cleanedConfig });
  await produceRecords({ ...where, recordsPerBatch: 20 }, updates(writes));
  await eventually('the cleaner takes old records', cleanTimeoutMs, async () => {
    const rolls = Array.from({ length: sources }, (_, partition) => ({
      partition,
      key: Buffer.from(`roll ${partition}`),
    }));
    await produceRecords(
      where,
      rolls.map((one) => ({ ...one, value: Buffer.from('x') })),
    );
    return (await readAll(where)).filter((one) => !`${one.key}`.startsWith('roll')).length < writes / 2;
  });
  await endCleaning(sourceBootstrap, damaged);
  const pair = ['one', 'two', 'three'].map((value) => ({ key: Buffer.from('pair'), value: Buffer.from(value) }));
  await produceRecords(where, pair);
  for (const { key, value, timestamp } of await readAll(where)) copy.push({ key, value, timestamp, ...placeOf(key) });
}

function placeOf(key: Buffer | null) {
  return { partition: partitionOfKey('murmur2', key ?? Buffer.of(), targets) };
}

interface Fault {
  readonly places: (copied: readonly RecordToProduce[]) => readonly RecordToProduce[];
  readonly kinds: Readonly<Record<string, number>>;
  readonly unproven?: bigint;
}

/** Of a record whose key was written once. */
function changed(change: Partial<RecordToProduce>, kinds: Fault['kinds'] = { changed: 1 }): Fault {
  return { kinds, places: (copied) => copied.map((one) => (one === onceOf(copied) ? { ...one, ...change } : one)) };
}

function onceOf(copied: readonly RecordToProduce[]): RecordToProduce | undefined {
  return copied.find(({ key }) => `${key}`.startsWith('once'));
}

const isPair = ({ key }: RecordToProduce) => `${key}` === 'pair';
function ofPair(change: (pair: readonly RecordToProduce[]) => readonly (RecordToProduce | undefined)[]) {
  return (copied: readonly RecordToProduce[]) => [
    ...copied.filter((one) => !isPair(one)),
    ...change(copied.filter(isPair)).flatMap((one) => one ?? []),
  ];
}

const faults: Readonly<Record<string, Fault>> = {
  none: { kinds: {}, places: (copied) => copied },
  'a last record dropped': { kinds: { missing: 1 }, places: ofPair(([one, two]) => [one, two]) },
  'all of a key dropped': { kinds: { missing: 1 }, places: (copied) => copied.filter((one) => one !== onceOf(copied)) },
  'the last record doubled': { kinds: { duplicated: 1 }, places: ofPair((pair) => [...pair, pair[2]]) },
  'an older record written again': { kinds: { duplicated: 1 }, places: ofPair((pair) => [...pair, pair[0]]) },
  'two of a key swapped': { kinds: { reordered: 1 }, places: ofPair(([one, two, three]) => [one, three, two]) },
  'a record in another partition': {
    kinds: { extra: 1 },
    places: (copied) =>
      copied.map((one) => (one === onceOf(copied) ? { ...one, partition: targets - 1 - (one.partition ?? 0) } : one)),
  },
  'changed key': changed({ key: Buffer.from('another key') }, { missing: 1, extra: 1 }),
  'changed value': changed({ value: Buffer.from('another value') }),
  'value turned into a tombstone': changed({ value: null }),
  'changed headers': changed({ headers: [['h', Buffer.from('x')]] }),
  'changed timestamp': changed({ timestamp: BigInt(Date.now()) }),
  'a record that is not the last, which is told to be untold': {
    kinds: {},
    unproven: 1n,
    places: ofPair(([one, , three]) => [one, three]),
  },
};

const written = writeDamaged();
testsAtOnce(
  Object.fromEntries(
    Object.entries(faults).map(([name, fault]) => [
      `in a compacted topic that goes by key: ${name}`,
      () => found(fault),
    ]),
  ),
);

/** Writes a copy as the fault has it, and compares it. */
async function found({ places, kinds, unproven = 0n }: Fault): Promise<void> {
  await written;
  const names = { from: damaged, to: uniqueName('copy') };
  await createTopic(targetBootstrap, names.to, { partitions: targets, config: keptConfig });
  await produceRecords({ bootstrap: targetBootstrap, topic: names.to }, places(copy));
  const clusters = { source: open('source', sourceBootstrap), target: open('target', targetBootstrap) };
  try {
    const ends = {
      source: await endOffsets({ bootstrap: sourceBootstrap, topic: names.from }),
      target: await endOffsets({ bootstrap: targetBootstrap, topic: names.to }),
    };
    const all = (of: ReadonlyMap<number, bigint>, count: number) =>
      Array.from({ length: count }, (_, partition) => ({ start: 0n, end: of.get(partition) ?? 0n }));
    const [atSource, atTarget] = [all(ends.source, sources), all(ends.target, targets)];
    const input = {
      cuts: [
        { sources: atSource.map(() => null), targets: atTarget.map(() => 0n) },
        {
          sources: atSource.map(({ end }) => ({ recordsEnd: end, next: end })),
          targets: atTarget.map(({ end }) => end),
        },
      ],
      sources: atSource.map((one) => ({ ...one, startSource: 0n })),
      targets: atTarget,
    };
    const topic = { source: names.from, target: names.to, input };
    const compared = await verified(clusters, names, new Map([[names.from, topic]]));
    assert.equal([kindsOf(compared), compared.unproven], [kinds, unproven]);
    assert.is(compared.sourceDigest === compared.targetDigest, Object.keys(kinds).length === 0);
  } finally {
    await Promise.all([clusters.source.close(), clusters.target.close()]);
  }
}

test.run();
