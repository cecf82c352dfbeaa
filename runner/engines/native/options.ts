import type { FlowDefinition } from '../../../src/migration/migration.ts';
import type { ByKey } from '../../../src/state/records.ts';
import type { Codec } from '../../records/header.ts';
import type { MapLimits } from './limits.ts';
import type { Loss } from './losses.ts';
import type { Clock, SourceLog, TopicPartition, TransactionalLog } from './ports.ts';

export interface MirrorOptions {
  readonly flow: string;
  /** The migration's name; with the flow's it makes the transactional id. */
  readonly migration: string;
  readonly topics: readonly MirrorTopic[];
  readonly source: SourceLog;
  readonly target: TransactionalLog;
  /** On the target, one partition, compacted; exists. */
  readonly positionsTopic: string;
  /**
   * Where a partition without a position begins. A partition that its topic got later begins at its log start, and with
   * `latest` a topic too that the flow got later.
   */
  readonly start: 'earliest' | 'latest' | { readonly timestampMs: bigint };
  readonly delivery: FlowDefinition['delivery'];
  readonly tuning: MirrorTuning;
  readonly ledger: ProducerLedger;
  /**
   * Asked when the target has fenced the flow's producer, which it also does where a transaction took too long or a request
   * of our own came late. Throws where another process may have the flow now; absent, a fence ends the flow.
   */
  readonly assertOurs?: (() => Promise<void>) | undefined;
  /** Whether the flow goes on after a loss, in the way that belongs to its kind; absent: its partition stops at each. */
  readonly answer?: ((loss: Loss) => 'stop' | 'continue') | undefined;
  /** `continue`: others may write the target partitions too, at any time. Only with `delivery: transactional`. */
  readonly foreignWriter?: 'stop' | 'continue' | undefined;
  /** Other limits of the offset maps than those of `limits.ts`. */
  readonly mapLimits?: Partial<MapLimits> | undefined;
  readonly clock: Clock;
  /** Aborted: finish the transaction and stop. */
  readonly signal: AbortSignal;
  readonly report: (event: MirrorEvent) => void;
  readonly until: 'caught-up' | 'stopped';
}

export interface MirrorTopic {
  readonly source: string;
  readonly target: string;
  /** Partitions 0 to this number are mirrored, each to the same number. */
  readonly partitions: number;
  /** Records go to the target's partitions, so many, by their keys instead. Only with `delivery: transactional`. */
  readonly byKey?: Pick<ByKey, 'hash' | 'partitions'>;
  /** The target topic's max.message.bytes: no batch that was encoded again is larger. */
  readonly targetMaxMessageBytes: number;
  /** A cleaner is at work on either side, or may be: its map is kept whole. */
  readonly isCompacted?: boolean;
}

export interface MirrorTuning {
  readonly commitIntervalMs: number;
  readonly fetchMaxBytes: number;
  readonly memoryMaxMb: number;
  /** Of the batches written, on the average of some seconds. */
  readonly throttleBytesPerSecond?: number;
}

/** Every producer id that ever wrote for this flow: it tells our records from a stranger's. */
export interface ProducerLedger {
  known(): readonly bigint[];
  /** Resolves when the id is stored; only then it is used. */
  add(producerId: bigint): Promise<void>;
}

export type MirrorEvent =
  | MirrorProgress
  | { readonly event: 'commit'; readonly flow: string; readonly partitions: readonly CommittedPosition[] }
  | { readonly event: 'loss'; readonly flow: string; readonly loss: Loss }
  /** A loss after which the flow goes on. */
  | { readonly event: 'loss-passed'; readonly flow: string; readonly loss: Loss }
  /** The target refuses batches of a codec; from now on they are written in another one. */
  | { readonly event: 'codec-replaced'; readonly flow: string; readonly codec: Codec; readonly by: Codec }
  /** No leader answers for these source partitions: they wait until one does, and the others go on. Told of once. */
  | { readonly event: 'left-out'; readonly flow: string; readonly sources: readonly TopicPartition[] }
  /** A session failed and the next one begins from the positions. */
  | { readonly event: 'retry'; readonly flow: string; readonly failures: number; readonly reason: string };

/** Counts since `mirrorFlow` was called; what an aborted transaction held is not counted twice. */
export interface MirrorProgress {
  readonly event: 'progress';
  readonly flow: string;
  readonly records: bigint;
  /** Bytes of the batches as they were written. */
  readonly bytes: number;
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Source offsets between the positions and the last stable offsets that were seen last. */
  readonly lagRecords: bigint;
  /** The most bytes of batches that this session held at one time. */
  readonly memoryBytesMax: number;
}

export interface CommittedPosition {
  readonly source: TopicPartition;
  readonly nextSource: bigint;
  readonly nextTarget: bigint;
}

export type MirrorOutcome =
  /** The last stable offsets of all source partitions, taken once at the start, are reached and committed. */
  | { readonly result: 'caught-up' }
  | { readonly result: 'interrupted' }
  /** What could be mirrored was; these partitions stand still until somebody decides. */
  | { readonly result: 'loss'; readonly losses: readonly Loss[] };

/** One process at a time: the broker fences the older one (KIP-98). */
export function flowTransactionalId(migration: string, flow: string): string {
  return `kplan.${migration}.${flow}`;
}

/** The groups' offsets are written while the mirror's transaction is open. Flows have no dots in their names. */
export function groupsTransactionalId(migration: string, flow: string): string {
  return `${flowTransactionalId(migration, flow)}.groups`;
}

/** Of what is written in MirrorMaker's format, on either cluster. */
export function mirrorMakerTransactionalId(migration: string, flow: string): string {
  return `${flowTransactionalId(migration, flow)}.mirrormaker2`;
}
