import type { FlowContext } from './flow-context.ts';
import { transactionTimeoutMs } from './limits.ts';
import { flowTransactionalId } from './options.ts';
import type { ProducerIdentity, TopicPartition } from './ports.ts';

/**
 * A new epoch of the flow's transactional id: nobody else can end a transaction of it any more, and what was open is
 * aborted. Its producer id is stored before its first use. Answered when the markers of all transactions before it stand.
 * `current`: only where nobody has taken it over since.
 */
export async function takeOver({ options }: FlowContext, current?: ProducerIdentity): Promise<ProducerIdentity> {
  const { target, ledger, tuning } = options;
  const id = flowTransactionalId(options.migration, options.flow);
  const producer = await target.initProducer(id, transactionTimeoutMs + tuning.commitIntervalMs, current);
  if (!ledger.known().includes(producer.producerId)) await ledger.add(producer.producerId);
  return producer;
}

/**
 * From here on these partitions refuse batches of older epochs, those outside of transactions too: a partition knows of an
 * epoch by batches and markers only, so that an empty transaction tells it. Takes one offset on each. Gives the epoch to
 * go on with.
 */
export async function fence(
  flow: FlowContext,
  producer: ProducerIdentity,
  partitions: readonly TopicPartition[],
): Promise<ProducerIdentity> {
  const { target } = flow.options;
  const names = partitions.map(({ topic, partition }) => ({ topic, partition }));
  await target.addPartitions(producer, names);
  await target.endTransaction(producer, 'commit');
  return takeOver(flow, producer);
}
