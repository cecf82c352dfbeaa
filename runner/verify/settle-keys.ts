import { createHeldRecords, type HeldKeys, type HeldRecords } from './held-records.ts';
import { judgeKey, type KeyRecords, type KeyVerdict, type Newer, type Takers, unproven } from './judge-key.ts';
import type { KeyLook } from './key-look.ts';
import { looksMax } from './limits.ts';
import { keyNumber } from './unpaired-keys.ts';

export interface Suspects {
  readonly held: HeldRecords;
  readonly keys: ReadonlySet<number>;
  /** All keys that `held` holds. */
  readonly slice: HeldKeys;
}

/**
 * What becomes of keys that do not look equal: right by what is newer of them, or by what another look sees; or else, once
 * two looks saw the same records, as `judgeKey` has it. A cleaner that was at work while a log was read can leave a picture in which
 * an older record stands and a newer one is missing, but not twice: the older one goes first.
 */
export async function settleKeys(
  look: KeyLook,
  { held, keys, slice }: Suspects,
  takers: Takers,
  take: (verdict: KeyVerdict) => void,
): Promise<void> {
  let left = keys;
  let seen = held;
  let takersNow = takers;
  let before = new Map<number, number>();
  const above = look.watchAbove();
  for (let looks = 1; left.size > 0; looks += 1) {
    const newerOf = await above.readOn(left);
    const again = new Map<number, number>();
    for (const key of left) {
      const records = seen.recordsOf(key);
      const verdict = judgeHeld(seen, key, newerOf(key), takersNow);
      const picture = pictureOf(records);
      if (!seen.wants(key)) take(unproven(seen.shared.get(key) ?? 1));
      else if (isRight(verdict) || before.get(key) === picture) take(verdict);
      else if (looks === looksMax) take(unproven(records.source.length + records.target.length));
      else again.set(key, picture);
    }
    left = new Set(again.keys());
    before = again;
    if (left.size === 0) return;
    seen = createHeldRecords({ ...slice, only: left });
    const { overtaken } = await look.read(seen);
    takersNow = { ...takers, overtaken };
  }
}

/** As `judgeKey`; of a key that has too many records only the newest are held, and older ones are not told. */
export function judgeHeld(held: HeldRecords, key: number, newer: Newer, takers: Takers): KeyVerdict {
  const records = held.recordsOf(key);
  const older = held.cut.get(key);
  if (older === undefined) return judgeKey(records, newer, takers);
  const verdict = judgeKey(records, newer, { ...takers, compacted: { source: true, target: true } });
  return { ...verdict, cleaned: 0, unproven: verdict.unproven + verdict.cleaned + older };
}

/** Whether nothing is left to ask. */
export function isRight({ difference, unproven: untold }: KeyVerdict): boolean {
  return difference === null && untold === 0;
}

/** Tells one look at a key from another one. */
function pictureOf({ source, target }: KeyRecords): number {
  const text = [source, target].map((records) =>
    records.map(({ partition, offset, hash }) => `${partition} ${offset} ${hash}`).join(),
  );
  return keyNumber(Buffer.from(text.join('|')));
}
