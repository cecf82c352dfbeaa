import { CorruptBatchError } from '../../records/corrupt-batch.ts';
import { baseOffsetOf, codecOf } from '../../records/header.ts';
import { joinPlain } from '../../records/join.ts';
import { type Encoded, passThrough, type ReencodeOptions, reencode, reencodingReason } from '../../records/reencode.ts';
import { singly } from '../../records/split.ts';
import { isStretch } from '../../records/stretch.ts';
import { bytesOfShares, makeShares, nextOfFan } from './fan-out.ts';
import { SessionEnded } from './faults.ts';
import { damagedLoss } from './intake.ts';
import { encodedGrowth, joinBatchBytesBelow, joinCompressedBytesBelow, joinedBatchBytesMax } from './limits.ts';
import { partitionName } from './losses.ts';
import { type MirroredPartition, movePosition } from './partition.ts';
import { halt, type Session } from './session.ts';
import { drop, encodedBytes, type SharedBytes } from './shared-bytes.ts';
import type { TargetPartition } from './target-partition.ts';

/** Makes batches ready where something is queued for the target partition and there is room; true where it has one. */
export function hasReady(session: Session, target: TargetPartition): boolean {
  while (target.ready.length === 0) {
    const from = nextFrom(session, target);
    if (from === undefined || !session.budget.mayEncode(bytesToEncode(session, from))) break;
    prepareNext(session, from);
  }
  return target.ready.length > 0;
}

/** What of its queue is made ready next for the target partition. */
export function nextFrom(session: Session, { fan, sources }: TargetPartition): MirroredPartition | undefined {
  if (fan !== null) return nextOfFan(session, fan);
  const [from] = sources;
  return from === undefined || from.queue.length === 0 ? undefined : from;
}

/**
 * What the partition's next batches may take when they are encoded again; 0 where they pass as they are, or none is queued, or
 * the first one is damaged: that is told where they are made ready.
 */
export function bytesToEncode(session: Session, partition: MirroredPartition): number {
  try {
    return bytesOfNext(session, partition);
  } catch (error) {
    if (error instanceof CorruptBatchError) return 0;
    throw error;
  }
}

function bytesOfNext(session: Session, partition: MirroredPartition): number {
  const { queue, queuedBytes, to } = partition;
  const batch = queue.peek(0)?.batch ?? queue.peek(1)?.batch;
  if (batch === undefined || batch === null) return 0;
  if (to.fan !== null) return bytesOfShares(session, partition, to.fan, batch.length);
  // The first one is taken whole, also where it is larger than what the target takes.
  if (isSmall(batch)) return Math.max(batch.length, Math.min(queuedBytes, joinedBytesMax(partition))) * encodedGrowth;
  return reencodingReason(batch, optionsFor(session, partition)) === null ? 0 : batch.length * encodedGrowth;
}

/** Makes the next batches ready of what is queued; a damaged one stops the partition before it. */
export function prepareNext(session: Session, partition: MirroredPartition): void {
  try {
    skipEmpty(partition);
    const { fan } = partition.to;
    if (fan !== null) makeShares(session, partition, fan);
    else makeReady(session, partition);
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error;
    dropQueue(partition);
    if (!partition.suspects.has(error.baseOffset)) throw readAgain(session, partition, error.baseOffset);
    halt(session, partition, damagedLoss(partition, error));
  }
}

/** The next session writes what stands before the damaged batch, and then looks at it alone. */
export function readAgain(session: Session, { source }: MirroredPartition, offset: bigint): SessionEnded {
  const { suspects } = session.flow;
  const name = partitionName(source);
  suspects.set(name, new Set([...(suspects.get(name) ?? []), offset]));
  return new SessionEnded(`${name} is damaged at offset ${offset}: it is read again.`);
}

/** What stands behind a damaged batch must not be written without it. */
function dropQueue(partition: MirroredPartition): void {
  for (let item = partition.queue.shift(); item !== undefined; item = partition.queue.shift()) {
    if (item.batch !== null) drop(item.bytes);
  }
  partition.queuedBytes = 0;
}

/**
 * Takes what stands first in the partition's queue and makes the next batches for the target of it, into `ready`. A batch that
 * passes as it is keeps its bytes held; those of the others are let go, and what was made of them counts. Throws
 * CorruptBatchError.
 */
function makeReady(session: Session, partition: MirroredPartition): void {
  const { budget, buffers } = session;
  const { ready } = partition.to;
  const first = partition.queue.peek(0);
  if (first === undefined || first.batch === null) return;
  const options = optionsFor(session, partition);
  const { batches, bytes, next, held } = takeJoinable(partition);
  partition.queuedBytes -= bytes;
  if (batches.length === 1 && !isStretch(first.batch) && reencodingReason(first.batch, options) === null) {
    ready.push({ ...passThrough(first.batch), from: partition, next, bytes: first.bytes });
    partition.nextReady = next;
    return;
  }
  try {
    const joined = joinPlain(batches, options, buffers);
    if (joined !== null) {
      const letGo = () => buffers.give(joined.batch);
      const { byteLength } = joined.batch.buffer;
      ready.push({ ...joined, from: partition, next, bytes: encodedBytes(byteLength, partition, budget, letGo) });
      partition.nextReady = next;
      return;
    }
    const encoded = reencode(batches.flatMap(singly), options);
    for (const one of withPositions(encoded, next)) {
      ready.push({ ...one, from: partition, bytes: encodedBytes(one.batch.length, partition, budget) });
    }
    if (encoded.length === 0) movePosition(partition, next);
    partition.nextReady = next;
  } finally {
    for (const one of held) drop(one);
  }
}

function optionsFor({ flow }: Session, { nextReady, targetMaxMessageBytes }: MirroredPartition): ReencodeOptions {
  return { from: nextReady, maxBytes: targetMaxMessageBytes, replacedCodecs: flow.replacedCodecs };
}

/** Moves the position over what was left out at the head of the queue. */
function skipEmpty(partition: MirroredPartition): void {
  for (let head = partition.queue.peek(0); head?.batch === null; head = partition.queue.peek(0)) {
    movePosition(partition, head.next);
    partition.queue.shift();
  }
}

interface Joinable {
  readonly batches: readonly Buffer[];
  readonly bytes: number;
  readonly next: bigint;
  /** One for each batch. */
  readonly held: readonly SharedBytes[];
}

/** The first batch and the small ones behind it: same codec, together within a limit. */
function takeJoinable(partition: MirroredPartition): Joinable {
  const { queue } = partition;
  const batches: Buffer[] = [];
  const held: SharedBytes[] = [];
  const bytesMax = joinedBytesMax(partition);
  let bytes = 0;
  let next = partition.nextReady;
  for (let item = queue.peek(0); item !== undefined; item = queue.peek(0)) {
    if (item.batch !== null) {
      const first = batches[0];
      const isSuspect = partition.suspects.has(baseOffsetOf(item.batch));
      if (first !== undefined && (isSuspect || !joins(first, item.batch, bytes, bytesMax))) break;
      batches.push(item.batch);
      held.push(item.bytes);
      bytes += item.batch.length;
    }
    next = item.next;
    queue.shift();
  }
  return { batches, bytes, next, held };
}

function joinedBytesMax({ targetMaxMessageBytes }: MirroredPartition): number {
  return Math.min(joinedBatchBytesMax, targetMaxMessageBytes);
}

function joins(first: Buffer, batch: Buffer, bytes: number, bytesMax: number): boolean {
  return isSmall(first) && isSmall(batch) && bytes + batch.length <= bytesMax && codecOf(first) === codecOf(batch);
}

/** Copying is cheap, compressing again is not. */
function isSmall(batch: Buffer): boolean {
  if (isStretch(batch)) return true;
  if (batch.length >= joinBatchBytesBelow) return false;
  return batch.length < joinCompressedBytesBelow || codecOf(batch) === 'none';
}

/** A source batch that became several: the position stands behind the last record of each; the last one takes the rest. */
function withPositions(encoded: readonly Encoded[], next: bigint): (Encoded & { readonly next: bigint })[] {
  return encoded.map((one, index) => {
    const run = one.runs.at(-1);
    const within = index < encoded.length - 1 && run !== undefined;
    return { ...one, next: within ? run.source + BigInt(run.length) : next };
  });
}
