/** Checkpoints of one topic at most: with each a third further back than the one behind it, they reach a billion records back. */
export const checkpointsMax = 64;

/** A stored checkpoint, without what it says. */
export interface KeptCheckpoint {
  readonly slot: number;
  readonly number: bigint;
  /** Source offsets that were mirrored then: how far it is from another one. */
  readonly weight: bigint;
}

/**
 * Which slot the next checkpoint takes, and all that are kept then, in order. Once all slots are taken one goes whose
 * neighbours are close to each other for how far back they are: so old ones stand far apart and new ones close together.
 * The oldest stays: it is where mirroring began.
 */
export function slotForNext(
  kept: readonly KeptCheckpoint[],
  next: Omit<KeptCheckpoint, 'slot'>,
): { readonly slot: number; readonly kept: readonly KeptCheckpoint[] } {
  if (kept.length < checkpointsMax) {
    const taken = new Set(kept.map((one) => one.slot));
    let slot = 0;
    while (taken.has(slot)) slot += 1;
    return { slot, kept: [...kept, { ...next, slot }] };
  }
  const goes = nearestNeighbours(kept, next.weight);
  const slot = kept[goes]?.slot ?? 0;
  return { slot, kept: [...kept.filter((_, index) => index !== goes), { ...next, slot }] };
}

/** Index of the one that is missed least; never 0. */
function nearestNeighbours(kept: readonly KeptCheckpoint[], end: bigint): number {
  let nearest = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let index = 1; index < kept.length; index += 1) {
    const before = kept[index - 1]?.weight ?? 0n;
    const behind = kept[index + 1]?.weight ?? end;
    const distance = Number(behind - before) / (Number(end - behind) + 1);
    if (distance < least) {
      least = distance;
      nearest = index;
    }
  }
  return nearest;
}
