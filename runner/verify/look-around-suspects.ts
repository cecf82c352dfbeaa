import type { Difference } from './difference.ts';
import { lookAroundRecordsMax } from './limits.ts';
import type { SeenRecord } from './seen-record.ts';
import { note, type Tally } from './tally.ts';

/** Records that one side lacks or has too many of, until it is known whether they only stand in another place. */
export interface Suspects {
  /** A source record that is behind us: the target may still have it twice. */
  passed(record: SeenRecord): void;
  /** A source record that is not where it should be; `place` as the map says it. */
  missing(record: SeenRecord, place: bigint | null): void;
  /** A target record that should not be there; `ahead`: the source's next records. */
  extra(record: SeenRecord, from: bigint | null, ahead: readonly SeenRecord[]): void;
}

export function createSuspects(tally: Tally, behind: readonly SeenRecord[]): Suspects {
  const recent = new Map<string, bigint>();
  const lacking = new Map<string, Difference>();
  const surplus = new Map<string, Difference>();

  function passed({ id, offset }: SeenRecord): void {
    remember(recent, id, offset);
  }

  /** What was told of it was only the half: it stands elsewhere. */
  function moved(told: Difference, sourceOffset: bigint, targetOffset: bigint): void {
    const difference: Difference = { kind: 'reordered', sourceOffset, targetOffset };
    tally.kinds[told.kind] -= 1;
    tally.kinds.reordered += 1;
    if (tally.first === told) tally.first = difference;
  }

  for (const record of behind) passed(record);
  return {
    passed,
    missing({ id, offset: sourceOffset }, targetOffset) {
      const told = surplus.get(id);
      if (told !== undefined && told.targetOffset !== null) {
        surplus.delete(id);
        moved(told, sourceOffset, told.targetOffset);
        return;
      }
      const difference: Difference = { kind: 'missing', sourceOffset, targetOffset };
      remember(lacking, id, difference);
      note(tally, difference);
    },
    extra({ id, offset: targetOffset }, from, ahead) {
      const told = lacking.get(id);
      if (told !== undefined && told.sourceOffset !== null) {
        lacking.delete(id);
        moved(told, told.sourceOffset, targetOffset);
        return;
      }
      const original = recent.get(id) ?? ahead.find((one) => one.id === id)?.offset;
      const difference: Difference =
        original === undefined
          ? { kind: 'extra', sourceOffset: from, targetOffset }
          : { kind: 'duplicated', sourceOffset: original, targetOffset };
      remember(surplus, id, difference);
      note(tally, difference);
    },
  };
}

/** The newest of as many as are looked around for. */
function remember<V>(map: Map<string, V>, id: string, value: V): void {
  map.delete(id);
  map.set(id, value);
  if (map.size <= lookAroundRecordsMax) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
