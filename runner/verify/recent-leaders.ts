import type { Clock, LogReader, TopicDescription } from '../engines/native/ports.ts';
import { leadersKeptMs } from './limits.ts';

interface Asked {
  readonly atMs: number;
  readonly answer: ReturnType<LogReader['describeTopics']>;
}

/**
 * The log, asking for a topic's leaders no more often than every `leadersKeptMs`: each of its partitions wants to know
 * them when it begins, and a topic may have thousands.
 */
export function withRecentLeaders(log: LogReader, clock: Clock): LogReader {
  const asked = new Map<string, Asked>();

  function recent(topic: string): Asked['answer'] {
    const known = asked.get(topic);
    if (known !== undefined && clock.nowMs() - known.atMs < leadersKeptMs) return known.answer;
    const answer = log.describeTopics([topic]);
    asked.set(topic, { atMs: clock.nowMs(), answer });
    return answer;
  }

  return {
    cluster: log.cluster,
    fetch: (broker, request) => log.fetch(broker, request),
    offsets: (partitions, at, tries) => log.offsets(partitions, at, tries),
    async describeTopics(topics) {
      if (topics.length !== 1) return log.describeTopics(topics);
      return new Map<string, TopicDescription>(await recent(topics[0] ?? ''));
    },
  };
}
