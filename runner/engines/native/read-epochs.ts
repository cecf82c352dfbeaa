/**
 * Which leader epoch wrote what a partition has read, one entry a change of leader. A leader that is asked with the epoch
 * of what was read last tells where that epoch ends in its own log (KIP-595): below what was read, records that were read
 * are gone from the source, though its log may have grown past them again.
 */
export type ReadEpochs = { readonly epoch: number; readonly from: bigint }[];

/** `RecordBatch.NO_PARTITION_LEADER_EPOCH`: nothing is compared. */
export const noEpoch = -1;

/** No CRC covers the epoch in a batch; one that is lower than those before it is none. */
export function noteEpoch(epochs: ReadEpochs, from: bigint, epoch: number): void {
  if (epoch > (epochs.at(-1)?.epoch ?? noEpoch)) epochs.push({ epoch, from });
}

/** From here on with this one, for the leader says so; -1: without any. */
export function resetEpoch(epochs: ReadEpochs, from: bigint, epoch: number): void {
  epochs.length = 0;
  if (epoch !== noEpoch) epochs.push({ epoch, from });
}

/** The epoch of the last batch below the offset. */
export function epochBefore(epochs: ReadEpochs, offset: bigint): number {
  return epochs.findLast((one) => one.from < offset)?.epoch ?? noEpoch;
}
