import type { OpenTransaction, ProgressSnapshot } from '../cluster/progress.ts';
import { named } from '../diagnostics/named.ts';
import type { Flow, MirroredTopic } from '../migration/migration.ts';
import type { RuleContext, RuleNotice } from './rule.ts';

/** transaction.timeout.ms of Kafka's producer: whatever is open for less ends by itself and is no news. */
const ordinaryMs = 60_000;

/** How much later than its timeout a coordinator may abort (transaction.abort.timed.out.transaction.cleanup.interval.ms). */
const abortDelayMaxMs = 10_000;

/** So many transactions are described before the rest is counted. */
const describedMax = 10;

/** Of one producer, with all partitions of the flow that it holds back. */
export interface HeldBack {
  readonly transaction: OpenTransaction;
  readonly ageMs: number;
  readonly partitions: readonly OpenTransaction[];
}

export type MirroredNames = Pick<Flow, 'name' | 'source'> & {
  readonly topics: readonly Pick<MirroredTopic, 'source'>[];
};

/** The mirror reads committed records only: behind the first one of an open transaction it waits. */
export function transactionOpenAtSource(
  flow: MirroredNames,
  { snapshots, nowMs }: Pick<RuleContext, 'snapshots' | 'nowMs'>,
): RuleNotice | undefined {
  return noticeOf(flow, heldBack(flow, snapshots.get(flow.source)?.progress, nowMs));
}

/** What holds the flow back for longer than what ends by itself does, the oldest first. */
export function heldBack(
  flow: MirroredNames,
  progress: Pick<ProgressSnapshot, 'openTransactions'> | undefined,
  nowMs: number,
): readonly HeldBack[] {
  const mirrored = new Set(flow.topics.map((topic) => topic.source));
  const open = (progress?.openTransactions ?? []).filter((one) => mirrored.has(one.topic));
  return byProducer(open, nowMs).filter((one) => one.ageMs >= ordinaryMs);
}

/** Who holds the flow back, since when, and the way out; undefined where nobody does. */
export function noticeOf(flow: MirroredNames, held: readonly HeldBack[]): RuleNotice | undefined {
  const [first] = held;
  if (first === undefined) return undefined;
  const partitions = new Set(held.flatMap((one) => one.partitions.map(partitionName))).size;
  const back = `back ${partitions === 1 ? '1 partition' : `${partitions} partitions`} of flow ${flow.name}`;
  const summary =
    held.length === 1
      ? `A transaction is open on ${flow.source} for ${ageOf(first)} and holds ${back}.`
      : `${held.length} transactions are open on ${flow.source} for up to ${ageOf(first)} and hold ${back}.`;
  const abandoned = held.find(isAbandoned);
  return {
    summary,
    detail: allDescribed(held),
    ...(abandoned === undefined ? {} : { fix: abortBy(abandoned) }),
  };
}

/** The oldest first. */
function byProducer(open: readonly OpenTransaction[], nowMs: number): HeldBack[] {
  return [...Map.groupBy(open, (one) => one.producerId).values()]
    .flatMap((partitions) => {
      const [transaction] = partitions;
      if (transaction === undefined) return [];
      const startMs = Math.max(...partitions.map(startOf));
      return [{ transaction, partitions, ageMs: startMs < 0 ? 0 : nowMs - startMs }];
    })
    .sort((a, b) => b.ageMs - a.ageMs);
}

/** By the coordinator's clock; where it was not told, the newest record's own timestamp is the best there is. */
function startOf({ coordinator, lastTimestampMs }: OpenTransaction): number {
  return typeof coordinator === 'string' ? lastTimestampMs : coordinator.startMs;
}

/** Nobody will end it: no coordinator names it, or the one that does should have aborted it. */
export function isAbandoned({ transaction: { coordinator }, ageMs }: HeldBack): boolean {
  if (typeof coordinator === 'string') return coordinator === 'unknown';
  return ageMs > coordinator.timeoutMs + abortDelayMaxMs;
}

function abortBy({ transaction: { topic, partition, startOffset } }: HeldBack): string {
  const place = `--topic ${topic} --partition ${partition}`;
  return `Ask kafka-transactions.sh find-hanging ${place} whether somebody will end it; if nobody will: kafka-transactions.sh abort ${place} --start-offset ${startOffset}.`;
}

function allDescribed(held: readonly HeldBack[]): string {
  const more = held.length > describedMax ? `; and ${held.length - describedMax} more` : '';
  return `${held.slice(0, describedMax).map(described).join('; ')}${more}`;
}

function described(held: HeldBack): string {
  const { transaction, partitions } = held;
  const { coordinator, producerId } = transaction;
  const id = typeof coordinator === 'string' ? '' : ` (transactional id ${coordinator.transactionalId})`;
  return `producer ${producerId}${id} for ${ageOf(held)}: ${named(partitions.map(partitionName))}`;
}

function partitionName({ topic, partition }: OpenTransaction): string {
  return `${topic}:${partition}`;
}

function ageOf({ ageMs }: HeldBack): string {
  const minutes = Math.floor(ageMs / 60_000);
  if (minutes < 120) return minutes === 1 ? '1 minute' : `${minutes} minutes`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
}
