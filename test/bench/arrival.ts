import { setTimeout as wait } from 'node:timers/promises';
import { listOffsetsV7 } from '@platformatic/kafka';
import { openConnections } from '../fixtures/records/connections.ts';
import { noFigures, type ProcessFigures, readProcess } from './process-meter.ts';

/** Asking for the ends of many partitions is work for the target as well. */
const pollMs = (partitions: number) => (partitions > 100 ? 500 : 50);
const quietMs = 4_000;
const deadlineMs = 600_000;
const readUncommitted = 0;
const readCommitted = 1;
const latestTimestamp = -1n;

/** How a mirror got its records to the target, seen from outside: the target's stable ends and the mirror's process. */
export interface Arrival {
  /** From the process's start to its first record at the target, committed or not. */
  readonly startSeconds: number;
  /** From the process's start until the last record stood committed. */
  readonly wallSeconds: number;
  /** Up to the last record's arrival, or to the end of a process that ends by itself. */
  readonly figures: ProcessFigures;
}

/**
 * Polls until all `records` stand committed. A transaction's markers take offsets too, so that the ends alone don't tell:
 * it is over once they are past the count and nothing has come for 4 s, or the process has ended by itself.
 */
export async function watchArrival(options: {
  readonly bootstrap: readonly string[];
  readonly topic: string;
  readonly partitions: number;
  readonly records: number;
  readonly pid: number;
  readonly ended: () => boolean;
}): Promise<Arrival> {
  const connections = openConnections(options.bootstrap);
  const started = performance.now();
  let latestFigures: ProcessFigures = noFigures;
  let figures = latestFigures;
  let first = 0;
  let last = 0;
  let sum = 0n;
  try {
    while (performance.now() - started < deadlineMs) {
      const now = performance.now();
      const ended = options.ended();
      latestFigures = (await readProcess(options.pid)) ?? latestFigures;
      if (first === 0 && (await ends(connections, options, readUncommitted)) > 0n) first = now;
      const end = await ends(connections, options, readCommitted);
      if (ended || end > sum) figures = latestFigures;
      if (end > sum) {
        last = now;
        sum = end;
      }
      const quiet = last > 0 && now - last > quietMs;
      if (sum >= BigInt(options.records) && (quiet || ended)) {
        const seconds = (at: number) => (at - started) / 1000;
        return { startSeconds: seconds(first), wallSeconds: seconds(last), figures };
      }
      if (ended) throw new Error(`the mirror ended with ${sum} of ${options.records} records at the target`);
      await wait(pollMs(options.partitions));
    }
    throw new Error(`only ${sum} of ${options.records} records arrived in time`);
  } finally {
    await connections.close();
  }
}

async function ends(
  connections: ReturnType<typeof openConnections>,
  { topic, partitions }: { readonly topic: string; readonly partitions: number },
  isolation: number,
): Promise<bigint> {
  try {
    const leader = await connections.leaderOf(topic, 0);
    const asked = Array.from({ length: partitions }, (_, partitionIndex) => ({
      partitionIndex,
      currentLeaderEpoch: -1,
      timestamp: latestTimestamp,
    }));
    const { topics } = await listOffsetsV7.api.async(leader, -1, isolation, [{ name: topic, partitions: asked }]);
    return (topics[0]?.partitions ?? []).reduce((total, one) => total + one.offset, 0n);
  } catch {
    return 0n;
  }
}
