import type { Codec } from '../../records/header.ts';
import { type Loss, type LossKind, type LossPlace, partitionName } from './losses.ts';
import type { MirrorOptions, MirrorTopic } from './options.ts';
import type { PartitionPlace } from './partition.ts';
import type { Progress } from './progress.ts';
import { createRequestSize, type RequestSize } from './request-size.ts';
import type { Throttle } from './throttle.ts';
import type { TransactionSize } from './transaction-size.ts';

/** What outlives the sessions of one `mirrorFlow`. */
export interface FlowContext {
  readonly options: MirrorOptions;
  readonly progress: Progress;
  readonly throttle: Throttle;
  /** By the target's broker. */
  readonly requestSizes: Map<number, RequestSize>;
  readonly transactionSize: TransactionSize;
  /** By source `partitionName`; these partitions are left alone. */
  readonly losses: Map<string, Loss>;
  /** Losses of the session before, after which the next one goes on; by source `partitionName`. */
  readonly passed: Map<string, Loss>;
  /** Base offsets of source batches that were found damaged, by source `partitionName`: they are looked at again, alone. */
  readonly suspects: Map<string, ReadonlySet<bigint>>;
  /** Codecs that the target was found to refuse, with the one that is written instead. */
  readonly replacedCodecs: Map<Codec, Codec>;
  /** Ids of the source topics when this call first saw them. */
  readonly topicIds: Map<string, string>;
  /** Last stable offsets of the source, taken once, when a partition's leader first answered; by source `partitionName`. */
  readonly goals: Map<string, bigint>;
  /** By source `partitionName`, until they are well again or lost. */
  readonly leftOut: Map<string, LeftOut>;
  /** The producer id under which it was waited for what older ones had sent; null: it was not. */
  stillUnder: bigint | null;
}

/** A source partition that no leader answered for. */
export interface LeftOut {
  readonly source: PartitionPlace;
  readonly sinceMs: number;
  /** Now one does: the next session asks for it like for all others. */
  answers: boolean;
}

/** What sessions leave out now. */
export function leftOutOf({ leftOut }: FlowContext): LeftOut[] {
  return [...leftOut.values()].filter((one) => !one.answers);
}

export function requestSizeOf({ requestSizes }: FlowContext, broker: number): RequestSize {
  const size = requestSizes.get(broker) ?? createRequestSize();
  requestSizes.set(broker, size);
  return size;
}

export function recordLoss(flow: FlowContext, loss: Loss): void {
  const name = partitionName(loss.source);
  if (flow.losses.has(name)) return;
  flow.losses.set(name, loss);
  flow.leftOut.delete(name);
  flow.options.report({ event: 'loss', flow: flow.options.flow, loss });
}

/** After these there is a way on (`ways-on.ts`). */
const passable: ReadonlySet<LossKind> = new Set([
  'retention',
  'recreated',
  'truncated',
  'foreign-writer',
  'target-lost',
  'target-recreated',
]);

/** Whether somebody decided that the flow goes on after the loss; where not, its partition is left alone from now on. */
export function goesOnAfter(flow: FlowContext, loss: Loss): boolean {
  const { answer, report, flow: name } = flow.options;
  if (!isPassable(flow, loss) || answer?.(loss) !== 'continue') {
    recordLoss(flow, loss);
    return false;
  }
  report({ event: 'loss-passed', flow: name, loss });
  return true;
}

/** By key nothing tells from which source offset on a target lost its records; nor anywhere, while a transaction is open. */
function isPassable({ options: { topics } }: FlowContext, { kind, source, offsets }: Loss): boolean {
  const isOfTarget = kind === 'target-lost' || kind === 'target-recreated';
  const byKey = topics.some((one) => one.source === source.topic && one.byKey !== undefined);
  const isOpen = kind === 'target-lost' && offsets.open !== undefined;
  return passable.has(kind) && !(isOfTarget && byKey) && !isOpen;
}

/** Others' records may stand between ours at the target. */
export function toleratesOthers({ options }: FlowContext): boolean {
  return options.foreignWriter === 'continue' && options.delivery === 'transactional';
}

/** A partition to mirror: `target` is where its records go, or by key those of them that have none. */
export interface MirrorPlace extends LossPlace, Pick<MirrorTopic, 'byKey' | 'targetMaxMessageBytes' | 'isCompacted'> {}

/** Every partition to mirror that no loss has stopped. */
export function placesOf(flow: FlowContext): MirrorPlace[] {
  const { options, losses } = flow;
  return options.topics.flatMap(({ source, target, partitions, targetMaxMessageBytes, isCompacted = false, byKey }) =>
    Array.from({ length: partitions }, (_, partition) => ({
      flow: options.flow,
      source: { topic: source, partition },
      target: { topic: target, partition: byKey === undefined ? partition : partition % byKey.partitions },
      targetMaxMessageBytes,
      isCompacted,
      ...(byKey === undefined ? {} : { byKey }),
    })).filter((place) => !losses.has(partitionName(place.source))),
  );
}

export function goalOf(flow: FlowContext, place: LossPlace): bigint {
  return flow.goals.get(partitionName(place.source)) ?? 0n;
}
