/** Which leader epoch wrote from which offset on (`LeaderEpochFileCache.java`): ascending, the last one leads. */
export interface LeaderEpochs {
  readonly entries: { readonly epoch: number; readonly start: bigint }[];
}

export function latestEpoch({ entries }: LeaderEpochs): number {
  return entries.at(-1)?.epoch ?? 0;
}

/** A new leader takes over a log that ends at `end`. */
export function beginEpoch(epochs: LeaderEpochs, end: bigint): void {
  const epoch = latestEpoch(epochs) + 1;
  while ((epochs.entries.at(-1)?.start ?? -1n) >= end) epochs.entries.pop();
  epochs.entries.push({ epoch, start: end });
}

/**
 * Where the last fetched epoch of a reader ends here, if that is below what it read: the logs parted there (KIP-595, as
 * Fetch from v12 on answers it). Null where the reader's log is this one. Its epoch is none that is still to come.
 */
export function divergence(
  epochs: LeaderEpochs,
  end: bigint,
  reader: { readonly epoch: number; readonly offset: bigint },
): { readonly epoch: number; readonly endOffset: bigint } | null {
  if (reader.epoch === latestEpoch(epochs)) return null;
  const higher = epochs.entries.findIndex((one) => one.epoch > reader.epoch);
  const endOffset = epochs.entries[higher]?.start ?? end;
  const epoch = epochs.entries[higher - 1]?.epoch ?? reader.epoch;
  return epoch < reader.epoch || endOffset < reader.offset ? { epoch, endOffset } : null;
}
