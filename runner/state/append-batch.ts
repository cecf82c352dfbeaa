import type { Clock, ProducerIdentity, TransactionalLog } from '../engines/native/ports.ts';
import { brokerFault } from '../kafka/broker-fault.ts';
import type { ClusterFault } from '../kafka/cluster-fault.ts';
import { kafkaError } from '../kafka/error-table.ts';
import { leaderOf } from './read-log.ts';

/** Below the brokers' default of max.message.bytes (1 MiB and 12 bytes). */
const batchBytesMax = 500_000;
/** How often one batch is sent while leaders change; an election is over by then. */
const sendsMax = 30;
const sendPauseMs = 200;

const unknownTopic = 'UNKNOWN_TOPIC_OR_PARTITION';

export interface Appending {
  readonly topic: string;
  readonly producer: ProducerIdentity | null;
  readonly batch: Buffer;
}

/**
 * Appends one batch to partition 0 and returns the append time. The same batch may be sent twice: the broker knows it by
 * its sequence. Throws a ClusterFault.
 */
export async function appendBatch(
  log: TransactionalLog,
  clock: Clock,
  { topic, producer, batch }: Appending,
): Promise<bigint> {
  for (let count = 1; ; count += 1) {
    const leader = await leaderOf(log, topic);
    const partition = { topic, partition: 0, batch: Buffer.from(batch) };
    const [answer] = leader === null || leader < 0 ? [] : await log.produce(leader, producer, [partition]);
    const silent = leader === null ? unknownTopic : 'LEADER_NOT_AVAILABLE';
    const error = answer === undefined ? silent : answer.error;
    if (error === null || error === 'DUPLICATE_SEQUENCE_NUMBER') return answer?.logAppendTimeMs ?? -1n;
    if (kafkaError(error).retry === 'never' || count === sendsMax) {
      throw produceFault(log, topic, error, answer?.message);
    }
    await clock.sleep(sendPauseMs);
  }
}

export function produceFault(log: TransactionalLog, topic: string, errorName: string, message?: string): ClusterFault {
  return brokerFault({ cluster: log.cluster, request: 'Produce' }, { errorName, message, resource: topic });
}

/** The records in parts that a batch can hold each. */
export function* batchParts<One>(records: readonly One[], bytesOf: (record: One) => number): Generator<readonly One[]> {
  let part: One[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = bytesOf(record);
    if (part.length > 0 && bytes + size > batchBytesMax) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(record);
    bytes += size;
  }
  if (part.length > 0) yield part;
}
