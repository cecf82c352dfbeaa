/**
 * What the native engine needs of the world. The real ones stand in runner/kafka, the in-memory ones in test/simulation.
 * Methods that reach a broker retry what the error table of runner/kafka calls retriable, within named limits, and then
 * throw a `ClusterFault`; errors of single partitions come back as values, for the engine decides what they mean.
 */

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** The name of Kafka's error code (`NOT_LEADER_OR_FOLLOWER`), or null where there was none. */
export type PartitionError = string | null;

export interface TopicDescription {
  readonly topic: string;
  /** Absent on clusters before 2.8. */
  readonly topicId?: string;
  /** Leader's broker id by partition number; -1 where there is none. */
  readonly leaders: readonly number[];
}

export interface FetchPosition extends TopicPartition {
  readonly offset: bigint;
  readonly maxBytes: number;
  /** Leader epoch of the last batch below `offset`, for the leader to compare with its own log; absent: it does not. */
  readonly lastEpoch?: number;
  /**
   * Where all positions of a request have one and the broker knows how (Kafka 3.1), the topic is asked for by it: another
   * one of this name answers UNKNOWN_TOPIC_ID, or INCONSISTENT_TOPIC_ID while the broker's metadata is behind.
   */
  readonly topicId?: string | undefined;
}

export interface FetchRequest {
  readonly positions: readonly FetchPosition[];
  readonly maxBytes: number;
  readonly minBytes: number;
  readonly maxWaitMs: number;
  readonly isolation: 'read_committed' | 'read_uncommitted';
}

export interface FetchedPartition extends TopicPartition {
  readonly error: PartitionError;
  readonly logStartOffset: bigint;
  readonly highWatermark: bigint;
  readonly lastStableOffset: bigint;
  readonly abortedTransactions: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[];
  /** The leader's log parted from what was read: `lastEpoch`, or the one before it, ends there. Comes without records. */
  readonly diverging?: { readonly epoch: number; readonly endOffset: bigint } | undefined;
  /** Record batches as stored, the last one possibly cut. The caller owns the bytes and may change them in place. */
  readonly records: Buffer;
  /**
   * Gives the bytes back, once, for another answer: nobody may look at them, or at a view of them, any more. Without it
   * they are left to the garbage collector.
   */
  release(): void;
}

export type OffsetSpec = 'earliest' | 'latest' | 'last-stable' | { readonly timestampMs: bigint };

export interface OffsetAnswer extends TopicPartition {
  readonly error: PartitionError;
  /** -1n where a timestamp is newer than every record. */
  readonly offset: bigint;
}

export interface LogReader {
  /** The cluster's name in the plan file, for messages. */
  readonly cluster: string;
  /** Asks the cluster anew for these topics (also after leadership errors); a topic that is not there is absent. */
  describeTopics(topics: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>>;
  fetch(broker: number, request: FetchRequest): Promise<readonly FetchedPartition[]>;
  /** Goes to the leaders by itself, and waits for those that do not answer; `once`: it does not wait. */
  offsets(partitions: readonly TopicPartition[], at: OffsetSpec, tries?: 'once'): Promise<readonly OffsetAnswer[]>;
}

/** A log that is read as long as it grows. */
export interface SourceLog extends LogReader {
  /**
   * For asking one broker again and again, one request after the other, each for all positions that are wanted: as `fetch`,
   * but an answer may leave out partitions of which nothing is new since the one before: no records, no error, and the same
   * high watermark and log start (KIP-227).
   */
  openFetches(broker: number): (request: FetchRequest) => Promise<readonly FetchedPartition[]>;
}

export interface ProducerIdentity {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

export interface ProduceBatch extends TopicPartition {
  /** One record batch v2, stamped with the producer's identity and the partition's next sequence. */
  readonly batch: Buffer;
}

/** `records-0` where none is named. */
export type ProduceLane = `records-${number}` | 'positions';

export interface ProducedPartition extends TopicPartition {
  readonly error: PartitionError;
  readonly message?: string;
  /** The offset of the batch's first record; -1n with an error. */
  readonly baseOffset: bigint;
  /** The broker's clock where the topic has LogAppendTime, else -1n. */
  readonly logAppendTimeMs: bigint;
}

export interface GroupOffset extends TopicPartition {
  readonly offset: bigint;
  readonly metadata: string | null;
}

export interface EndedTransaction {
  /**
   * It was sent more than once, and an earlier request may still be on its way: it would end the next transaction of this
   * epoch too, in the middle. Call `initProducer` before the next one.
   */
  readonly mayComeAgain: boolean;
}

export interface TransactionalLog extends SourceLog {
  /** Fences older instances of the transactional id and aborts what they left open (KIP-98); retries CONCURRENT_TRANSACTIONS. */
  initProducer(
    transactionalId: string,
    transactionTimeoutMs: number,
    /** Whose epoch moves on: a FencedError where another one was taken since (KIP-360). */
    current?: ProducerIdentity,
  ): Promise<ProducerIdentity>;
  /** Before the first produce to each partition of a transaction; retries CONCURRENT_TRANSACTIONS while markers are written. */
  addPartitions(producer: ProducerIdentity, partitions: readonly TopicPartition[]): Promise<void>;
  /**
   * One batch a partition and request; acks = all. `producer` null: batches without a producer id. Each lane of a producer
   * has a connection of its own: what is sent on one stays in order and waits for no other.
   */
  produce(
    broker: number,
    producer: ProducerIdentity | null,
    batches: readonly ProduceBatch[],
    lane?: ProduceLane,
  ): Promise<readonly ProducedPartition[]>;
  endTransaction(producer: ProducerIdentity, outcome: 'commit' | 'abort'): Promise<EndedTransaction>;
  /** AddOffsetsToTxn and TxnOffsetCommit: fenced by the producer's epoch. Leader epoch -1. */
  commitGroupOffsets(producer: ProducerIdentity, group: string, offsets: readonly GroupOffset[]): Promise<void>;
}

/** Time and chance come from outside, so that a seed replays a failure. */
export interface Clock {
  nowMs(): number;
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}
