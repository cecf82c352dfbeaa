import { groupMemory } from '../../runner/groups/rounds.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { mirroredTopics } from '../fixtures/mirrored-topics.ts';
import { createTopic, produceRecords, uniqueName } from '../fixtures/records.ts';
import { inWorld } from './world.ts';

/**
 * What rounds over 200 groups on 20 topics of three partitions cost kplan's process: the first one, which writes all of them,
 * those in which none moved, ten moved, and all are looked at on the target again though nothing differs.
 */
const groupsCount = 200;
const topicsCount = 20;
const partitions = 3;
const topicsOfGroup = 3;
const recordsOfTopic = 300;
const movedCount = 10;
/** Of the commits that are looked at again: older than any that a round remembers. */
const neverMs = 0;
const renewAfterMs = 3_600_000;

await inWorld({ scale: 1, kplan: '' }, async ({ source, target, say }) => {
  const topics = Array.from({ length: topicsCount }, () => uniqueName('rounds'));
  const records = Array.from({ length: recordsOfTopic }, (_, n) => ({
    partition: n % partitions,
    value: Buffer.from(`value ${n}`),
  }));
  for (const topic of topics) {
    for (const { bootstrap } of [source, target]) await createTopic(bootstrap, topic, { partitions });
    await produceRecords({ bootstrap: source.bootstrap, topic }, records);
  }
  const pairs = topics.map((topic) => ({ source: topic, target: topic, partitions }));
  const mirrored = await mirroredTopics({ source: source.bootstrap, target: target.bootstrap }, pairs);
  await mirrored.mirror();
  const groups = Array.from({ length: groupsCount }, () => uniqueName('group'));
  const memory = groupMemory();

  async function commit(count: number, offset: bigint): Promise<void> {
    for (const [index, group] of groups.slice(0, count).entries()) {
      const read = Array.from({ length: topicsOfGroup }, (_, n) => topics[(index + n) % topicsCount] ?? '');
      const commits = read.flatMap((topic) =>
        Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset })),
      );
      await commitOffsets(source.bootstrap, group, commits);
    }
  }

  async function round(name: string): Promise<void> {
    const before = process.cpuUsage();
    const startedAt = performance.now();
    const results = await mirrored.sync(groups, { memory, renewAfterMs });
    const elapsedMs = Math.round(performance.now() - startedAt);
    const { user, system } = process.cpuUsage(before);
    const written = results.filter((one) => one.outcome === 'written').length;
    say(`${name}: ${Math.round((user + system) / 1_000)} ms of CPU, ${elapsedMs} ms, ${written} groups written`);
  }

  await commit(groupsCount, 50n);
  await round('first round');
  for (let count = 0; count < 3; count += 1) await round('none moved');
  await commit(movedCount, 70n);
  await round(`${movedCount} moved`);
  for (const [group, known] of memory.groups) memory.groups.set(group, { ...known, lookedAtMs: neverMs });
  await round('all looked at again');
  await mirrored.close();
});
