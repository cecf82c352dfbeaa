import type { StateRecord } from '../../src/state/state-codec.ts';
import type { Clock, FetchedPartition, LogReader } from '../engines/native/ports.ts';
import { brokerFault } from '../kafka/broker-fault.ts';
import { kafkaError } from '../kafka/error-table.ts';
import { controlTypeOf } from '../records/aborted.ts';
import { decodeRecords } from '../records/decode.ts';
import { isControl, isTransactional, lastOffsetOf, producerIdOf } from '../records/header.ts';
import { splitBatches } from '../records/split.ts';
import type { StateView } from './state-log.ts';

const fetchBytesMax = 8_388_608;
const fetchWaitMs = 500;
/** Fetches in a row that bring nothing: an election is over by then. */
const emptyFetchesMax = 60;
const emptyFetchPauseMs = 200;
/** How often a leader is asked that does not answer for the topic: one that was just made is known to all by then. */
const offsetAsksMax = 60;
const offsetAskPauseMs = 200;

/** A record with what became of its transaction. */
interface SeenRecord {
  readonly record: StateRecord;
  fate: 'stands' | 'open' | 'aborted';
}

interface Seen {
  readonly records: SeenRecord[];
  /** Of transactions without a marker so far, by producer id: a marker costs no look at all that stands before it. */
  readonly open: Map<bigint, SeenRecord[]>;
}

/**
 * Reads partition 0 of the topic up to the end that it has now, uncommitted records too, and tells by the markers which
 * of them stand. A `read_committed` fetch would end before the oldest open transaction, and hide what stands behind it.
 * Null where there is no such topic.
 */
export async function readLog(log: LogReader, topic: string, clock: Clock): Promise<StateView | null> {
  const partition = { topic, partition: 0 };
  let leader = await leaderOf(log, topic);
  if (leader === null) return null;
  const [end, start] = await Promise.all([
    offsetOf(log, topic, 'latest', clock),
    offsetOf(log, topic, 'earliest', clock),
  ]);
  const seen: Seen = { records: [], open: new Map() };
  let offset = start;
  let empty = 0;
  while (offset < end) {
    const [answer] = await log.fetch(leader, {
      positions: [{ ...partition, offset, maxBytes: fetchBytesMax }],
      maxBytes: fetchBytesMax,
      minBytes: 1,
      maxWaitMs: fetchWaitMs,
      isolation: 'read_uncommitted',
    });
    const next = answer === undefined || answer.error !== null ? offset : collect(answer, offset, seen);
    empty = next > offset ? 0 : empty + 1;
    offset = next;
    if (empty === 0) continue;
    refuse(log, topic, answer?.error ?? null, empty);
    if (answer?.error === 'OFFSET_OUT_OF_RANGE') offset = await offsetOf(log, topic, 'earliest', clock);
    await clock.sleep(emptyFetchPauseMs);
    leader = (await leaderOf(log, topic)) ?? leader;
  }
  return {
    records: seen.records.filter((one) => one.fate === 'stands').map((one) => one.record),
    recordsSeen: seen.records.filter((one) => one.fate !== 'aborted').map((one) => one.record),
  };
}

/** Null where the topic is not there. */
export async function leaderOf(log: LogReader, topic: string): Promise<number | null> {
  const found = (await log.describeTopics([topic])).get(topic);
  return found === undefined ? null : (found.leaders[0] ?? -1);
}

async function offsetOf(log: LogReader, topic: string, at: 'earliest' | 'latest', clock: Clock): Promise<bigint> {
  for (let count = 1; ; count += 1) {
    const [answer] = await log.offsets([{ topic, partition: 0 }], at);
    if (answer?.error === null) return answer.offset;
    const errorName = answer?.error ?? 'LEADER_NOT_AVAILABLE';
    if (kafkaError(errorName).retry === 'never' || count === offsetAsksMax) {
      throw brokerFault({ cluster: log.cluster, request: 'ListOffsets' }, { errorName, resource: topic });
    }
    await clock.sleep(offsetAskPauseMs);
  }
}

/** Throws for an error that will not pass by itself, and when it did not pass for too long. */
function refuse(log: LogReader, topic: string, error: string | null, empty: number): void {
  const passes = error === null || error === 'OFFSET_OUT_OF_RANGE' || kafkaError(error).retry !== 'never';
  if (passes && empty < emptyFetchesMax) return;
  const errorName = error ?? 'REQUEST_TIMED_OUT';
  throw brokerFault({ cluster: log.cluster, request: 'Fetch' }, { errorName, resource: topic });
}

/** Adds the records from `offset` on; answers where to go on. */
function collect(answer: FetchedPartition, offset: bigint, seen: Seen): bigint {
  let next = offset;
  for (const batch of splitBatches(answer.records).batches) {
    if (lastOffsetOf(batch) < next) continue;
    if (isControl(batch)) endTransaction(seen, producerIdOf(batch), controlTypeOf(batch));
    else addRecords(seen, batch, next);
    next = lastOffsetOf(batch) + 1n;
  }
  return next;
}

function addRecords(seen: Seen, batch: Buffer, from: bigint): void {
  const producerId = isTransactional(batch) ? producerIdOf(batch) : null;
  for (const { offset, key, value, timestamp } of decodeRecords(batch)) {
    if (offset < from || key === null) continue;
    const record = { key: key.toString(), value: value?.toString() ?? null, appendTimeMs: Number(timestamp) };
    const added: SeenRecord = { record, fate: producerId === null ? 'stands' : 'open' };
    seen.records.push(added);
    if (producerId === null) continue;
    const open = seen.open.get(producerId) ?? [];
    seen.open.set(producerId, open);
    open.push(added);
  }
}

function endTransaction(seen: Seen, producerId: bigint, type: 'COMMIT' | 'ABORT' | 'other'): void {
  if (type === 'other') return;
  for (const one of seen.open.get(producerId) ?? []) one.fate = type === 'COMMIT' ? 'stands' : 'aborted';
  seen.open.delete(producerId);
}
