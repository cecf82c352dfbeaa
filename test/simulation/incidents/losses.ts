import { buildBatch } from '../../../runner/records/build.ts';
import { beginEpoch } from '../leader-epochs.ts';
import { strangerProducerId } from '../pairs.ts';
import {
  appendMarker,
  appendStored,
  deleteBefore,
  highWatermark,
  type SimulatedPartition,
  truncateTo,
} from '../simulated-partition.ts';
import type { Incident } from './incidents.ts';

/** What may leave a mirror with something that it must not pass over in silence. */
export const lossIncidents = {
  retention({ step, world }) {
    const partition = world.random.between(0, world.partitions - 1);
    const log = world.sourceLog(partition);
    const end = Number(highWatermark(log));
    deleteBefore(log, BigInt(world.random.between(Math.min(Number(log.start), end), end)));
    step(`orders-${partition} begins at ${log.start}, it ends at ${log.end}`);
  },
  /** An unclean election at the source. */
  truncation({ step, truth, world }) {
    const partition = world.random.between(0, world.partitions - 1);
    const log = world.sourceLog(partition);
    if (truth.before !== null || truth.truncated.has(partition)) return;
    const position =
      world.positions().find((one) => one.record.source.partition === partition)?.record.nextSource ?? 0n;
    // Copies: a transaction whose marker is lost is open again, but it was committed when it was mirrored.
    const written = log.written.map((batch) => ({ ...batch }));
    const lost = world.random.between(0, Math.min(10, log.batches.length));
    const cut = log.batches.at(-lost)?.base ?? log.end;
    if (opensAgain(log, cut)) return;
    truncateTo(log, cut);
    beginEpoch(log.epochs, log.end);
    truth.truncated.set(partition, { end: log.end, written, position });
    step(`orders-${partition} is truncated to ${log.end}; the position is ${position}`);
  },
  /** An unclean election at the target, or its last replica came back without what it had not flushed. */
  targetTruncation({ step, truth, world }) {
    const partition = world.random.between(0, world.targetPartitions - 1);
    const log = world.targetLog(partition);
    const batch = log.batches.at(-world.random.between(1, 8));
    if (batch === undefined) return;
    const before = log.end;
    truncateTo(log, batch.base);
    beginEpoch(log.epochs, log.end);
    truth.targetTruncated.add(partition);
    step(`orders-copy-${partition} is truncated from ${before} to ${log.end}`);
  },
  recreated({ step, truth, world }) {
    if (truth.before !== null) return;
    truth.before = {
      topicId: world.source.log.describeTopics(['orders']).get('orders')?.topicId,
      logs: Array.from({ length: world.partitions }, (_, partition) => world.sourceLog(partition)),
    };
    step('orders is deleted and made again');
    // Where a fetch names its topic, nothing tells the new one from the old one until a broker knows of it.
    if (world.source.fetchesByName) world.source.staleMetadata = false;
    world.source.deleteTopic('orders');
    world.source.createTopic('orders', world.partitions);
  },
  stranger({ step, truth, world }) {
    const { random } = world;
    const partition = random.between(0, world.targetPartitions - 1);
    const log = world.targetLog(partition);
    truth.strangers.add(partition);
    const how = random.pick(['plain', 'committed', 'aborted'] as const);
    step(`a stranger writes to orders-copy-${partition}: ${how}`);
    const stamp = { producerId: strangerProducerId, producerEpoch: 0, baseSequence: 0, transactional: true };
    const records = [{ key: null, value: Buffer.from('stranger'), timestamp: 1n }];
    appendStored(log, buildBatch({ records, ...(how === 'plain' ? {} : { stamp }) }));
    if (how !== 'plain') appendMarker(log, how === 'committed' ? 'COMMIT' : 'ABORT', stamp, 1n);
  },
} satisfies Readonly<Record<string, Incident>>;

/**
 * Whether a transaction whose records stay would be open again, for its marker is cut off: it could end in another way than
 * the mirror was told. Nothing at the source tells of that, epochs neither: a known limit.
 */
function opensAgain(log: SimulatedPartition, cut: bigint): boolean {
  const open = new Set<bigint>();
  for (const { kind, producerId, base } of log.batches) {
    if (kind === 'transactional' && base < cut) open.add(producerId);
    if (kind !== 'marker') continue;
    if (base >= cut && open.has(producerId)) return true;
    open.delete(producerId);
  }
  return false;
}
