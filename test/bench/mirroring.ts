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
  const { source, target, folder, kplan, say } = world;
  const { topic, partitions, codec } = scenario;
  await createTopic(source.bootstrap, topic, { partitions });
  await load(source.bootstrap, scenario, folder);
  const records = await recordsOf(source.bootstrap, topic);
  say(`${scenario.name}: ${records} records are written`);
  const bytes = await storedBytes(source.bootstrap, topic);
  const run = { source: source.bootstrap, target: target.bootstrap, topic, partitions, codec, folder, kplan };
  const measure = async (mirror: MirrorName, name: string): Promise<MirroringRow> => {
    const running = await mirrors[mirror]({ ...run, name, until: 'caught-up' });
    const arrival = await arrivalOf(running, { ...run, records });
    return { scenario: scenario.name, mirror, records, storedBytes: bytes, ...arrival };
  };
  await measure('kplan', `${topic}-warm-up`);
  const rows: MirroringRow[] = [];
  for (const mirror of mirrorNames) {
    const row = await measure(mirror, `${topic}-${mirror.replaceAll(/\W/g, '').toLowerCase()}`);
    rows.push(row);
    say(`  ${mirror}: ${recordsPerSecond(row)} records/s, ${row.figures.cpuSeconds} CPU s`);
  }
  return rows;
}

/** What there is of it: Kafka's own load tool goes on after records that it could not write. Nothing else stands there. */
async function recordsOf(bootstrap: readonly string[], topic: string): Promise<number> {
  const ends = await endOffsets({ bootstrap, topic });
  return Number([...ends.values()].reduce((sum, end) => sum + end, 0n));
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
