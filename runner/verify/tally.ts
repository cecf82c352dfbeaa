import { type Difference, type DifferenceKind, differenceKinds } from './difference.ts';

/** What a comparison has found so far. */
export interface Tally {
  /** Pairs of records that were compared. */
  records: number;
  /** Records of one side that a cleaner took on the other one. */
  cleaned: number;
  readonly kinds: Record<DifferenceKind, number>;
  /** The first one by source offset of those found in order, else one that the end of the log brought to light. */
  first: Difference | null;
}

export function createTally(): Tally {
  const kinds = Object.fromEntries(differenceKinds.map((kind) => [kind, 0])) as Record<DifferenceKind, number>;
  return { records: 0, cleaned: 0, kinds, first: null };
}

export function note(tally: Tally, difference: Difference): void {
  tally.kinds[difference.kind] += 1;
  tally.first ??= difference;
}

export function differencesOf({ kinds }: Tally): number {
  return differenceKinds.reduce((sum, kind) => sum + kinds[kind], 0);
}
