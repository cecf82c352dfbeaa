import { pieceSegmentsMax } from '../../../src/offset-map/seal.ts';

/** Every limit of the native engine. Bytes are bytes, times are milliseconds. */

const mebibyte = 1_048_576;

/** A broker answers an empty fetch after this time; a clean stop waits no longer than that. */
export const fetchMaxWaitMs = 500;
export const fetchMinBytes = 1;
/** All is asked for anew so often: in a fetch session a broker tells each thing once, and what was not understood never again. */
export const fetchSessionMsMax = 15_000;
/** Of one partition in one fetch, so that a hot one leaves room to others. A larger batch comes whole all the same (KIP-74). */
export const fetchPartitionBytesMax = 4 * mebibyte;
/**
 * More memory than this is not taken, whatever the plan file allows: what requests in flight to each target leader need, and
 * as much again as comes in while a transaction ends.
 */
export const memoryBytesUseful = (leaders: number): number => (64 + 32 * leaders) * mebibyte;
/** Of the memory, what one fetch may ask for, and what those of all brokers may together, so that each can wait for news. */
export const fetchShareMax = 1 / 4;
export const fetchesShareMax = 1 / 2;
/** What is kept of it for batches that are encoded again, so that there is room for them while fetches fill the rest. */
export const encodedShareMax = 1 / 8;
/**
 * With more than this a partition is not fetched. Behind its last fetch there is still room for another one, of other
 * partitions: 3/8 and 1/4 and 1/8 and 1/4.
 */
export const partitionShareMax = 3 / 8;
/** While there are such partitions: they are fetched soon after they are below it again. */
export const fetchMaxWaitMsShort = 100;
/** What a batch may take that is encoded again, of what it had: its buffer may be a quarter larger (`record-buffers.ts`). */
export const encodedGrowth = 3 / 2;

/** A transaction that has grown this large is committed before its interval is over: it bounds what a kill wastes. */
export const transactionBytesMax = 256 * mebibyte;
/** Those that fail get smaller down to this, a batch or a few, and so short: a commit takes some round trips. */
export const transactionBytesMin = 4_096;
export const transactionMsMin = 50;
/** The target aborts a transaction of a dead process so long after it was due, unless the next one does so before. */
export const transactionTimeoutMs = 60_000;

/** Connections for records to one broker: the second keeps another of its cores busy. */
export const recordLanesMax = 2;
/** Sequences let a broker keep the order of up to five requests of one producer (KIP-98). */
export const produceRequestsInFlightMax = 5;
export const produceRequestBytesMax = 4 * mebibyte;
/** Requests begin with this size, and double as long as full ones are answered within `quickAnswerMs`. */
export const produceRequestBytesFirst = mebibyte;
/** They are halved where an answer takes longer than `slowAnswerMs`: five in flight stay far below the transaction's timeout. */
export const produceRequestBytesMin = 32_768;
export const quickAnswerMs = 1_000;
export const slowAnswerMs = 5_000;
/** Neighbours smaller than this are joined, until the joined batch has so many bytes; compressed ones only below the second. */
export const joinBatchBytesBelow = 65_536;
export const joinCompressedBytesBelow = 8_192;
export const joinedBatchBytesMax = 524_288;
/** Stored bytes of one source partition that are taken apart by key at one time: more go to each target in one batch. */
export const scatterBytesMax = 4 * mebibyte;
/** Of a flow that is held to a rate, requests' worth of such parts that may wait: about a second of it. */
export const throttledRequestsAhead = 4;
/**
 * When a transaction is to end, a rate may hold back what is left of batches that go by key for so long: a third of its
 * timeout. Then it is sent, and paid off before the next transaction begins.
 */
export const throttledEndMsMax = 20_000;
/** Checkpoints of a topic whose records go by key are written no more often than this. */
export const checkpointIntervalMs = 1_000;
/** Of joined batches that were written: what is kept for the next ones. */
export const encodedSpareBytesMax = 16 * mebibyte;
/** Below the brokers' default of max.message.bytes (1 MiB and 12 bytes). */
export const positionsBatchBytesMax = 900_000;

/** Of one partition, what may be told of ahead of its being written: what a kill can leave to be counted. */
export const aheadBytesMax = 32 * mebibyte;
/** Runs of source offsets in it, two batches' `runsMax`: they take 25 to 320 kB of text, far below the 900 kB of a batch. */
export const aheadRunsMax = 8_192;
/** Of all partitions, what is made ready for one write of the positions: it bounds how long the event loop is busy with it. */
export const aheadWindowBytesMax = 32 * mebibyte;
/** Positions of many partitions are written less often: beside a mirror of some 100 MB a second this is little. */
export const positionsBytesPerSecondMax = 4 * mebibyte;
/** How long a batch of a producer id that nobody can fence any more may be on its way: twice what brokers wait for replicas. */
export const lateBatchMsMax = 60_000;
/**
 * For so long after its last answer a partition surely knows our producer: it forgets one that wrote nothing for
 * `producer.id.expiration.ms` (a day), and looks each ten minutes.
 */
export const producerKnownMs = 60_000;

/** Sessions that fail one after the other without a commit between them end the flow. */
export const failuresMax = 6;
/** But not before this time where the error is one that passes: brokers restart, a full or read-only target is put right. */
export const failingMsMax = 300_000;
export const failureBackoff = { minMs: 100, maxMs: 10_000 } as const;

/** How long a source partition may be without a leader, or answer with errors, until it is left out. */
export const partitionErrorMsMax = 30_000;
/** How often it is looked whether leaders of left-out ones answer again: a session that ends wastes a transaction. */
export const leaderSearchMs = 5_000;
/** How long leaders may call an offset that they hold out of range until the epoch that we named is the suspect. */
export const epochDoubtMs = 5_000;
/** Answers in a row without a whole batch, to one that may be as large as it is (KIP-74). */
export const fruitlessFetchesMax = 5;
/** A topic counts as gone when no broker has named it for this long: metadata of brokers may lag behind. */
export const topicAbsentMsMax = 5_000;
export const partitionBackoff = { minMs: 50, maxMs: 1_000 } as const;
/** How long the markers of an aborted transaction may take to come, and an election at the start. */
export const settleMsMax = 30_000;
/** A leader is elected within a second or two: so long is waited for one where all else can go on without it. */
export const electionWaitMs = 3_000;

/** Progress is reported no more often than this, over what came within the window. */
export const progressIntervalMs = 250;
export const progressWindowMs = 5_000;

/** One fetch of the target's tail, by header only, or of the positions topic. */
export const scanFetchBytes = 4 * mebibyte;
/** How often a topic of ours is read from its log start, which goes on by a segment at a time: by minutes, not by seconds. */
export const wholeScansMax = 3;
/** Target partitions that are scanned at one time. */
export const scansMax = 16;

/** Of the offset maps, which are looked after beside the mirror. */
export interface MapLimits {
  /** As `pieceSegmentsMax` of `src/offset-map/seal.ts`. */
  readonly pieceSegmentsMax: number;
  /** How often logs are asked where they begin now, so that what stands below is dropped. */
  readonly upkeepIntervalMs: number;
  /** Sealed pieces that one position deletes: 100 bytes each in its batch. */
  readonly piecesDroppedMax: number;
  /** Of one partition's sealed text: the oldest pieces of a larger map become spans. */
  readonly charactersMax: number;
  /** Pieces that one span takes the place of. */
  readonly spanPiecesMax: number;
  /** What one span may hold of either log: whoever asks for an offset in it reads so much of both. */
  readonly spanBytesMax: number;
  /** Scans for spans of one partition in one round, so that every partition has its turn. */
  readonly spansAtOnceMax: number;
  /** What is read of both clusters for spans, on the average: beside a mirror of some 100 MB a second this is little. */
  readonly thinningBytesPerSecondMax: number;
}

export const mapLimits: MapLimits = {
  pieceSegmentsMax,
  upkeepIntervalMs: 600_000,
  piecesDroppedMax: 1_000,
  charactersMax: 1_000_000,
  spanPiecesMax: 16,
  spanBytesMax: 16 * mebibyte,
  spansAtOnceMax: 8,
  thinningBytesPerSecondMax: 8 * mebibyte,
};
