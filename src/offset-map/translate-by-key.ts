import type { Checkpoint } from '../state/by-key-codec.ts';
import { atLeast } from './bounds.ts';
import type { LogRange, Translation } from './translate.ts';

/** A cut through a topic whose records go by key: what of the sources is below it stands below it at the targets, no more. */
export type Cut = Pick<Checkpoint, 'sources' | 'targets'>;

/** What a translation needs of a topic whose records go by key. */
export interface ByKeyInput {
  /** In order; the last one is what is mirrored by now. */
  readonly cuts: readonly Cut[];
  /** By source partition. */
  readonly sources: readonly SourceLog[];
  /** By target partition; `end` is the largest offset with no data record of anybody between it and the last cut. */
  readonly targets: readonly LogRange[];
}

export interface SourceLog extends LogRange {
  /** Where mirroring began; the log's start where it has not begun. */
  readonly startSource: bigint;
}

/** One offset of the source that has no place: then the topic's others have none either. */
export interface Placeless {
  readonly partition: number;
  readonly offset: bigint;
  readonly result: Exclude<Translation, { readonly result: 'translated' }>;
}

export type ByKeyTranslation =
  /** `rereadRecords`: at most so many of those that were read; 0 with `translated`. */
  | {
      readonly result: 'translated' | 'at-least-once';
      /** By target partition. */
      readonly targets: readonly bigint[];
      readonly rereadRecords: bigint;
    }
  | { readonly result: 'none'; readonly placeless: readonly Placeless[] };

/**
 * Where a consumer goes on whose place is one offset in each source partition: at the newest cut of which it has read all, in
 * every target partition.
 *
 *   source 0   | ... cut 7 ..... cut 8 . read ... cut 9      target 0   | ... cut 7 ... cut 8 ... cut 9
 *   source 1   | ... cut 7 . cut 8 .... read . cut 9         target 1   | ... cut 7 . cut 8 ..... cut 9
 *                                                                                        ^ from here on
 *
 * Below a cut stands nothing that it did not read, so that nothing is skipped; what it read beyond the cut it reads again. A
 * partition without an offset was not read at all; what the source itself holds no more nobody reads.
 */
export function translateByKey(input: ByKeyInput, offsets: ReadonlyMap<number, bigint>): ByKeyTranslation {
  const read = input.sources.map(
    ({ startSource, start }, partition) => offsets.get(partition) ?? atLeast(start, startSource),
  );
  return translateRead(input, offsets, read);
}

/**
 * Whether a consumer that stood at `standing` in a target partition has gone back at the source since: below a cut that lies
 * below that place stands what it has not read. Where none tells, an earlier and finer cut may have led there.
 */
export function isProvenRewind(
  { cuts, sources }: ByKeyInput,
  offsets: ReadonlyMap<number, bigint>,
  partition: number,
  standing: bigint,
): boolean {
  const read = sources.map((_, index) => offsets.get(index) ?? null);
  return cuts.some((cut) => (cut.targets[partition] ?? standing) < standing && !isRead(cut, read));
}

/** Where one offset of one source partition leads: below the answer stands nothing of that partition from it on. */
export function translateOneByKey(input: ByKeyInput, partition: number, offset: bigint): ByKeyTranslation {
  const read = input.sources.map((_, index) => (index === partition ? offset : null));
  return translateRead(input, new Map([[partition, offset]]), read);
}

/** `read` by source partition; null: it does not count. */
function translateRead(
  input: ByKeyInput,
  offsets: ReadonlyMap<number, bigint>,
  read: readonly (bigint | null)[],
): ByKeyTranslation {
  const placeless = placelessOf(offsets, (partition, offset) => problemOf(input.sources[partition], offset));
  if (placeless.length > 0) return { result: 'none', placeless };
  const at = input.cuts.findLastIndex((cut) => isRead(cut, read) && stands(cut, input.targets));
  const cut = input.cuts[at];
  if (cut === undefined) {
    return { result: 'none', placeless: placelessOf(offsets, () => ({ result: 'unknown', why: 'lost-at-target' })) };
  }
  const isNewest = at === input.cuts.length - 1;
  const targets = input.targets.map(({ start, end }, partition) =>
    atLeast(isNewest ? end : (cut.targets[partition] ?? 0n), start),
  );
  const rereadRecords = read.reduce<bigint>((sum, offset, partition) => {
    const next = cut.sources[partition]?.next ?? input.sources[partition]?.startSource ?? 0n;
    return offset === null ? sum : sum + atLeast(offset - next, 0n);
  }, 0n);
  return { result: rereadRecords === 0n ? 'translated' : 'at-least-once', targets, rereadRecords };
}

function placelessOf(
  offsets: ReadonlyMap<number, bigint>,
  resultOf: (partition: number, offset: bigint) => Placeless['result'] | null,
): Placeless[] {
  return [...offsets].flatMap(([partition, offset]) => {
    const result = resultOf(partition, offset);
    return result === null ? [] : [{ partition, offset, result }];
  });
}

function problemOf(source: SourceLog | undefined, offset: bigint): Placeless['result'] | null {
  if (source === undefined) return { result: 'unknown', why: 'not-yet' };
  if (offset < source.start) return { result: 'below-start' };
  if (offset > source.end) return { result: 'above-end' };
  return offset < source.startSource ? { result: 'unknown', why: 'before-start' } : null;
}

/** All records that were mirrored below the cut. */
function isRead({ sources }: Cut, read: readonly (bigint | null)[]): boolean {
  return sources.every((one, partition) => {
    const offset = read[partition] ?? null;
    return one === null || offset === null || one.recordsEnd <= offset;
  });
}

/** The target's logs reach up to it: markers of the newest transaction may be on their way, and a log may have lost its end. */
function stands({ targets }: Cut, logs: readonly LogRange[]): boolean {
  return targets.every((offset, partition) => offset <= (logs[partition]?.end ?? -1n));
}
