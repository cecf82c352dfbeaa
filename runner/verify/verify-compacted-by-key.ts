import type { KeyHash } from '../../src/migration/migration.ts';
import type { ByKeyTopic } from '../groups/read-by-key.ts';
import type { CompactedByKeyComparison } from './by-key-comparison.ts';
import type { Compacted } from './compare-logs.ts';
import { createHeldRecords, type HeldKeys } from './held-records.ts';
import { nothingNewer } from './judge-key.ts';
import { createKeyLook, type KeyLook } from './key-look.ts';
import { createKeyTally, type KeyTally, keyDigest, takeVerdict } from './key-tally.ts';
import { passesMax, recordsHeldMax } from './limits.ts';
import { isRight, judgeHeld, settleKeys } from './settle-keys.ts';
import { keyNumbers } from './unpaired-keys.ts';
import type { VerifyWorld } from './verify-world.ts';

/**
 * Compares a compacted topic whose records go by key: of each key what both sides hold between the same two checkpoints,
 * from the last record on backwards (`judgeKey`). Memory: `recordsHeldMax` records; of more, keys by their hash in passes,
 * each of which reads both sides; beyond `passesMax` a share of the keys.
 */
export async function verifyCompactedByKey(
  world: VerifyWorld,
  topic: ByKeyTopic,
  keyHash: KeyHash,
  compacted: Compacted,
  limits = { recordsHeldMax, passesMax },
): Promise<CompactedByKeyComparison> {
  const look = createKeyLook(world, topic, keyHash);
  const tally = createKeyTally();
  let overtaken = false;
  let slice: HeldKeys = { from: 0, below: keyNumbers };
  for (let pass = 0; pass < limits.passesMax && slice.from < keyNumbers; pass += 1) {
    const done = await comparePass(look, slice, compacted, tally, limits.recordsHeldMax);
    if (pass === 0) tally.unproven += done.keyless;
    overtaken ||= done.overtaken;
    // As many keys again as there was room for.
    const next = done.below + done.below - slice.from;
    slice = { from: done.below, below: Math.min(keyNumbers, next) };
  }
  return {
    kind: 'compacted',
    source: topic.source,
    target: topic.target,
    records: BigInt(tally.records),
    sourceDigest: keyDigest(tally, 'source'),
    targetDigest: keyDigest(tally, 'target'),
    cleaned: BigInt(tally.cleaned),
    unproven: BigInt(tally.unproven),
    kinds: tally.kinds,
    differences: tally.differences,
    keyShare: slice.from / keyNumbers,
    overtaken,
  };
}

async function comparePass(
  look: KeyLook,
  slice: HeldKeys,
  compacted: Compacted,
  tally: KeyTally,
  recordsMax: number,
): Promise<{ readonly below: number; readonly keyless: number; readonly overtaken: boolean }> {
  const held = createHeldRecords(slice, recordsMax);
  const { overtaken, keyless } = await look.read(held);
  const takers = { compacted, overtaken };
  const suspects = new Set<number>();
  for (const key of held.keys()) {
    const verdict = judgeHeld(held, key, nothingNewer, takers);
    if (isRight(verdict)) takeVerdict(tally, verdict);
    else suspects.add(key);
  }
  for (const records of held.shared.values()) tally.unproven += records;
  const { below } = held;
  await settleKeys(look, { held, keys: suspects, slice: { ...slice, below } }, takers, (verdict) =>
    takeVerdict(tally, verdict),
  );
  return { below, keyless, overtaken: overtaken.source || overtaken.target };
}
