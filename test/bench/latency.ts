import { setTimeout as wait } from 'node:timers/promises';
import { createTopic, endOffsets } from '../fixtures/records.ts';
import { load } from './load.ts';
import { type Mirror, type MirrorName, mirrorNames, mirrors } from './mirrors.ts';
import { readProcess } from './process-meter.ts';
import { readLatencies, type Sample } from './read-latencies.ts';
import { latencyLoad } from './scenarios.ts';
import type { BenchWorld } from './world.ts';

/** How long records took from their producer to a reader of committed records, under a light load. */
export interface LatencyRow {
  /** `none`: read at the source. So much of the others' figures is the producer's, the broker's and the reader's. */
  readonly mirror: MirrorName | 'none';
  readonly recordsPerSecond: number;
  readonly records: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Cores that the mirror's process was busy with meanwhile; absent where there is none. */
  readonly cores?: number;
}

/** A flow whose readers want records soon has short transactions; MirrorMaker 2 ends one as often as it polls. */
export const commitIntervalMs = 20;
/**
 * Of the load's time, what is mirrored and not counted at its start. The producer is a JVM that has just begun: on two
 * cores beside a mirror what it can not send yet waits in its buffer for up to 5 s, and it takes up to 15 s until that is
 * empty.
 */
const warmUpSeconds = 25;
const measuredSeconds = 20;
/** Of each, however small the scale. */
const secondsMin = 2;
const startMsMax = 90_000;
const arrivalMsMax = 60_000;
const pollMs = 100;

export async function benchLatency(world: BenchWorld): Promise<LatencyRow[]> {
  const rows: LatencyRow[] = [];
  for (const mirror of ['none', ...mirrorNames] as const) {
    const row = await (mirror === 'none' ? measureSource(world) : measureMirror(world, mirror));
    rows.push(row);
    world.say(`latency, ${mirror}: p50 ${row.p50} ms, p99 ${row.p99} ms`);
  }
  return rows;
}

async function measureSource(world: BenchWorld): Promise<LatencyRow> {
  const { bootstrap } = world.source;
  const topic = `${latencyLoad.topic}-source`;
  await createTopic(bootstrap, topic, { partitions: latencyLoad.partitions });
  return { mirror: 'none', ...(await measure(world, topic, { bootstrap, topic })) };
}

async function measureMirror(world: BenchWorld, mirror: MirrorName): Promise<LatencyRow> {
  const { source, target, folder, kplan } = world;
  const name = `latency-${mirror.replaceAll(/\W/g, '').toLowerCase()}`;
  const { partitions, codec } = latencyLoad;
  const topic = `${latencyLoad.topic}-${name}`;
  await createTopic(source.bootstrap, topic, { partitions });
  // One record, whose arrival tells that the mirror is at work.
  await load(source.bootstrap, { ...latencyLoad, topic, records: 1 }, folder);
  const ends = { source: source.bootstrap, target: target.bootstrap, kplan };
  const settings = { codec, until: 'stopped', commitIntervalMs } as const;
  const running = await mirrors[mirror]({ ...ends, ...settings, topic, partitions, folder, name });
  try {
    await firstArrival(running, target.bootstrap);
    const read = { bootstrap: target.bootstrap, topic: running.targetTopic, pid: running.pid };
    return { mirror, ...(await measure(world, topic, read)) };
  } finally {
    await running.stop();
  }
}

interface ReadPlace {
  readonly bootstrap: readonly string[];
  readonly topic: string;
  /** Of the mirror's process. */
  readonly pid?: number;
}

/** Loads `topic` at the source, reads each record where it arrives, and throws where one does not. */
async function measure(world: BenchWorld, topic: string, read: ReadPlace): Promise<Omit<LatencyRow, 'mirror'>> {
  const { recordsPerSecond, partitions } = latencyLoad;
  const scaled = (seconds: number) => Math.max(secondsMin, Math.round(seconds * world.scale));
  const records = recordsPerSecond * (scaled(warmUpSeconds) + scaled(measuredSeconds));
  const warmUpMs = scaled(warmUpSeconds) * 1000;
  const sinceMs = Date.now();
  const samples: Sample[] = [];
  const stop = new AbortController();
  const reading = Array.from({ length: partitions }, (_, partition) =>
    readLatencies(read.bootstrap[0] ?? '', { topic: read.topic, partition, sinceMs }, samples, stop.signal),
  );
  const loading = async () => {
    try {
      const [, cores] = await Promise.all([
        load(world.source.bootstrap, { ...latencyLoad, topic, records }, world.folder, recordsPerSecond),
        read.pid === undefined ? undefined : coresBusy(read.pid, warmUpMs, scaled(measuredSeconds) * 1000),
      ]);
      await allArrived(samples, records);
      return cores;
    } finally {
      stop.abort();
    }
  };
  const [cores] = await Promise.all([loading(), ...reading]);
  return { recordsPerSecond, ...percentiles(samples, warmUpMs), ...(cores === undefined ? {} : { cores }) };
}

/** Of the process, within `forMs` that begin `afterMs` from now. */
async function coresBusy(pid: number, afterMs: number, forMs: number): Promise<number> {
  const cpuSeconds = async () => (await readProcess(pid))?.cpuSeconds ?? Number.NaN;
  await wait(afterMs);
  const startedMs = performance.now();
  const before = await cpuSeconds();
  await wait(forMs);
  return ((await cpuSeconds()) - before) / ((performance.now() - startedMs) / 1000);
}

async function allArrived(samples: readonly Sample[], records: number): Promise<void> {
  const deadlineMs = performance.now() + arrivalMsMax;
  while (samples.length < records) {
    if (performance.now() > deadlineMs) {
      throw new Error(
        `${samples.length} of ${records} records arrived within ${arrivalMsMax} ms of the last one's sending`,
      );
    }
    await wait(pollMs);
  }
}

function percentiles(samples: readonly Sample[], warmUpMs: number): Pick<LatencyRow, 'records' | 'p50' | 'p99'> {
  const first = samples.reduce((least, { producedMs }) => Math.min(least, producedMs), Number.POSITIVE_INFINITY);
  const counted = samples.filter(({ producedMs }) => producedMs >= first + warmUpMs);
  const latencies = counted.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  const at = (share: number) =>
    latencies[Math.min(Math.floor(share * latencies.length), latencies.length - 1)] ?? Number.NaN;
  return { records: latencies.length, p50: at(0.5), p99: at(0.99) };
}

async function firstArrival({ targetTopic, ended }: Mirror, bootstrap: readonly string[]): Promise<void> {
  const deadlineMs = performance.now() + startMsMax;
  while (performance.now() < deadlineMs && !ended()) {
    const arrived = await endOffsets({ bootstrap, topic: targetTopic, isolation: 'read_committed' }).catch(
      () => new Map(),
    );
    if ([...arrived.values()].some((end) => end > 0n)) return;
    await wait(pollMs);
  }
  throw new Error(`nothing arrived in ${targetTopic} within ${startMsMax} ms`);
}
