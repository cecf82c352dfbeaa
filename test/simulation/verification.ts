import type {
  ProduceBatch,
  ProducedPartition,
  ProducerIdentity,
  TopicPartition,
} from '../../runner/engines/native/ports.ts';
import { isTransactional } from '../../runner/records/header.ts';
import type { SimulatedPartition } from './simulated-partition.ts';

/** One request to produce. */
export interface Verified {
  /** Appends what the broker lets through. */
  produce(
    batches: readonly ProduceBatch[],
    append: (batches: readonly ProduceBatch[]) => readonly ProducedPartition[],
  ): readonly ProducedPartition[];
  answered(): void;
}

/**
 * What brokers do since 3.6 before they take the first batch of a transaction into a partition: they ask its coordinator, for
 * one request of a producer at a time; of two they refuse one (`AddPartitionsToTxnManager.addTxnData`). Here as long as the
 * first one is not answered.
 */
export function createVerification(find: (at: TopicPartition) => SimulatedPartition | undefined) {
  const asking = new Set<string>();
  return (broker: number, producer: ProducerIdentity | null): Verified => {
    const asker = `${broker}/${producer?.producerId}/${producer?.producerEpoch}`;
    let asks = false;
    const isNew = ({ topic, partition, batch }: ProduceBatch) =>
      producer !== null &&
      isTransactional(batch) &&
      find({ topic, partition })?.open.has(producer.producerId) === false;
    return {
      produce(batches, append) {
        const isRefused = !asks && asking.has(asker) ? isNew : () => false;
        const refused = batches.filter(isRefused);
        if (!asking.has(asker) && batches.some(isNew)) {
          asking.add(asker);
          asks = true;
        }
        const taken = append(batches.filter((one) => !refused.includes(one)));
        return [...taken, ...refused.map(notVerified)];
      },
      answered() {
        if (asks) asking.delete(asker);
      },
    };
  };
}

function notVerified({ topic, partition }: ProduceBatch): ProducedPartition {
  return { topic, partition, error: 'NOT_ENOUGH_REPLICAS', baseOffset: -1n, logAppendTimeMs: -1n };
}
