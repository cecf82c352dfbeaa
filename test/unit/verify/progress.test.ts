import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FetchRequest, LogReader } from '../../../runner/engines/native/ports.ts';
import type { StoredPosition } from '../../../runner/engines/native/positions.ts';
import type { MirroredPartition } from '../../../runner/groups/mirrored-partition.ts';
import { buildBatch, type NewRecord } from '../../../runner/records/build.ts';
import { fieldAt } from '../../../runner/records/header.ts';
import { memoryBytesMax, partOffsets } from '../../../runner/verify/limits.ts';
import { createMemory } from '../../../runner/verify/memory.ts';
import { openProgressBook } from '../../../runner/verify/progress-book.ts';
import { resumePoints } from '../../../runner/verify/resume-points.ts';
import { isStillValid } from '../../../runner/verify/still-valid.ts';
import {
  type PartitionComparison,
  type PartitionPart,
  type Verified,
  verifyPartition,
} from '../../../runner/verify/verify-partition.ts';
import { type VerifiedRecord, verifiedKey, verifiedOwner } from '../../../src/state/verified-codec.ts';
import { countingClock, onlyTopic, type PartitionLog, readerOf } from './partition-log.ts';

const lead = 100n;
const epoch = 7;
const count = 5_000;

function recordOf(n: number): NewRecord {
  return { key: Buffer.from(`key ${n % 5}`), value: Buffer.from(`value ${n}`), timestamp: BigInt(n) };
}

function logOf(records: readonly NewRecord[], perBatch: number, from: bigint): PartitionLog {
  const batches: Buffer[] = [];
  for (let at = 0; at < records.length; at += perBatch) {
    const batch = buildBatch({ records: records.slice(at, at + perBatch), baseOffset: from + BigInt(at) });
    batch.writeInt32BE(epoch, fieldAt.leaderEpoch);
    batches.push(batch);
  }
  return { batches, start: from, end: from + BigInt(records.length) };
}

const all = Array.from({ length: count }, (_, n) => recordOf(n));

interface Sides {
  readonly source: PartitionLog;
  readonly target: PartitionLog;
}

function mirroredOf({ source, target }: Sides): MirroredPartition {
  const partition = { topic: onlyTopic, partition: 0 };
  const input = {
    segments: [{ source: 0n, target: lead, length: source.end }],
    startSource: 0n,
    nextSource: source.end,
    nextTarget: target.end,
    source,
    target,
  };
  return { source: partition, target: partition, input };
}

/** The reader, and the least offset that it was asked for. */
function watched(log: PartitionLog): LogReader & { lowest: bigint } {
  const reader = {
    ...readerOf(log, 'watched', 40),
    lowest: log.end,
    fetch: (broker: number, request: FetchRequest) => {
      const [position] = request.positions;
      if (position !== undefined && position.offset < reader.lowest) reader.lowest = position.offset;
      return readerOf(log, 'watched', 40).fetch(broker, request);
    },
  };
  return reader;
}

async function compare(sides: Sides, part: PartitionPart): Promise<{ found: PartitionComparison; lowest: bigint }> {
  const source = watched(sides.source);
  const world = {
    source,
    target: readerOf(sides.target, 'target', 30),
    clock: countingClock(),
    memory: createMemory(memoryBytesMax),
    onRecords: () => undefined,
  };
  const found = await verifyPartition(world, mirroredOf(sides), { source: false, target: false }, part);
  return { found, lowest: source.lowest };
}

const layouts = fc.constantFrom(1, 3, 50, 700, 1_500);

test('from wherever a run had come to, the next one reads only the rest, and comes to the same digests', async () => {
  await fc.assert(
    fc.asyncProperty(layouts, layouts, async (ofSource, ofTarget) => {
      const sides = { source: logOf(all, ofSource, 0n), target: logOf(all, ofTarget, lead) };
      const told: Verified[] = [];
      const { found } = await compare(sides, { onVerified: (verified) => void told.push(verified) });
      assert.ok(found.equal);
      assert.is(told.length, Math.floor((count - 1) / Math.max(Number(partOffsets), ofSource)));
      for (const verified of told) {
        const again = await compare(sides, { after: { ...verified, at: '2026-11-26T01:00:00.000Z' } });
        assert.is(again.lowest, verified.nextSource);
        assert.is(again.found.sourceDigest, found.sourceDigest);
        assert.is(again.found.records, found.records);
        assert.equal(again.found.range, found.range);
      }
    }),
    { numRuns: 10 },
  );
});

test('what is told as verified ends before the first difference', async () => {
  const target = all.map((one, n) => (n === 2_600 ? { ...one, value: null } : one));
  const told: Verified[] = [];
  const sides = { source: logOf(all, 10, 0n), target: logOf(target, 10, lead) };
  const { found } = await compare(sides, { onVerified: (verified) => void told.push(verified) });
  assert.not.ok(found.equal);
  assert.equal(
    told.map((one) => one.nextSource),
    [1_030n, 2_050n],
  );
});

const at = '2026-11-26T01:00:00.000Z';
const place = { topic: onlyTopic, topicId: 'id', partition: 0 };
const verified: VerifiedRecord = {
  ...{ v: 1, flow: 'flow', source: place, target: place, at, digest: 'a'.repeat(64), records: 1_000n, cleaned: 0n },
  ...{ fromSource: 0n, fromTarget: lead, nextSource: 1_000n, nextTarget: 1_000n + lead },
  ...{ sourceEpoch: epoch, targetEpoch: epoch },
};
const sides = { source: logOf(all, 50, 0n), target: logOf(all, 50, lead) };
const mirrored = mirroredOf(sides);
const position = { source: place, target: place, nextSource: 5_000n, nextTarget: 5_000n + lead };

test('what was verified is worth something while it speaks of these very logs', () => {
  assert.ok(isStillValid(verified, position, mirrored));
});

const thinned = {
  ...mirrored.input,
  spans: [{ source: 0n, sourceEnd: 3_000n, target: lead, targetEnd: 3_000n + lead, records: 3_000n }],
  segments: [{ source: 3_000n, target: 3_000n + lead, length: 2_000n }],
  trimmed: true,
};

test('and where the map keeps only ends of what is old', () => {
  assert.ok(isStillValid(verified, position, { input: thinned }));
});

const other = { ...place, topicId: 'another' };
for (const [why, change] of Object.entries({
  'the source topic was made again': { position: { ...position, source: other } },
  'the target topic was made again': { position: { ...position, target: other } },
  'the mirror began anew below it': { position: { ...position, nextSource: 999n } },
  'the target position went back': { position: { ...position, nextTarget: 999n + lead } },
  'the source ends below it': { input: { ...mirrored.input, source: { start: 0n, end: 999n } } },
  'the target ends below it': { input: { ...mirrored.input, target: { start: lead, end: 999n + lead } } },
  'retention took all of it': { input: { ...mirrored.input, source: { start: 1_001n, end: 5_000n } } },
  'the ends that the map keeps are elsewhere': {
    input: { ...thinned, spans: thinned.spans.map((one) => ({ ...one, target: 1_001n + lead })) },
  },
  'the map has another place for it': {
    input: { ...mirrored.input, segments: [{ source: 0n, target: lead + 1n, length: 5_000n }] },
  },
} satisfies Record<string, Partial<{ position: typeof position; input: typeof mirrored.input }>>)) {
  test(`and nothing once ${why}`, () => {
    const { position: where = position, input = mirrored.input } = { position, input: mirrored.input, ...change };
    assert.not.ok(isStillValid(verified, where, { input }));
  });
}

/** A leader that says where its log parted from that epoch. */
function parted(log: PartitionLog): LogReader {
  const reader = readerOf(log);
  return {
    ...reader,
    async fetch(broker, request) {
      assert.is(request.positions[0]?.lastEpoch, epoch);
      const answers = await reader.fetch(broker, request);
      return answers.map((one) => ({ ...one, diverging: { epoch: epoch - 1, endOffset: 900n } }));
    },
  };
}

test('a leader whose log parted below it, on either side, makes it worth nothing', async () => {
  const { segments } = mirrored.input;
  const record = { v: 2, flow: 'flow', ...position, startSource: 0n, segments };
  const stored: StoredPosition = { record, segments: () => [...segments], spans: () => [], sealed: () => [] };
  const known = new Map([[verifiedKey(verifiedOwner(verified)), verified]]);
  const resume = (source: LogReader, target: LogReader) =>
    resumePoints({ source, target, positions: [stored], clock: countingClock() }, [mirrored], known);
  const whole = { source: readerOf(sides.source), target: readerOf(sides.target) };
  assert.is((await resume(whole.source, whole.target)).size, 1);
  assert.is((await resume(parted(sides.source), whole.target)).size, 0);
  assert.is((await resume(whole.source, parted(sides.target))).size, 0);
});

test('progress is written now and then, the rest at the end, and what a newer kplan wrote is left alone', async () => {
  const written: (bigint | undefined)[][] = [];
  const clock = countingClock();
  const write = async (records: ReadonlyMap<string, VerifiedRecord | null>) =>
    void written.push([...records.values()].map((one) => one?.nextSource));
  const book = openProgressBook({ write }, new Set(), clock);
  book.note(verified);
  book.note({ ...verified, nextSource: 1_100n });
  assert.equal(written, []);
  await clock.sleep(60_000);
  book.note({ ...verified, nextSource: 1_200n });
  assert.equal(written, [[1_200n]]);
  book.note({ ...verified, nextSource: 1_300n });
  assert.is(await book.close(), undefined);
  assert.equal(written, [[1_200n], [1_300n]]);
  const differing = openProgressBook({ write }, new Set(), clock);
  differing.note(verified);
  differing.forget(verifiedKey(verifiedOwner(verified)));
  await differing.close();
  assert.equal(written.splice(2), [[undefined]], 'where something differs nothing stays verified');
  const held = openProgressBook({ write }, new Set([verifiedKey(verifiedOwner(verified))]), clock);
  held.note(verified);
  await held.close();
  assert.is(written.length, 2);
});

test('a target that takes no progress ends nothing, and is told', async () => {
  const refused = new Error('refused');
  const write = () => Promise.reject(refused);
  const book = openProgressBook({ write }, new Set(), countingClock());
  book.note(verified);
  assert.is(await book.close(), refused);
});

test.run();
