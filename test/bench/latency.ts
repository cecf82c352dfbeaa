import { setTimeout as wait } from 'node:timers/promises';
import { Connection, fetchV12 } from '@platformatic/kafka';
import { visibleRecords } from '../fixtures/records/visible-records.ts';
import { createTopic, endOffsets } from '../fixtures/records.ts';
import { load } from './load.ts';
import { type Mirror, type MirrorName, mirrorNames, mirrors } from './mirrors.ts';
import { readProcess } from './process-meter.ts';
import { latencyLoad } from './scenarios.ts';
import type { BenchWorld } from './world.ts';

/** How long records took from their producer to a reader of committed records at the target, under a light load. */
export interface LatencyRow {
  readonly mirror: MirrorName;
  readonly recordsPerSecond: number;
  readonly records: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Cores that the mirror's process was busy with meanwhile. */
  readonly cores: number;
}

/** A flow whose readers want records soon has short transactions; MirrorMaker 2 ends one as often as it polls. */
export const commitIntervalMs = 20;
/** Of the load's time, what is left out at its start. */
const settlingMs = 3_000;
const loadSeconds = 20;
const loadSecondsMin = 5;
const startMsMax = 90_000;
const pollMs = 100;

export async function benchLatency(world: BenchWorld): Promise<LatencyRow[]> {
  const rows: LatencyRow[] = [];
  for (const mirror of mirrorNames) {
    const row = await measure(world, mirror);
    rows.push(row);
    world.say(`latency, ${mirror}: p50 ${row.p50} ms, p99 ${row.p99} ms`);
  }
  return rows;
}

async function measure({ source, target, folder, kplan, scale }: BenchWorld, mirror: MirrorName): Promise<LatencyRow> {
  const name = `latency-${mirror.replaceAll(/\W/g, '').toLowerCase()}`;
  const { partitions, codec, recordsPerSecond } = latencyLoad;
  const topic = `${latencyLoad.topic}-${name}`;
  await createTopic(source.bootstrap, topic, { partitions });
  // One record, whose arrival tells that the mirror is at work.
  await load(source.bootstrap, { ...latencyLoad, topic, records: 1 }, folder);
  const ends = { source: source.bootstrap, target: target.bootstrap, kplan };
  const settings = { codec, until: 'stopped', commitIntervalMs } as const;
  const running = await mirrors[mirror]({ ...ends, ...settings, topic, partitions, folder, name });
  try {
    await firstArrival(running, target.bootstrap);
    const seconds = Math.max(loadSecondsMin, Math.round(loadSeconds * scale));
    const stop = new AbortController();
    const reading = Promise.all(
      Array.from({ length: partitions }, (_, partition) => {
        return readLatencies(target.bootstrap[0] ?? '', running.targetTopic, partition, stop.signal);
      }),
    );
    const cpuBefore = (await readProcess(running.pid))?.cpuSeconds ?? Number.NaN;
    const startedMs = performance.now();
    await load(
      source.bootstrap,
      { ...latencyLoad, topic, records: recordsPerSecond * seconds },
      folder,
      recordsPerSecond,
    );
    const cpuSeconds = ((await readProcess(running.pid))?.cpuSeconds ?? Number.NaN) - cpuBefore;
    const cores = cpuSeconds / ((performance.now() - startedMs) / 1000);
    await wait(settlingMs);
    stop.abort();
    const samples = (await reading).flat();
    return { mirror, recordsPerSecond, ...percentiles(samples), cores };
  } finally {
    await running.stop();
  }
}

interface Sample {
  readonly producedMs: number;
  readonly latencyMs: number;
}

function percentiles(samples: readonly Sample[]): Pick<LatencyRow, 'records' | 'p50' | 'p99'> {
  const first = samples.reduce((least, { producedMs }) => Math.min(least, producedMs), Number.POSITIVE_INFINITY);
  const settled = samples.filter(({ producedMs }) => producedMs >= first + settlingMs);
  const latencies = settled.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
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

const fetchBytesMax = 16_777_216;
const fetchMaxWaitMs = 500;
const readCommitted = 1;

/** Reads what is committed as soon as it is, on a connection of its own. */
async function readLatencies(server: string, topic: string, partition: number, signal: AbortSignal): Promise<Sample[]> {
  const [host = '', port = ''] = server.split(':');
  const connection = new Connection('kplan-bench-reader');
  await connection.connect(host, Number(port));
  const samples: Sample[] = [];
  let next = 0n;
  try {
    while (!signal.aborted) {
      const at = {
        partition,
        currentLeaderEpoch: -1,
        fetchOffset: next,
        lastFetchedEpoch: -1,
        partitionMaxBytes: fetchBytesMax,
      };
      const topics = [{ topicId: topic, partitions: [at] }];
      const limits = [fetchMaxWaitMs, 1, fetchBytesMax, readCommitted, 0, -1] as const;
      const { responses } = await fetchV12.api.async(connection, ...limits, topics, [], '');
      const nowMs = Date.now();
      const fetched = responses[0]?.partitions[0];
      const last = fetched?.records?.at(-1);
      if (fetched === undefined || last === undefined) continue;
      for (const { offset, timestamp } of visibleRecords(fetched)) {
        const producedMs = Number(timestamp);
        if (offset >= next) samples.push({ producedMs, latencyMs: nowMs - producedMs });
      }
      next = last.firstOffset + BigInt(last.lastOffsetDelta) + 1n;
    }
    return samples;
  } finally {
    await connection.close();
  }
}
