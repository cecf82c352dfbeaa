import type { ResourceStates, StepKind } from '../execution-plan/execution-plan.ts';
import type { Flow, FlowDefinition } from '../migration/migration.ts';
import type { ByKeyPlaces } from '../migration/partitioning.ts';
import type { Segment } from '../offset-map/segment.ts';

/** Version of every state record that this kplan writes; it reads this one and the one before, and refuses newer ones. */
export const stateRecordVersion = 1;

/** Who holds a lease, for the message that another one gets. */
export interface LeaseHolder {
  /** Random, one a process. */
  readonly id: string;
  /** `user@host (pid N)`, or what the CI job calls itself. */
  readonly who: string;
  readonly command: string;
}

/**
 * `lease/control` and `lease/flow/<flow>`. Valid until `leaseSeconds` after the record's own timestamp, which is the
 * broker's clock (the state topic has LogAppendTime).
 */
export interface Lease {
  readonly v: number;
  readonly holder: LeaseHolder;
  /** RFC 3339, the holder's clock: for people only. */
  readonly since: string;
  readonly leaseSeconds: number;
}

/** `journal/<run>/<step>`: intent before effect (`begun`), outcome after. */
export interface JournalEntry {
  readonly v: number;
  /** Digest of the execution plan that the run applies. */
  readonly digest: string;
  readonly step: string;
  readonly kind: StepKind;
  readonly status: 'begun' | 'done' | 'failed';
  readonly at: string;
  /** Why it failed; free of secrets. */
  readonly message?: string;
}

/** `applied/<address>`: what the last apply made true; plan compares the plan file with it to know what kplan owns. */
export interface AppliedRecord {
  readonly v: number;
  readonly digest: string;
  readonly at: string;
  readonly state: ResourceStates[keyof ResourceStates];
}

/** `flow/<flow>`: the wanted definition, and every producer id that ever wrote for it, each written before its first use. */
export interface FlowRecord {
  readonly v: number;
  readonly definition: FlowDefinition;
  readonly producerIds: readonly string[];
  /** Topics of it went by key once: how each goes, its positions tell. */
  readonly byKey?: true;
}

/** How records of a source partition were placed at the target, of its position. */
export interface MirroredPlaces {
  readonly source: PositionRecord['source'];
  readonly byKey?: ByKeyPlaces;
}

/**
 * `wanted/<flow>`: the flow, members and all, that the process which follows it should mirror. Written by the holder of the
 * control lease; the follower takes it over.
 */
export interface WantedFlow {
  readonly v: number;
  readonly flow: Flow;
}

/** `loss/<flow>/<topic>/<partition>`: why a partition stands still. Goes when the partition goes on. */
export interface LossRecord {
  readonly v: number;
  readonly flow: string;
  readonly source: { readonly topic: string; readonly partition: number };
  readonly target: { readonly topic: string; readonly partition: number };
  /** The diagnostic's code. */
  readonly code: string;
  readonly summary: string;
  /** The offsets that it is about, by name. Absent: it has none, or an older kplan wrote this. */
  readonly offsets?: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly at: string;
  /** No way leads on from it, whatever its code. Absent: its code tells. */
  readonly isFinal?: true;
  /** Somebody decided that the flow goes on after it; the way on is that of its kind. */
  readonly accepted?: { readonly reason: string; readonly at: string; readonly who: string };
  /** Accepted ones, of the same partition, whose way on led to this one: the flow has not gone on after them yet. */
  readonly acceptedBefore?: readonly Pick<LossRecord, 'code' | 'summary' | 'offsets' | 'accepted'>[];
}

/** What a plan or a status needs of the state, read once. Empty where the state topic is not there yet. */
export interface StateSnapshot {
  readonly exists: boolean;
  readonly applied: ReadonlyMap<string, AppliedRecord>;
  readonly flows: ReadonlyMap<string, FlowRecord>;
  /** By flow; absent where nobody ever handed one over. */
  readonly wanted?: ReadonlyMap<string, WantedFlow>;
  /** By flow; absent where it was not read, since no records go by key. */
  readonly mirrored?: ReadonlyMap<string, readonly MirroredPlaces[]>;
  /** Losses that were not decided, or not gone on after, by key. */
  readonly losses?: ReadonlyMap<string, LossRecord>;
  /** Leases that were not released, with the broker's time of their last renewal. */
  readonly leases: ReadonlyMap<string, { readonly lease: Lease; readonly renewedAtMs: number }>;
  readonly journal: ReadonlyMap<string, JournalEntry>;
}

/** Version of the records of the positions topic; the one before had no `byKey`, never dropped sealed segments, and had them in small pieces. */
export const positionRecordVersion = 3;

/**
 * On a flow's target, `__kplan.<name>.positions`, key `position/<flow>/<source topic id or name>/<partition>`. With
 * `delivery: transactional` written in the same transaction as the records it speaks of; with `idempotent` after the
 * records below `nextTarget`, and before those of `ahead`.
 */
export interface PositionRecord {
  readonly v: number;
  readonly flow: string;
  readonly source: { readonly topic: string; readonly topicId?: string; readonly partition: number };
  readonly target: { readonly topic: string; readonly topicId?: string; readonly partition: number };
  /** The first source offset that is not mirrored yet. */
  readonly nextSource: bigint;
  /** Leader epoch of the last source record before `nextSource`, where it is known: tells whether the source still holds it. */
  readonly sourceEpoch?: number;
  /** The offset that the next mirrored record must get at the target, a commit marker of this transaction counted in. */
  readonly nextTarget: bigint;
  /** Where mirroring of this partition began: source offsets below were never mirrored. */
  readonly startSource: bigint;
  /** The newest segments of the offset map; older ones are sealed into `segments/...` records of their own. */
  readonly segments: readonly Segment[];
  /**
   * The source offset that the oldest sealed piece begins with, so that a reader whom the cleaner overtook sees that it is
   * missing. Absent: nothing is sealed, or an older kplan wrote this.
   */
  readonly firstSealed?: bigint;
  /**
   * The oldest sealed pieces still stand under the topic's name, since its cluster had no topic ids then. Absent: whatever
   * stands there belongs to another topic of that name; or an older kplan wrote this.
   */
  readonly sealedUnderName?: boolean;
  /** The oldest part of the map was dropped: of offsets below its first segment nothing is known. Absent: false. */
  readonly trimmed?: boolean;
  /** Absent: written in a transaction, so that nothing of ours stands above it. */
  readonly ahead?: Ahead;
  /** Absent: records keep the source's partition number. */
  readonly byKey?: ByKey;
}

/**
 * The partition's records went to all partitions of the target topic, by their keys: there are no segments, and `target` is
 * the one that takes those without a key. Where each target partition ends a `TargetRecord` tells.
 */
export interface ByKey extends ByKeyPlaces {
  /** Behind the last source record that was mirrored: from here to `nextSource` is nothing to mirror. */
  readonly recordsEnd: bigint;
}

/** What may stand at the target from `nextTarget` on: how much of it does, only the target's log tells. */
export interface Ahead {
  /** Of the session that wrote this; its records carry both. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Of the record at `nextTarget`. */
  readonly sequence: number;
  /** In order, at the target without a gap from `nextTarget` on. Empty: nothing was on its way. */
  readonly runs: readonly Segment[];
  /** The first source offset that is not mirrored once all of them stand. */
  readonly nextSource: bigint;
  /** Leader epochs of the source in which they were written, each from that offset on, -1: unknown; before, `sourceEpoch`. */
  readonly sourceEpochs: readonly { readonly epoch: number; readonly from: bigint }[];
}
