import { mapLimits } from '../../runner/engines/native/limits.ts';
import { recordsOf } from '../../runner/engines/native/write-positions.ts';
import { buildBatch, type NewRecord } from '../../runner/records/build.ts';
import { appendRun, sourceEnd } from '../../src/offset-map/append.ts';
import { decodeSegments } from '../../src/offset-map/codec.ts';
import {
  charactersOf,
  nothingSealed,
  piecesToThin,
  type SealedMap,
  sealOlder,
  type Thinned,
  thinned,
  withSpans,
} from '../../src/offset-map/seal.ts';
import type { Segment } from '../../src/offset-map/segment.ts';
import { decodeSealed, positionOwner, segmentsKey } from '../../src/state/position-codec.ts';
import { type PositionRecord, positionRecordVersion } from '../../src/state/records.ts';
import { createRandom, type Random } from '../simulation/random.ts';

/** What is written to a partition each second, and how the mirror's transactions cut it. */
export type TrafficName = keyof typeof traffics;

export interface MapSize {
  readonly segments: number;
  readonly spans: number;
  /** What the map's text alone has. */
  readonly textBytes: number;
  /** What the positions topic holds of the partition once it is cleaned: batches, records, keys, values and markers. */
  readonly cleanedBytes: number;
  /** What was written to it. */
  readonly writtenBytes: number;
}

/** A control record and its batch: what a commit takes in the log, there for as long as records of its transaction are. */
const markerBytes = 78;
const stamp = { producerId: 1_000n, producerEpoch: 0, baseSequence: 0, transactional: true };
const startMs = 1_790_000_000_000;

interface Traffic {
  readonly title: string;
  /** Runs of source offsets that one second brings, each `gap` offsets behind the one before. */
  runs(random: Random): readonly { readonly gap: number; readonly length: number }[];
}

export const traffics = {
  transactions: {
    title: 'one source transaction a second, of 1 to 10,000 records',
    runs: (random) => [{ gap: 1, length: lengthOf(random) }],
  },
  aborts: {
    title: 'the same, every fifth one aborted, two producers',
    runs: (random) => [
      { gap: random.chance(0.2) ? 1 + lengthOf(random) : random.between(1, 2), length: lengthOf(random) },
    ],
  },
  plain: {
    title: 'no source transactions, 1 to 10,000 records a second',
    runs: (random) => [{ gap: 0, length: lengthOf(random) }],
  },
  split: {
    title: 'two source transactions a second',
    runs: (random) => [
      { gap: 1, length: lengthOf(random) },
      { gap: 1, length: lengthOf(random) },
    ],
  },
} as const satisfies Record<string, Traffic>;

const lengthMax = 10_000;

/** As often some records as some thousand. */
function lengthOf(random: Random): number {
  return Math.floor(lengthMax ** random.next());
}

/**
 * The map of one partition after so many seconds, each with a transaction of the mirror, through the code that seals and
 * encodes it, and as the log cleaner leaves it: of each key the newest record, in the batch that it was written in.
 */
export function measureMap(
  traffic: TrafficName,
  seconds: number,
  seed: number,
  charactersMax = mapLimits.charactersMax,
): MapSize {
  const random = createRandom(seed);
  const kept = new Map<string, NewRecord>();
  const place = { topic: 'payments.orders.events', topicId: 'rYiV6S9lQk2h0mCqPZ0b7w', partition: 17 };
  const owner = positionOwner({ flow: 'dc-to-msk', source: place });
  let segments: Segment[] = [];
  let sealed = nothingSealed;
  let source = 1_000_000_000n;
  let target = 400_000_000n;
  let count = 0;
  let writtenBytes = 0;
  for (let second = 0; second < seconds; second += 1) {
    for (const { gap, length } of traffics[traffic].runs(random)) {
      const run = { source: source + BigInt(gap), target, length: BigInt(length) };
      appendRun(segments, run);
      source = sourceEnd(run);
      target += run.length;
    }
    target += 1n;
    const spans = charactersOf(sealed) > charactersMax ? thinOldest(sealed, kept) : [];
    const before = withSpans(sealed, spans);
    const { open, written, sealed: after } = sealOlder(before, segments, (first) => segmentsKey(owner, first));
    count += segments.length - open.length;
    segments = [...open];
    sealed = after;
    const records = recordsOf(
      {
        v: positionRecordVersion,
        flow: owner.flow,
        source: place,
        target: place,
        nextSource: source + 1n,
        sourceEpoch: 12,
        nextTarget: target,
        startSource: 1_000_000_000n,
        segments: open,
      } satisfies PositionRecord,
      { nowMs: () => startMs + second * 1000, sleep: () => Promise.resolve() },
      [...spans.map(({ keys: [key = ''], span, next }) => ({ key, span, next })), ...written],
      spans.flatMap((one) => one.keys.slice(1)),
    );
    writtenBytes += buildBatch({ records, stamp }).length + markerBytes;
    for (const record of records) {
      if (record.value === null) kept.delete(record.key?.toString() ?? '');
      else kept.set(record.key?.toString() ?? '', record);
    }
  }
  const batchBytes = (record: NewRecord) => buildBatch({ records: [record], stamp }).length + markerBytes;
  return {
    segments: count + segments.length,
    spans: sealed.pieces.filter((one) => one.isSpan).length,
    textBytes: sealed.pieces.reduce((sum, one) => sum + one.characters, 0),
    cleanedBytes: [...kept.values()].reduce((sum, record) => sum + batchBytes(record), 0),
    writtenBytes,
  };
}

/** As where both logs tell the very segments: pieces of 16 MiB of records at most, which is not looked at here. */
function thinOldest(sealed: SealedMap, kept: ReadonlyMap<string, NewRecord>): Thinned[] {
  const options = { from: 0, countMax: mapLimits.spanPiecesMax, unfit: new Set<string>() };
  const group = piecesToThin(sealed, { source: 0n, target: 0n }, options);
  const next = group === null ? undefined : sealed.pieces[group.at + group.count];
  if (group === null || next === undefined) return [];
  const pieces = sealed.pieces.slice(group.at, group.at + group.count).map(({ key }) => {
    const content = decodeSealed(kept.get(key)?.value?.toString() ?? '');
    const decoded = 'text' in content ? decodeSegments(content.text) : { problem: 'a span' };
    if ('problem' in decoded) throw new Error(`${key}: ${decoded.problem}`);
    return { key, segments: decoded.segments };
  });
  return [thinned(pieces, next.source)];
}

const secondsOfDay = 86_400;
const daysThinned = 10;

/** `npm run bench:map`: a day of one partition. */
export function mapSizeTable(seed: number): string {
  const kilobytes = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
  const rowOf = (what: string, { segments, spans, textBytes, cleanedBytes, writtenBytes }: MapSize) => {
    const megabytes = `${Math.round(writtenBytes / 1_000_000)} MB`;
    return `| ${what} | ${segments} | ${spans} | ${kilobytes(textBytes)} | ${kilobytes(cleanedBytes)} | ${megabytes} |`;
  };
  const rows = (Object.keys(traffics) as TrafficName[]).map((name) =>
    rowOf(traffics[name].title, measureMap(name, secondsOfDay, seed)),
  );
  rows.push(rowOf(`the first, for ${daysThinned} days`, measureMap('transactions', daysThinned * secondsOfDay, seed)));
  return [
    '| a day of one partition | segments | spans | text | cleaned | written |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

if (import.meta.main) process.stdout.write(mapSizeTable(Number(process.env.KPLAN_TEST_SEED ?? 1)));
