import type { Compacted } from './compare-logs.ts';
import type { DifferenceKind } from './difference.ts';
import type { PairSide } from './pair-digest.ts';

/** One record of a key, as far as it must be known to be told from others and to be named. */
export interface KeyRecord {
  /** 52 bits of a SHA-256 of timestamp, key, value and headers. */
  readonly hash: number;
  readonly partition: number;
  readonly offset: bigint;
  readonly tombstone: boolean;
  /** It stands in another target partition than its key belongs in. */
  readonly misplaced: boolean;
}

/** What both logs hold of one key between two checkpoints, each partition's in order. */
export type KeyRecords = Readonly<Record<PairSide, readonly KeyRecord[]>>;

/** What stands of a key above the checkpoint, on each side: nothing, records, or a tombstone among them. */
export type Newer = Readonly<Record<PairSide, 'none' | 'record' | 'tombstone'>>;
export const nothingNewer: Newer = { source: 'none', target: 'none' };

/** What may have taken records of a side. */
export interface Takers {
  readonly compacted: Compacted;
  /** Retention deleted some of the range while it was read. */
  readonly overtaken: Readonly<Record<PairSide, boolean>>;
}

/** `missing` and `extra`: of one side alone; the other kinds as of partitions, within one key. */
export interface KeyDifference {
  readonly kind: Exclude<DifferenceKind, 'displaced'>;
  readonly source: KeyRecord | null;
  readonly target: KeyRecord | null;
}

export interface KeyVerdict {
  /** Records that both sides have, as the target has them. */
  readonly paired: readonly KeyRecord[];
  /** Records of one side that the other one's cleaner took. */
  readonly cleaned: number;
  /** Records of which nobody can tell whether a cleaner took their counterpart. */
  readonly unproven: number;
  /** The first one that is met from the last record on backwards. */
  readonly difference: KeyDifference | null;
}

/**
 * What becomes of one key. A cleaner takes, below some offset, all records of a key but the last, so that both logs hold an end
 * of what was mirrored: they must agree from the last record on backwards, as far as the shorter one reaches. What reading did not
 * see at one moment may look otherwise (`settle-keys.ts`); what it sees twice is judged here for good.
 */
export function judgeKey(records: KeyRecords, newer: Newer, { compacted, overtaken }: Takers): KeyVerdict {
  const { source, target } = records;
  if (source.length + target.length === 0) return unproven(0);
  const stray = target.find((one) => one.misplaced);
  if (stray !== undefined) return differs('extra', null, stray);
  if (target.length === 0) return overtaken.target ? unproven(source.length) : goneAtTarget(source, newer, compacted);
  if (source.length === 0) return overtaken.source ? unproven(target.length) : goneAtSource(target, newer, compacted);
  const isOfOne = source.every((one) => one.partition === source[0]?.partition);
  const verdict = isOfOne ? judgeSequence(records, newer, compacted) : null;
  // What is newer may stand in another partition, of which a cleaner has taken all below because of it.
  const isTold = verdict !== null && (verdict.difference === null || !compacted.source || !isNewer(newer));
  return isTold ? verdict : judgeSeveral(records, newer, compacted);
}

/**
 * The target holds nothing of the key. Right where something newer stands above, which may be a tombstone that is over by now,
 * or where the last record is one itself. A record that is written again at the source, and not mirrored yet, may have been
 * taken there before it was mirrored, by the cleaner of a replica that led then.
 */
function goneAtTarget(source: readonly KeyRecord[], newer: Newer, compacted: Compacted): KeyVerdict {
  const lasts = lastOfEach(source);
  const isOver = lasts.some((one) => one.tombstone) || newer.target !== 'none' || newer.source === 'tombstone';
  const count = source.length;
  if (isOver && compacted.target) return { paired: [], cleaned: count, unproven: 0, difference: null };
  if (compacted.source && (isOver || newer.source !== 'none')) return unproven(count);
  return differs('missing', lasts.at(-1) ?? null, null);
}

/** The source holds nothing of the key. */
function goneAtSource(target: readonly KeyRecord[], newer: Newer, compacted: Compacted): KeyVerdict {
  const last = target.at(-1) ?? null;
  const isOver = last?.tombstone === true || isNewer(newer);
  if (compacted.source && isOver) return { paired: [], cleaned: target.length, unproven: 0, difference: null };
  return differs('extra', null, last);
}

function judgeSequence(records: KeyRecords, newer: Newer, compacted: Compacted): KeyVerdict {
  const { source, target } = records;
  const alike = lengthAlike(source, target);
  const ofSource = source.length - alike;
  const ofTarget = target.length - alike;
  if (ofSource > 0 && ofTarget > 0) {
    const holes = compacted.source && (alike > 0 || isNewer(newer)) ? withHoles(records) : null;
    return holes ?? differenceAt(records, ofSource - 1, ofTarget - 1);
  }
  if (ofTarget > 0 && !compacted.source) return differs('extra', null, target[ofTarget - 1] ?? null);
  const paired = target.slice(ofTarget);
  const again = countOf(target.slice(0, ofTarget), paired);
  const lacking = compacted.target ? 0 : ofSource;
  const cleaned = ofSource - lacking + ofTarget - again;
  return { paired, cleaned, unproven: lacking + again, difference: null };
}

/** How many records at the end of both are the same. */
function lengthAlike(source: readonly KeyRecord[], target: readonly KeyRecord[]): number {
  const shorter = Math.min(source.length, target.length);
  let count = 0;
  while (count < shorter && source.at(-1 - count)?.hash === target.at(-1 - count)?.hash) count += 1;
  return count;
}

/**
 * Whether the target lacks only such records as a replica of the source may have lacked when it was mirrored from: then it holds
 * some that are older than all of the source, and behind them some of the source's in their order. Null: it does not.
 *
 *     source         c   d   e   f
 *     target   a  b      d       f       c and e: not told
 */
function withHoles({ source, target }: KeyRecords): KeyVerdict | null {
  let at = source.length;
  let older = target.length;
  let holes = 0;
  while (older > 0) {
    const found = lastIndexBelow(source, at, target[older - 1]?.hash);
    if (found < 0) break;
    holes += at - 1 - found;
    at = found;
    older -= 1;
  }
  if (countOf(target.slice(0, older), source) > 0) return null;
  const cleaned = older > 0 ? older : at;
  return { paired: target.slice(older), cleaned, unproven: holes + (older > 0 ? at : 0), difference: null };
}

function lastIndexBelow(records: readonly KeyRecord[], end: number, hash: number | undefined): number {
  let at = end - 1;
  while (at >= 0 && records[at]?.hash !== hash) at -= 1;
  return at;
}

/**
 * The key stands in several source partitions, which are cleaned each by itself, and between which there is no order: the
 * target's last record must be the last of one of them, and each one's must stand in order. More is not told.
 */
function judgeSeveral(records: KeyRecords, newer: Newer, compacted: Compacted): KeyVerdict {
  const { source, target } = records;
  const last = target.at(-1);
  const isLast = lastOfEach(source).some((one) => one.hash === last?.hash);
  const mayBeOver = isNewer(newer) || (last?.tombstone === true && compacted.source);
  if (!isLast && !mayBeOver) return differenceAt(records, source.length - 1, target.length - 1);
  const moved = firstMoved(records);
  if (moved !== null) return moved;
  const known = new Set(source.map((one) => one.hash));
  const paired = target.filter((one) => known.has(one.hash));
  const ofTarget = target.length - paired.length;
  const ofSource = source.length - countOf(source, target);
  if (ofTarget > 0 && !compacted.source) {
    return differs('extra', null, target.findLast((one) => !known.has(one.hash)) ?? null);
  }
  const untold = compacted.target ? Math.min(ofSource, ofTarget) : ofSource;
  return { paired, cleaned: Math.max(0, ofSource + ofTarget - 2 * untold), unproven: untold, difference: null };
}

/** A record of which there is one, behind a later one of its source partition. */
function firstMoved({ source, target }: KeyRecords): KeyVerdict | null {
  const places = new Map<number, number>();
  for (const [index, { hash }] of target.entries()) places.set(hash, places.has(hash) ? Number.NaN : index);
  const reached = new Map<number, number>();
  for (const one of source) {
    const place = places.get(one.hash) ?? Number.NaN;
    if (place < (reached.get(one.partition) ?? -1)) return differs('reordered', one, target[place] ?? null);
    if (!Number.isNaN(place)) reached.set(one.partition, place);
  }
  return null;
}

function lastOfEach(records: readonly KeyRecord[]): readonly KeyRecord[] {
  return [...new Map(records.map((one) => [one.partition, one])).values()];
}

function isNewer({ source, target }: Newer): boolean {
  return source !== 'none' || target !== 'none';
}

/** Of `records`, those that are among `others` too. */
function countOf(records: readonly KeyRecord[], others: readonly KeyRecord[]): number {
  if (records.length === 0) return 0;
  const hashes = new Set(others.map((one) => one.hash));
  return records.filter((one) => hashes.has(one.hash)).length;
}

function differenceAt({ source, target }: KeyRecords, atSource: number, atTarget: number): KeyVerdict {
  const [one, other] = [source[atSource], target[atTarget]];
  if (one === undefined || other === undefined) throw new Error('No record stands where the sides differ.');
  const copies = countSame(target, other);
  if (copies > 0 && copies > countSame(source, other) && countSame(source, other) > 0) {
    return differs('duplicated', source.findLast(({ hash }) => hash === other.hash) ?? null, other);
  }
  const [isSent, hasCome] = [countSame(source, other) > 0, countSame(target, one) > 0];
  if (isSent) return hasCome ? differs('reordered', one, other) : differs('missing', one, null);
  return hasCome ? differs('extra', null, other) : differs('changed', one, other);
}

function countSame(records: readonly KeyRecord[], { hash }: KeyRecord): number {
  return records.filter((one) => one.hash === hash).length;
}

/** So many records of which nothing can be told. */
export function unproven(count: number): KeyVerdict {
  return { paired: [], cleaned: 0, unproven: count, difference: null };
}

function differs(kind: KeyDifference['kind'], source: KeyRecord | null, target: KeyRecord | null): KeyVerdict {
  return { paired: [], cleaned: 0, unproven: 0, difference: { kind, source, target } };
}
