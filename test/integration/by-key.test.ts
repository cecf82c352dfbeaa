import { test } from 'uvu';
import { equal, is, ok } from 'uvu/assert';
import { runKafkaTool } from '../clusters/kafka-tool.ts';
import { planPlace } from '../fixtures/apply/plan-place.ts';
import { differencesByKey, placesOf, readAgain } from '../fixtures/by-key/compare-by-key.ts';
import type { GroupCommit } from '../fixtures/groups.ts';
import { commitAlong, committedOffsets, endsOf } from '../fixtures/kills/group-positions.ts';
import { runKplan, startApply } from '../fixtures/kills/kill-apply.ts';
import { killAgainAndAgain } from '../fixtures/kills/killed-again.ts';
import { clustersOf, createSlowFlow } from '../fixtures/kills/slow-flow.ts';
import {
  createTopic,
  endOffsets,
  produceRecords,
  type RecordToProduce,
  readAll,
  uniqueName,
} from '../fixtures/records.ts';
import { createRandom, seedOfRun } from '../simulation/random.ts';
import { keepForever, readBoth, sourceBootstrap, targetBootstrap, withFlow } from './mirror-fixture.ts';

const keys = Array.from({ length: 97 }, (_, i) => Buffer.from(i % 3 === 0 ? `kunde ü ${i}` : `${i * 7_919}`));

/** Each key in one source partition, as a producer with keys leaves them; every eleventh record has none. No two are equal. */
function keyed(count: number, partitions: number, name: string): RecordToProduce[] {
  return Array.from({ length: count }, (_, i) => {
    const index = (i * 31) % keys.length;
    const partition = index % partitions;
    const value = Buffer.from(`${name} ${i}`);
    if (i % 11 === 0) return { partition, key: null, value };
    const key = keys[index] ?? null;
    return i % 13 === 0 ? { partition, key, value: null, headers: [['name', value]] } : { partition, key, value };
  });
}

for (const [partitions, targets, hash] of [
  [6, 4, 'murmur2'],
  [3, 12, 'murmur2'],
  [4, 5, 'crc32'],
  [4, 5, 'fnv1a'],
] as const) {
  test(`${hash}, ${partitions} partitions to ${targets}: every record once, in its key's order, in one place`, () =>
    withFlow(async (flow) => {
      const names = await flow.topic({ partitions }, { partitions: targets }, hash);
      const where = { bootstrap: sourceBootstrap, topic: names.from };
      await produceRecords(where, keyed(3_000, partitions, 'plain'));
      await produceRecords({ ...where, codec: 'zstd' }, keyed(3_000, partitions, 'zstd'));
      await produceRecords({ ...where, recordsPerBatch: 1 }, keyed(200, partitions, 'single'));
      for (const outcome of ['commit', 'abort', 'commit'] as const) {
        const transaction = { transactionalId: uniqueName('by-key'), outcome };
        await produceRecords(
          { ...where, codec: 'lz4', recordsPerBatch: 30, transaction },
          keyed(500, partitions, outcome),
        );
      }
      equal(await flow.mirror(), { result: 'caught-up' });
      const { atSource, atTarget } = await readBoth(names);
      is(atSource.length, 7_200);
      equal(differencesByKey(atSource, atTarget), []);
      is(new Set(atTarget.map((one) => one.partition)).size, targets);
      await produceRecords(where, keyed(100, partitions, 'more'));
      equal(await flow.mirror(), { result: 'caught-up' });
      const later = await readBoth(names);
      is(later.atTarget.length, 7_300);
      equal(differencesByKey(later.atSource, later.atTarget), []);
    }));
}

test("Kafka's own producer puts every key into the same partition", () =>
  withFlow(async (flow) => {
    const names = await flow.topic({ partitions: 2 }, { partitions: 12 }, 'murmur2');
    await produceRecords({ bootstrap: sourceBootstrap, topic: names.from }, keyed(970, 2, 'mirrored'));
    equal(await flow.mirror(), { result: 'caught-up' });
    const own = uniqueName('console');
    await createTopic(targetBootstrap, own, { partitions: 12, config: keepForever });
    const input = keys.map((key) => `${key.toString()}|value\n`).join('');
    await runKafkaTool(
      '3.9',
      'kafka.tools.ConsoleProducer',
      [
        ...['--bootstrap-server', targetBootstrap.join(','), '--topic', own],
        ...['--property', 'parse.key=true', '--property', 'key.separator=|'],
      ],
      { input },
    );
    const wanted = placesOf(await readAll({ bootstrap: targetBootstrap, topic: own }));
    is(wanted.size, keys.length);
    const mirrored = placesOf(await readAll({ bootstrap: targetBootstrap, topic: names.to }));
    equal([...mirrored].sort(), [...wanted].sort());
  }));

const killsMax = process.env.KPLAN_TEST_LONG === '1' ? 20 : 5;
const killAfterMsMax = 1_500;
interface Verified {
  readonly source: { readonly topic: string };
  readonly records: string;
}

interface Row {
  readonly source: { readonly offset: string } | null;
  readonly target: { readonly partition: number; readonly offset: string } | null;
  readonly result: string;
}

/** Where consumers stand, in percent of the way to the end. */
const groupPercents = [0, 35, 80, 100] as const;

test('killed at any moment, an apply that goes by key leaves every record once and in order', async () => {
  const seed = seedOfRun();
  process.stdout.write(`KPLAN_TEST_SEED=${seed}\n`);
  const random = createRandom(seed);
  const { source, target } = await clustersOf();
  const topic = uniqueName('by-key');
  await createTopic(source.bootstrap, topic, { partitions: 6 });
  await produceRecords({ bootstrap: source.bootstrap, topic, recordsPerBatch: 2 }, keyed(3_000, 6, 'killed'));
  const mapping = `mappings: [{ source: ${topic}, partitions: 4, partitioning: by-key }]`;
  const groups = `groups: { include: ["${topic}-*"] }`;
  const flow = await createSlowFlow(topic, { flowLines: [mapping, groups], throttleBytesPerSecond: 8_000 });
  const kills = await killAgainAndAgain(flow, random, { killsMax, killAfterMsMax });
  const ends = await endsOf(source.bootstrap, [{ topic, partitions: 6 }]);
  const committed = new Map<number, readonly GroupCommit[]>();
  for (const percent of groupPercents) {
    committed.set(percent, await commitAlong(source.bootstrap, `${topic}-${percent}`, ends, percent));
  }
  const last = await startApply(flow);
  is(last.exitCode, 0, last.all);
  const atSource = await readAll({ bootstrap: source.bootstrap, topic });
  const atTarget = await readAll({ bootstrap: target.bootstrap, topic: flow.targetTopic });
  is(atSource.length, 3_000);
  equal(differencesByKey(atSource, atTarget), []);
  for (const [percent, commits] of committed) {
    const group = `${topic}-${percent}`;
    const found = await committedOffsets(target.bootstrap, group);
    const placed = new Map([...found].map(([name, { offset }]) => [Number(name.split('-').at(-1)), offset]));
    is(placed.size, 4, `${group} has a place in every partition of the target`);
    const answer = await runKplan(flow.folder, ['offsets', flow.planFile, '--group', group, '--format', 'json']);
    is(answer.exitCode, 0, answer.all);
    const rows: readonly Row[] = JSON.parse(answer.stdout).partitions;
    equal(new Map(rows.map(({ target }) => [target?.partition, BigInt(target?.offset ?? -1)])), placed);
    const { skipped, reread } = readAgain(atSource, atTarget, commits, placed);
    equal(skipped, []);
    const said = Number(new RegExp(`${group} reads at most (\\d+) records`).exec(last.all)?.[1] ?? 0);
    const result = said === 0 ? 'translated' : 'at-least-once';
    ok(
      rows.every((one) => one.source === null && one.result === result),
      answer.all,
    );
    ok(reread <= said, `${group}: ${reread} are read again, ${said} were said`);
    if (percent === 100) {
      is(reread, 0);
      equal(placed, await endOffsets({ bootstrap: target.bootstrap, topic: flow.targetTopic }));
    }
    process.stdout.write(`${percent} %: ${reread} are read again, ${said} were said\n`);
  }
  const verified = await runKplan(flow.folder, ['verify', flow.planFile, '--format', 'json']);
  is(verified.exitCode, 0, verified.all);
  const [whole, ...others]: readonly Verified[] = JSON.parse(verified.stdout).partitions;
  equal(others, []);
  equal(whole?.source, { topic });
  is(whole?.records, '3000');
  process.stdout.write(`${kills} kills\n`);
  await flow.close();
});

test('a plan refuses another partitioning than the one that was mirrored by; another flow into another topic begins anew', async () => {
  const clusters = { old: { bootstrap: sourceBootstrap }, new: { bootstrap: targetBootstrap } };
  const place = await planPlace({ prefix: 'partitioned', clusters });
  const [byKey, preserved] = [`${place.name}-by-key`, `${place.name}-preserved`];
  for (const topic of [byKey, preserved]) {
    await createTopic(sourceBootstrap, topic, { partitions: 2, config: keepForever });
    await produceRecords({ bootstrap: sourceBootstrap, topic }, keyed(100, 2, topic));
  }
  const write = (mappings: readonly object[], flow = 'f') =>
    place.write({
      flows: [{ name: flow, source: 'old', target: 'new', topics: { include: [`${place.name}-*`] }, mappings }],
    });
  await write([{ source: byKey, partitioning: 'by-key' }]);
  const first = await place.apply();
  is(first.code, 0, first.printed);
  const same = await place.plan();
  is(same.code, 0, same.printed);
  await write([{ source: preserved, partitioning: 'by-key' }]);
  const changed = await place.plan();
  is(changed.code, 1, changed.printed);
  const words = changed.printed.replaceAll(/\s+/g, ' ');
  const byNumber = 'by their partition number';
  const byHash = 'by murmur2 of their keys to 2 partitions';
  ok(words.includes(`KP2742: Topic ${byKey}: records went there ${byHash}, and should now go ${byNumber}.`), words);
  ok(words.includes(`KP2742: Topic ${preserved}: records went there ${byNumber}, and should now go ${byHash}.`), words);
  is((await place.apply()).code, 1);
  const anew = `${byKey}-anew`;
  await write(
    [
      { source: byKey, target: anew },
      { source: preserved, target: `${preserved}-anew` },
    ],
    'g',
  );
  const other = await place.apply();
  is(other.code, 0, other.printed);
  const { atSource, atTarget } = await readBoth({ from: byKey, to: anew });
  is(atSource.length, 100);
  equal(placesOf(atTarget), placesOf(atSource));
  await place.remove();
});

test.run();
