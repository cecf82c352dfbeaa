import { baseOffsetOf } from '../../records/header.ts';
import { partitionOfKey } from '../../records/key-hash.ts';
import { openScatter, type Scatter } from '../../records/scatter.ts';
import { singly } from '../../records/split.ts';
import type { Fan } from './fan.ts';
import { type FlowContext, requestSizeOf } from './flow-context.ts';
import { encodedGrowth, encodedShareMax, scatterBytesMax, throttledRequestsAhead } from './limits.ts';
import { type MirroredPartition, movePosition } from './partition.ts';
import type { Session } from './session.ts';
import { drop, encodedBytes } from './shared-bytes.ts';

/** The source partition whose batches are made ready next, in turns; none where nothing is queued, or enough waits to be sent. */
export function nextOfFan({ flow }: Session, fan: Fan): MirroredPartition | undefined {
  if (fan.drained) return undefined;
  if (fan.unsentBytes > 0 && fan.unsentBytes >= sharesBytesMax(flow, fan)) return undefined;
  for (let i = 0; i < fan.sources.length; i += 1) {
    const index = (fan.rotation + i) % fan.sources.length;
    const source = fan.sources[index];
    if (source === undefined || source.queue.length === 0) continue;
    fan.rotation = index;
    return source;
  }
  fan.drained = true;
  return undefined;
}

/**
 * What may wait to be sent of a fan: all of it must be sent before its transaction may end, so it is no more than the slowest
 * of its brokers, or the throttle, lets through soon.
 */
function sharesBytesMax(flow: FlowContext, { leaders }: Fan): number {
  let bytesMax = Math.min(flow.throttle.requestBytesMax * throttledRequestsAhead, flow.transactionSize.bytesMax);
  for (const broker of leaders) {
    const size = requestSizeOf(flow, broker);
    bytesMax = Math.min(bytesMax, size.bytesMax * size.inFlightMax);
  }
  return bytesMax;
}

/** Stored bytes that are made ready of the partition's queue at one time, but for one batch that is larger. */
function takenBytesMax({ flow, memoryBytes }: Session, fan: Fan): number {
  return Math.min(scatterBytesMax, memoryBytes * encodedShareMax, sharesBytesMax(flow, fan));
}

/** What the next shares of the partition may take; its first batch, of `firstBytes`, is taken in any case. */
export function bytesOfShares(
  session: Session,
  { queuedBytes }: MirroredPartition,
  fan: Fan,
  firstBytes: number,
): number {
  return Math.max(firstBytes, Math.min(queuedBytes, takenBytesMax(session, fan))) * fan.growth;
}

/**
 * Takes batches from the head of the partition's queue and makes one or more for each target partition of them, by the keys
 * of their records: a key's records go to one of them, in order. Records without a key go to the source partition's number
 * modulo the target's count, so that they keep their order, too. Throws CorruptBatchError where the first batch is damaged.
 */
export function makeShares(session: Session, partition: MirroredPartition, fan: Fan): void {
  const { budget, flow } = session;
  const scatter = openScatter({
    from: partition.nextReady,
    maxBytes: partition.targetMaxMessageBytes,
    replacedCodecs: flow.replacedCodecs,
    targetOf: (key) => (key === null ? partition.target.partition : partitionOfKey(fan.hash, key, fan.targets.length)),
  });
  const taken = takeInto(scatter, partition, takenBytesMax(session, fan));
  let made = 0;
  for (const [number, batches] of scatter.encode()) {
    for (const one of batches) {
      const bytes = encodedBytes(one.batch.length, partition, budget);
      made += one.batch.length;
      fan.unsentBytes += one.batch.length;
      fan.targets[number]?.ready.push({ ...one, from: partition, next: partition.nextReady, bytes });
    }
  }
  if (scatter.recordsEnd !== null) partition.recordsEnd = scatter.recordsEnd;
  const queuedBefore = partition.queuedBytes;
  movePosition(partition, letGo(partition, taken));
  if (made > 0) fan.growth = Math.max(encodedGrowth, made / (queuedBefore - partition.queuedBytes));
  fan.rotation += 1;
}

/** Gives how many items of the queue were taken. One that was found damaged before stands alone. */
function takeInto(scatter: Scatter, { queue, suspects }: MirroredPartition, bytesMax: number): number {
  let bytes = 0;
  for (let index = 0; ; index += 1) {
    const item = queue.peek(index);
    if (item === undefined) return index;
    if (item.batch === null) continue;
    const { length } = item.batch;
    if (bytes > 0 && (bytes + length > bytesMax || suspects.has(baseOffsetOf(item.batch)))) return index;
    if (!scatter.add(singly(item.batch))) return index;
    bytes += length;
  }
}

/** Takes so many items from the queue and lets their bytes go; gives the source offset behind them. */
function letGo(partition: MirroredPartition, taken: number): bigint {
  let next = partition.nextReady;
  for (let left = taken; left > 0; left -= 1) {
    const item = partition.queue.shift();
    if (item === undefined) break;
    next = item.next;
    if (item.batch === null) continue;
    partition.queuedBytes -= item.batch.length;
    drop(item.bytes);
  }
  return next;
}
