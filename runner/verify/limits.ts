/** Every limit of verification. Bytes are bytes, times are milliseconds. */

const mebibyte = 1_048_576;

/**
 * What all partitions together hold of fetched batches, what is on its way counted in. Beyond it only one partition
 * goes on, so that batches of any size come through; besides that, each partition at work has one batch a side
 * decompressed.
 */
export const memoryBytesMax = 128 * mebibyte;
/** Of one partition in one fetch; a larger batch comes whole all the same (KIP-74). */
export const fetchBytes = 4 * mebibyte;
/** Each side of a partition holds one fetch and has the next one on its way: with the two limits above, 8 fit. */
export const partitionsAtOnceMax = 8;
/** How long a partition may answer with errors, or with nothing below its last stable offset. */
export const troubleMsMax = 30_000;
export const troubleBackoff = { minMs: 50, maxMs: 1_000 } as const;

/**
 * How long a log may end below what is mirrored before that counts as its end: EndTxn is answered before the markers are
 * written, so that the position of a mirror at work is ahead of its records' last stable offset for a moment.
 */
export const endSettleMs = 5_000;

/** Leaders of a topic are asked for no more often: far below `troubleMsMax`, within which a new one must be found. */
export const leadersKeptMs = 1_000;

/** Plain batches smaller than this are compared by their records: a mirror joins them, and many at once are looked at faster. */
export const storedBytesMin = 4_096;
/** Of such batches, what is handled as one. */
export const stretchBytesMax = 1_048_576;

/** Parts of a digest begin with the first batch of the source at or behind each multiple of this offset. */
export const partOffsets = 1_024n;

/** A sample is made of blocks of so many offsets at least, and a partition is cut into no more blocks than this. */
export const sampleOffsetsMin = 1_000;
export const sampleBlocksMax = 1_000;

/** Keys of a topic that goes by key whose order is looked at, some 200 bytes each on either side; of more, a share by their hash. */
export const orderKeysMax = 250_000;

/** Records that are held on each side where they differ, to tell what became of them: some 200 bytes each. */
export const lookAroundRecordsMax = 1_024;
/** Records that must be equal in a row for both sides to count as being in step again. */
export const confirmRecords = 3;

/**
 * Records that are held of both sides of a compacted topic that goes by key, some 80 bytes each, and once more where keys are
 * looked at again; of more, in passes.
 */
export const recordsHeldMax = 2_000_000;
/** Passes over such a topic: each reads both sides. With the limit above, 32 million records of both sides are compared. */
export const passesMax = 16;
/** How often keys of such a topic are read that look different, until two looks see the same. */
export const looksMax = 4;
/** How often what came above the checkpoint is read on: each time what came meanwhile, which is far less than the time before. */
export const lapsMax = 3;
/** Keys that differ of which the place is told. */
export const keysNamedMax = 10;
