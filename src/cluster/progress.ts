import type { GroupListing, TopicSnapshot } from './snapshot.ts';

/** How far logs and groups of one cluster are: for people, never part of a change. */
export interface ProgressSnapshot {
  /** By topic, then by partition number; undefined where a partition did not tell. */
  readonly ends: ReadonlyMap<string, readonly (LogEnd | undefined)[]>;
  /** By group, in the topics wanted; a group that may not be asked for is absent. */
  readonly commits: ReadonlyMap<string, readonly CommittedPosition[]>;
  readonly openTransactions: readonly OpenTransaction[];
  readonly unread: readonly Unread[];
}

export interface LogEnd {
  readonly end: bigint;
  /** The last stable offset: what follows it belongs to open transactions, or waits behind them (KIP-98). */
  readonly stable: bigint;
}

export interface CommittedPosition {
  readonly topic: string;
  readonly partition: number;
  /** The next record to read. */
  readonly offset: bigint;
}

/** A transaction that is open on one partition. */
export interface OpenTransaction {
  readonly topic: string;
  readonly partition: number;
  readonly producerId: bigint;
  /** Of its first record in the partition. */
  readonly startOffset: bigint;
  /** The newest timestamp that its producer wrote there, ms since 1970; -1 where it wrote none. */
  readonly lastTimestampMs: number;
  /** `unknown`: no coordinator named it, so that nobody may be left to end it; `not-asked`: coordinators were not asked. */
  readonly coordinator: TransactionAtCoordinator | 'unknown' | 'not-asked';
}

export interface TransactionAtCoordinator {
  readonly transactionalId: string;
  /** When it began by the coordinator's clock, ms since 1970. */
  readonly startMs: number;
  /** After so long the coordinator aborts it. */
  readonly timeoutMs: number;
}

/** What a cluster did not tell. */
export interface Unread {
  readonly what: 'group offsets' | 'open transactions' | 'coordinators of transactions';
  /** Kafka's name of the error. */
  readonly error: string;
  /** The groups, where it is about some of them. */
  readonly groups?: readonly string[];
}

export interface ProgressScope {
  readonly topics: readonly TopicSnapshot[];
  readonly groups: readonly GroupListing[];
}

/** In a test case's file: offsets and ids as text, as they may have 64 bits. */
export interface ProgressJson {
  /** By topic, for each partition its end, or its end and its last stable offset; null: it did not tell. */
  readonly ends?: Readonly<Record<string, readonly (string | readonly [string, string] | null)[]>>;
  readonly commits?: Readonly<
    Record<string, readonly { readonly topic: string; readonly partition: number; readonly offset: string }[]>
  >;
  readonly openTransactions?: readonly (Omit<OpenTransaction, 'producerId' | 'startOffset'> & {
    readonly producerId: string;
    readonly startOffset: string;
  })[];
  readonly unread?: readonly Unread[];
}

export function progressFromJson(json: ProgressJson): ProgressSnapshot {
  const { ends = {}, commits = {}, openTransactions = [], unread = [] } = json;
  return {
    ends: new Map(Object.entries(ends).map(([topic, all]) => [topic, all.map(endFromJson)])),
    commits: new Map(
      Object.entries(commits).map(([group, all]) => [
        group,
        all.map((one) => ({ ...one, offset: BigInt(one.offset) })),
      ]),
    ),
    openTransactions: openTransactions.map((one) => ({
      ...one,
      producerId: BigInt(one.producerId),
      startOffset: BigInt(one.startOffset),
    })),
    unread,
  };
}

export function progressToJson({ ends, commits, openTransactions, unread }: ProgressSnapshot): ProgressJson {
  return {
    ends: Object.fromEntries(
      [...ends].map(([topic, all]) => [
        topic,
        all.map((one) => (one === undefined ? null : ([String(one.end), String(one.stable)] as const))),
      ]),
    ),
    commits: Object.fromEntries(
      [...commits].map(([group, all]) => [group, all.map((one) => ({ ...one, offset: String(one.offset) }))]),
    ),
    openTransactions: openTransactions.map((one) => ({
      ...one,
      producerId: String(one.producerId),
      startOffset: String(one.startOffset),
    })),
    unread,
  };
}

function endFromJson(json: string | readonly [string, string] | null): LogEnd | undefined {
  if (json === null) return undefined;
  const [end, stable] = typeof json === 'string' ? [json, json] : json;
  return { end: BigInt(end), stable: BigInt(stable) };
}
