import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { topicAddress } from '../../src/execution-plan/address.ts';
import type { Clock, LogReader, OffsetAnswer, TopicPartition } from '../engines/native/ports.ts';

/** Leaders that make no partition ready for so long have trouble. */
const stalledMsMax = 30_000;
const poll = { minMs: 100, maxMs: 1_000 } as const;

export interface Serving {
  readonly cluster: string;
  readonly log: LogReader;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Waits until the leaders of all partitions answer for them. Brokers answer CreateTopics before they have made the logs
 * (6,000 of them took 30 s on two cores), so the wait goes on for as long as partitions become ready. Answers what is
 * still not served; nothing where it was interrupted.
 */
export async function awaitServed(topics: readonly string[], serving: Serving): Promise<readonly Diagnostic[]> {
  const { log, clock, signal } = serving;
  const described = await log.describeTopics(topics);
  let left: readonly TopicPartition[] = [...described.values()].flatMap(({ topic, leaders }) =>
    leaders.map((_leader, partition) => ({ topic, partition })),
  );
  let progressedAtMs = clock.nowMs();
  for (let pauseMs: number = poll.minMs; ; pauseMs = Math.min(pauseMs * 2, poll.maxMs)) {
    const silent = left.length === 0 ? [] : (await log.offsets(left, 'latest')).filter((one) => one.error !== null);
    if (silent.length === 0 || signal.aborted) return [];
    if (silent.length < left.length) progressedAtMs = clock.nowMs();
    if (clock.nowMs() - progressedAtMs >= stalledMsMax) return unserved(silent, serving.cluster);
    left = silent;
    await clock.sleep(pauseMs, signal);
  }
}

function unserved(silent: readonly OffsetAnswer[], cluster: string): Diagnostic[] {
  return [...Map.groupBy(silent, (one) => one.topic)].map(([topic, [first]]) =>
    diagnostic('KP4009', {
      address: topicAddress(cluster, topic),
      summary: `Topic ${topic} on cluster ${cluster} is not served: the leader of partition ${first?.partition} answers ${first?.error}.`,
    }),
  );
}
