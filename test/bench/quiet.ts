import { setTimeout as wait } from 'node:timers/promises';
import { createTopic, endOffsets } from '../fixtures/records.ts';
import { load } from './load.ts';
import { type Mirror, mirrors } from './mirrors.ts';
import { type ProcessFigures, readProcess } from './process-meter.ts';
import { quietLoad } from './scenarios.ts';
import type { BenchWorld } from './world.ts';

/** What a flow of many partitions costs while next to nothing comes. */
export interface QuietRow {
  readonly state: string;
  readonly partitions: number;
  readonly recordsPerSecond: number;
  /** That kplan's process was busy with, and the source's broker; absent where the broker is no process of ours. */
  readonly cores: number;
  readonly sourceCores: number | undefined;
  /** Of kplan's process in all. */
  readonly sentBytesPerSecond: number;
  readonly receivedBytesPerSecond: number;
}

const seconds = 20;
const startMsMax = 180_000;
const settlingMs = 5_000;
const pollMs = 500;

/** kplan alone follows a topic of many partitions: first nobody writes, then a few records a second. */
export async function benchQuiet({ source, target, folder, kplan, scale, say }: BenchWorld): Promise<QuietRow[]> {
  const { codec, recordsPerSecond } = quietLoad;
  const partitions = Math.max(10, Math.round(quietLoad.partitions * scale));
  const topic = `${quietLoad.topic}-${Date.now()}`;
  await createTopic(source.bootstrap, topic, { partitions });
  await load(source.bootstrap, { ...quietLoad, topic, partitions, records: 1 }, folder);
  const ends = { source: source.bootstrap, target: target.bootstrap, kplan };
  const running = await mirrors.kplan({ ...ends, topic, partitions, codec, folder, name: topic, until: 'stopped' });
  try {
    await firstArrival(running, target.bootstrap);
    await wait(settlingMs);
    const measured = async (state: string, rate: number, during: () => Promise<unknown>): Promise<QuietRow> => {
      const pids = [running.pid, source.brokers[0]?.pid];
      const startedMs = performance.now();
      const before = await Promise.all(pids.map(readOptional));
      await during();
      const after = await Promise.all(pids.map(readOptional));
      const perSecond = (index: number, field: keyof ProcessFigures) =>
        ((after[index]?.[field] ?? Number.NaN) - (before[index]?.[field] ?? Number.NaN)) /
        ((performance.now() - startedMs) / 1000);
      const row = {
        ...{ state, partitions, recordsPerSecond: rate, cores: perSecond(0, 'cpuSeconds') },
        sourceCores: before[1] === undefined ? undefined : perSecond(1, 'cpuSeconds'),
        sentBytesPerSecond: perSecond(0, 'writtenBytes'),
        receivedBytesPerSecond: perSecond(0, 'readBytes'),
      };
      say(`quiet, ${state}: ${row.cores.toFixed(3)} cores, ${Math.round(row.sentBytesPerSecond)} bytes/s sent`);
      return row;
    };
    return [
      await measured('idle', 0, () => wait(seconds * 1000)),
      await measured('a few records', recordsPerSecond, () => {
        const records = recordsPerSecond * seconds;
        return load(source.bootstrap, { ...quietLoad, topic, partitions, records }, folder, recordsPerSecond);
      }),
    ];
  } finally {
    await running.stop();
  }
}

function readOptional(pid: number | undefined): Promise<ProcessFigures | undefined> {
  return pid === undefined ? Promise.resolve(undefined) : readProcess(pid);
}

async function firstArrival({ targetTopic, ended }: Mirror, bootstrap: readonly string[]): Promise<void> {
  const deadlineMs = performance.now() + startMsMax;
  while (performance.now() < deadlineMs && !ended()) {
    const arrived = await endOffsets({ bootstrap, topic: targetTopic }).catch(() => new Map<number, bigint>());
    if ([...arrived.values()].some((end) => end > 0n)) return;
    await wait(pollMs);
  }
  throw new Error(`nothing arrived in ${targetTopic} within ${startMsMax} ms`);
}
