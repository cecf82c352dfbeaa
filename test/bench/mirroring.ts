import { createTopic, endOffsets } from '../fixtures/records.ts';
import { type Arrival, watchArrival } from './arrival.ts';
import { load } from './load.ts';
import { type Mirror, type MirrorName, type MirrorRun, mirrorNames, mirrors } from './mirrors.ts';
import type { Scenario } from './scenarios.ts';
import { storedBytes } from './stored-bytes.ts';
import type { BenchWorld } from './world.ts';

/** One mirror's way through one topic that was full when it began. */
export interface MirroringRow extends Arrival {
  readonly scenario: string;
  readonly mirror: MirrorName;
  readonly records: number;
  readonly storedBytes: number;
}

/** Records a second from the first one's arrival to the last one's commit: starting up is in the time from start to end. */
export function recordsPerSecond({ records, startSeconds, wallSeconds }: MirroringRow): number {
  return Math.round(records / Math.max(wallSeconds - startSeconds, 0.05));
}

/**
 * Each mirror brings the same topic to the target. Before that kplan does it once without being measured: brokers compile
 * what they do often, and whoever comes first would pay for both.
 */
export async function benchMirroring(world: BenchWorld, scenario: Scenario): Promise<MirroringRow[]> {
  const { topic } = scenario;
  const { records, bytes } = await fillTopic(world, scenario);
  await measureMirror(world, { ...scenario, records }, { mirror: 'kplan', name: `${topic}-warm-up` });
  const rows: MirroringRow[] = [];
  for (const mirror of mirrorNames) {
    const name = `${topic}-${mirror.replaceAll(/\W/g, '').toLowerCase()}`;
    const arrival = await measureMirror(world, { ...scenario, records }, { mirror, name });
    const row = { scenario: scenario.name, mirror, records, storedBytes: bytes, ...arrival };
    rows.push(row);
    world.say(`  ${mirror}: ${recordsPerSecond(row)} records/s, ${row.figures.cpuSeconds} CPU s`);
  }
  return rows;
}

/** Makes the scenario's topic at the source and writes its records; gives how many there are, and the bytes that they take. */
export async function fillTopic(
  { source, folder, say }: BenchWorld,
  scenario: Scenario,
): Promise<{ readonly records: number; readonly bytes: number }> {
  const { topic, partitions, name } = scenario;
  await createTopic(source.bootstrap, topic, { partitions });
  await load(source.bootstrap, scenario, folder);
  const records = await recordsOf(source.bootstrap, topic);
  say(`${name}: ${records} records are written`);
  return { records, bytes: await storedBytes(source.bootstrap, topic) };
}

/** What there is of it: Kafka's own load tool goes on after records that it could not write. Nothing else stands there. */
async function recordsOf(bootstrap: readonly string[], topic: string): Promise<number> {
  const ends = await endOffsets({ bootstrap, topic });
  return Number([...ends.values()].reduce((sum, end) => sum + end, 0n));
}

/** One mirror brings the topic to the target. */
export async function measureMirror(
  { source, target, folder, kplan }: BenchWorld,
  { topic, partitions, records, codec }: Scenario,
  { mirror, ...own }: Pick<MirrorRun, 'name' | 'nodeFlags'> & { readonly mirror: MirrorName },
): Promise<Arrival> {
  const run = { source: source.bootstrap, target: target.bootstrap, topic, partitions, codec, folder, kplan, ...own };
  return arrivalOf(await mirrors[mirror]({ ...run, until: 'caught-up' }), { ...run, records });
}

async function arrivalOf(
  mirror: Mirror,
  { target, partitions, records }: Pick<MirrorRun, 'target' | 'partitions'> & { readonly records: number },
): Promise<Arrival> {
  const { pid, targetTopic: topic, ended } = mirror;
  try {
    return await watchArrival({ bootstrap: target, topic, partitions, records, pid, ended });
  } catch (error) {
    throw new Error(`the mirror failed; it said last:\n${mirror.said()}`, { cause: error });
  } finally {
    await mirror.stop();
  }
}
