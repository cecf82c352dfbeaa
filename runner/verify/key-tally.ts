import { hash } from 'node:crypto';
import type { KeyDifference, KeyVerdict } from './judge-key.ts';
import { keysNamedMax } from './limits.ts';
import type { PairSide } from './pair-digest.ts';
import { keyNumbers } from './unpaired-keys.ts';

/** What was found of the keys of a topic so far. */
export interface KeyTally {
  records: number;
  cleaned: number;
  unproven: number;
  readonly kinds: Record<KeyDifference['kind'], number>;
  /** The first `keysNamedMax`. */
  readonly differences: KeyDifference[];
  /** Of the hashes of what was compared, modulo `keyNumbers`: the same in any order. */
  readonly sums: Record<PairSide, number>;
}

export function createKeyTally(): KeyTally {
  return {
    records: 0,
    cleaned: 0,
    unproven: 0,
    kinds: { missing: 0, extra: 0, duplicated: 0, reordered: 0, changed: 0 },
    differences: [],
    sums: { source: 0, target: 0 },
  };
}

export function takeVerdict(tally: KeyTally, { paired, cleaned, unproven, difference }: KeyVerdict): void {
  tally.records += paired.length;
  tally.cleaned += cleaned;
  tally.unproven += unproven;
  for (const { hash: one } of paired) {
    addTo(tally, 'source', one);
    addTo(tally, 'target', one);
  }
  if (difference === null) return;
  const { kind, source, target } = difference;
  tally.kinds[kind] += 1;
  if (tally.differences.length < keysNamedMax) tally.differences.push(difference);
  if (source !== null) addTo(tally, 'source', source.hash);
  else if (target !== null) addTo(tally, 'target', target.hash);
  if (source !== null && target !== null && source.hash !== target.hash) addTo(tally, 'target', target.hash);
}

function addTo({ sums }: KeyTally, side: PairSide, one: number): void {
  sums[side] = (sums[side] + one) % keyNumbers;
}

/** Of one side: equal to the other one's where nothing differs. */
export function keyDigest({ records, sums }: KeyTally, side: PairSide): string {
  return hash('sha256', `${records} ${sums[side]}`, 'hex');
}
