import { appendRun } from '../../../src/offset-map/append.ts';
import { CorruptBatchError } from '../../records/corrupt-batch.ts';
import { nextSequence, restamp } from '../../records/restamp.ts';
import { partitionFault, SessionEnded } from './faults.ts';
import { recordLoss } from './flow-context.ts';
import { damagedLoss } from './intake.ts';
import { produceRequestBytesMax, produceRequestsInFlightMax } from './limits.ts';
import { loss, partitionName } from './losses.ts';
import type { MirroredPartition, ReadyBatch } from './partition.ts';
import type { ProducedPartition } from './ports.ts';
import { makeReady } from './prepare.ts';
import { fail, halt, type Session } from './session.ts';
import { drop } from './shared-bytes.ts';

interface Sent {
  readonly partition: MirroredPartition;
  readonly ready: ReadyBatch;
  /** The base offset that its answer must bring. */
  readonly baseOffset: bigint;
}

/** Makes batches ready where something is queued; true where the partition has one. */
export function hasReady(session: Session, partition: MirroredPartition): boolean {
  while (partition.ready.length === 0 && partition.queue.length > 0) {
    try {
      makeReady(partition, session.budget);
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error;
      dropQueue(partition);
      halt(session, partition, damagedLoss(partition, error));
    }
  }
  return partition.ready.length > 0;
}

/** What stands behind a damaged batch must not be written without it. */
function dropQueue(partition: MirroredPartition): void {
  for (let item = partition.queue.shift(); item !== undefined; item = partition.queue.shift()) {
    if (item.batch !== null) drop(item.bytes);
  }
  partition.queuedBytes = 0;
}

/** Sends what is ready of the transaction's partitions, as far as the brokers' requests in flight allow. */
export function sendReady(session: Session): void {
  const brokers = new Set(session.partitions.map((one) => one.targetLeader));
  const { inFlight } = session.transaction;
  for (const broker of brokers) {
    while ((inFlight.get(broker) ?? 0) < produceRequestsInFlightMax) {
      if (restsForThrottle(session)) return;
      const sent = collect(session, broker);
      if (sent.length === 0) break;
      void deliver(session, broker, sent);
    }
  }
}

/** True while earlier requests are not paid off; the writer is woken when they are. */
function restsForThrottle(session: Session): boolean {
  const { throttle, options } = session.flow;
  const waitMs = throttle.waitMs();
  if (waitMs === 0) return false;
  if (session.resting) return true;
  session.resting = true;
  options.clock.sleep(waitMs).then(
    () => {
      session.resting = false;
      session.work.notify();
    },
    (error: unknown) => fail(session, error),
  );
  return true;
}

/** One batch a partition, beginning behind the partition that was served last. */
function collect(session: Session, broker: number): Sent[] {
  const { partitions } = session;
  const { throttle } = session.flow;
  const bytesMax = Math.min(produceRequestBytesMax, throttle.requestBytesMax);
  const sent: Sent[] = [];
  let bytes = 0;
  for (let i = 0; i < partitions.length && bytes < bytesMax; i += 1) {
    const index = (session.rotation + i) % partitions.length;
    const partition = partitions[index];
    if (partition?.targetLeader !== broker || !partition.inTransaction || !hasReady(session, partition)) continue;
    const ready = partition.ready.shift();
    if (ready === undefined) continue;
    sent.push(stamp(session, partition, ready));
    bytes += ready.batch.length;
    if (bytes >= bytesMax) session.rotation = index + 1;
  }
  throttle.sent(bytes);
  session.transaction.bytes += bytes;
  return sent;
}

/** From here on the batch counts as written: a failure ends the session and with it all that was counted. */
function stamp(session: Session, partition: MirroredPartition, ready: ReadyBatch): Sent {
  const { producerId, producerEpoch } = session.producer;
  const baseOffset = partition.nextTarget;
  restamp(ready.batch, { producerId, producerEpoch, baseSequence: partition.sequence, transactional: true });
  partition.sequence = nextSequence(partition.sequence, ready.recordCount);
  let target = baseOffset;
  for (const run of ready.runs) {
    const length = BigInt(run.length);
    appendRun(partition.segments, { source: run.source, target, length });
    target += length;
  }
  partition.nextTarget = target;
  partition.nextSource = ready.next;
  partition.moved = true;
  return { partition, ready, baseOffset };
}

async function deliver(session: Session, broker: number, sent: readonly Sent[]): Promise<void> {
  const { inFlight } = session.transaction;
  const { target } = session.flow.options;
  inFlight.set(broker, (inFlight.get(broker) ?? 0) + 1);
  try {
    const batches = sent.map(({ partition: { target: at }, ready: { batch } }) => ({
      topic: at.topic,
      partition: at.partition,
      batch,
    }));
    const answers = await target.produce(broker, session.producer, batches);
    if (!session.closed) checkAnswers(session, sent, answers);
  } catch (error) {
    fail(session, error);
  } finally {
    inFlight.set(broker, (inFlight.get(broker) ?? 1) - 1);
    session.work.notify();
  }
}

function checkAnswers(session: Session, sent: readonly Sent[], answers: readonly ProducedPartition[]): void {
  const byName = new Map(answers.map((one) => [partitionName(one), one]));
  for (const { partition, ready, baseOffset } of sent) {
    const name = partitionName(partition.target);
    const answer = byName.get(name);
    if (answer === undefined) throw new SessionEnded(`The target did not answer for ${name}.`);
    if (answer.error !== null) throw refused(session, partition, answer.error, answer.message);
    if (answer.baseOffset !== baseOffset) {
      throw new SessionEnded(`A batch on ${name} got offset ${answer.baseOffset} instead of ${baseOffset}.`);
    }
    session.flow.progress.written(ready.recordCount, ready.batch.length);
    drop(ready.bytes);
  }
}

/** What the same batch would meet again, however often it is sent. */
const refusals: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'POLICY_VIOLATION',
]);

function refused(session: Session, partition: MirroredPartition, error: string, message: string | undefined): Error {
  const name = partitionName(partition.target);
  const fault = partitionFault(session.flow.options.target.cluster, 'Produce', error, name, message);
  if (!refusals.has(error)) return fault;
  recordLoss(
    session.flow,
    loss('refused', partition, {
      summary: `The target refuses records of ${partitionName(partition.source)} with ${error}.`,
      detail: message,
      fix: fault.diagnostic.fix,
    }),
  );
  return new SessionEnded(`${name} was refused: ${error}.`);
}
