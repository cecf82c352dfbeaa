import { appendRun } from '../../../src/offset-map/append.ts';
import { crcIsValid } from '../../records/crc.ts';
import { codecOf } from '../../records/header.ts';
import { nextSequence, restamp } from '../../records/restamp.ts';
import type { Delivery } from './delivery.ts';
import { partitionFault, SessionEnded } from './faults.ts';
import { recordLoss, requestSizeOf, toleratesOthers } from './flow-context.ts';
import { loss, partitionName } from './losses.ts';
import type { ProducedPartition } from './ports.ts';
import { readAgain } from './prepare.ts';
import { replaceCodec } from './replaced-codecs.ts';
import type { SendLane } from './send-lanes.ts';
import { fail, type Session } from './session.ts';
import { drop } from './shared-bytes.ts';
import type { ReadyBatch, SentBatch, TargetPartition } from './target-partition.ts';

interface Sent extends SentBatch {
  readonly target: TargetPartition;
}

interface SentRequest {
  readonly sent: readonly Sent[];
  /** Some of its partitions come into the transaction by it. */
  readonly enters: boolean;
}

/**
 * Sends what the delivery lets go, as far as the lanes' requests in flight allow: a request a lane in turn, beginning behind the
 * lane that was served last, so that a throttle leaves each its share.
 */
export function sendReady(session: Session, delivery: Delivery): void {
  const { lanes } = session;
  const served = new Set<SendLane>();
  while (served.size < lanes.length) {
    if (!delivery.isUrgent && restsForThrottle(session)) return;
    const lane = lanes[session.nextLane];
    session.nextLane = (session.nextLane + 1) % lanes.length;
    if (lane === undefined || served.has(lane)) continue;
    const mayGo = lane.inFlight < requestSizeOf(session.flow, lane.broker).inFlightMax;
    const request = mayGo ? collect(session, delivery, lane) : null;
    if (request === null || request.sent.length === 0) served.add(lane);
    else void deliver(session, delivery, lane, request);
  }
}

/** True while earlier requests are not paid off; the writer is woken when they are. */
export function restsForThrottle(session: Session): boolean {
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

/**
 * One batch a partition, beginning behind the partition that was served last. Partitions that the transaction has no batch of
 * yet wait while another request brings some to their broker.
 */
function collect(session: Session, delivery: Delivery, lane: SendLane): SentRequest {
  const { targets, entry } = lane;
  const enters = (one: TargetPartition) => delivery.transactional && !one.entered;
  const { throttle, transactionSize } = session.flow;
  const size = requestSizeOf(session.flow, lane.broker);
  const bytesMax = Math.min(size.bytesMax, transactionSize.bytesMax, throttle.requestBytesMax);
  const sent: Sent[] = [];
  let bytes = 0;
  for (let i = 0; i < targets.length && bytes < bytesMax; i += 1) {
    const index = (lane.rotation + i) % targets.length;
    const target = targets[index];
    if (target === undefined || (entry.taken && enters(target))) continue;
    const ready = delivery.take(target);
    if (ready === undefined) continue;
    sent.push(stamp(session, delivery, target, ready));
    bytes += ready.batch.length;
    if (bytes >= bytesMax) lane.rotation = index + 1;
  }
  throttle.sent(bytes);
  return { sent, enters: sent.some(({ target }) => enters(target)) };
}

function stamp(session: Session, delivery: Delivery, target: TargetPartition, ready: ReadyBatch): Sent {
  const { producerId, producerEpoch } = session.producer;
  const { transactional } = delivery;
  restamp(ready.batch, { producerId, producerEpoch, baseSequence: target.sequence, transactional });
  const sent = { target, ready, baseOffset: target.nextTarget, answeredOffset: null };
  target.sequence = nextSequence(target.sequence, ready.recordCount);
  target.nextTarget += BigInt(ready.recordCount);
  if (target.fan === null) ready.from.nextSource = ready.next;
  target.unanswered.push(sent);
  return sent;
}

async function deliver(
  session: Session,
  delivery: Delivery,
  lane: SendLane,
  { sent, enters }: SentRequest,
): Promise<void> {
  const { target, clock } = session.flow.options;
  const sentAtMs = clock.nowMs();
  lane.inFlight += 1;
  if (enters) lane.entry.taken = true;
  try {
    const batches = sent.map(({ target: { place: at }, ready: { batch } }) => ({
      topic: at.topic,
      partition: at.partition,
      batch,
    }));
    const answers = await target.produce(lane.broker, session.producer, batches, lane.name);
    const bytes = batches.reduce((sum, { batch }) => sum + batch.length, 0);
    requestSizeOf(session.flow, lane.broker).answered(bytes, clock.nowMs() - sentAtMs);
    if (!session.closed) checkAnswers(session, delivery, sent, answers);
  } catch (error) {
    fail(session, error);
  } finally {
    lane.inFlight -= 1;
    if (enters) lane.entry.taken = false;
    session.work.notify();
  }
}

function checkAnswers(
  session: Session,
  delivery: Delivery,
  sent: readonly Sent[],
  answers: readonly ProducedPartition[],
): void {
  const byName = new Map(answers.map((one) => [partitionName(one), one]));
  for (const one of sent) {
    const { target, ready, baseOffset } = one;
    const name = partitionName(target.place);
    const answer = byName.get(name);
    if (answer === undefined) throw new SessionEnded(`The target did not answer for ${name}.`);
    if (answer.error !== null) throw refused(session, target, ready, answer);
    const shift = answer.baseOffset - baseOffset;
    if (shift < 0n || (shift > 0n && !toleratesOthers(session.flow))) {
      throw new SessionEnded(`A batch on ${name} got offset ${answer.baseOffset} instead of ${baseOffset}.`);
    }
    one.answeredOffset = answer.baseOffset;
    target.answeredAtMs = session.flow.options.clock.nowMs();
    target.entered = true;
    noteAnswered(target);
    delivery.taken(ready);
    drop(ready.bytes);
  }
}

/** What stands at the target without a gap of ours counts as written. What is on its way comes behind it, at least. */
function noteAnswered(target: TargetPartition): void {
  const { unanswered, fan } = target;
  for (let first = unanswered.peek(0); first !== undefined; first = unanswered.peek(0)) {
    const { ready, answeredOffset } = first;
    if (answeredOffset === null) return;
    unanswered.shift();
    const end = answeredOffset + BigInt(ready.recordCount);
    target.writtenTarget = end;
    target.recordsEnd = end;
    if (target.nextTarget < end) target.nextTarget = end;
    target.writtenSequence = nextSequence(target.writtenSequence, ready.recordCount);
    if (fan === null) noteWritten(ready, answeredOffset);
  }
}

/** Only where a batch is all of what it was made of is the source partition written up to its end. */
function noteWritten({ from, runs, next }: ReadyBatch, answeredOffset: bigint): void {
  let target = answeredOffset;
  for (const { source, length } of runs) {
    appendRun(from.segments, { source, target, length: BigInt(length) });
    target += BigInt(length);
  }
  from.writtenSource = next;
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

function refused(
  session: Session,
  { place }: TargetPartition,
  { batch, runs, from }: ReadyBatch,
  answer: ProducedPartition,
): Error {
  const name = partitionName(place);
  const { error: said, message } = answer;
  const error = said ?? 'UNKNOWN_SERVER_ERROR';
  const fault = partitionFault(session.flow.options.target.cluster, 'Produce', error, name, message);
  const [first] = runs;
  if (error === 'CORRUPT_MESSAGE' && first !== undefined && !crcIsValid(batch)) {
    return readAgain(session, from, first.source);
  }
  if (error === 'UNSUPPORTED_COMPRESSION_TYPE') {
    const replaced = replaceCodec(session.flow, codecOf(batch));
    if (replaced !== null) return replaced;
  }
  if (!refusals.has(error)) return fault;
  recordLoss(
    session.flow,
    loss('refused', from, {
      summary: `The target refuses records of ${partitionName(from.source)} with ${error}.`,
      detail: message,
      fix: fault.diagnostic.fix,
    }),
  );
  return new SessionEnded(`${name} was refused: ${error}.`);
}
