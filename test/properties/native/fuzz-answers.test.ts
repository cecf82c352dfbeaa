import { equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'uvu';
import type { MirrorOutcome } from '../../../runner/engines/native/options.ts';
import type { FetchedPartition, SourceLog } from '../../../runner/engines/native/ports.ts';
import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import { connectionFault } from '../../../runner/kafka/connection-fault.ts';
import { buildBatch } from '../../../runner/records/build.ts';
import { compress, decompressedBytesMax } from '../../../runner/records/codecs.ts';
import { computeCrc } from '../../../runner/records/crc.ts';
import { decodeRecords } from '../../../runner/records/decode.ts';
import { bytesBeforeLengthCounts, type Codec, codecs, fieldAt, headerBytes } from '../../../runner/records/header.ts';
import { decodeAnswer, encodeAnswer } from '../../simulation/answer-bytes.ts';
import { createProcess, noFaults } from '../../simulation/client.ts';
import { expectMirrored } from '../../simulation/compare.ts';
import {
  type AnswerDamage,
  answerDamage,
  apply,
  changesMeaning,
  type Damage,
  damage,
  damagedAnswer,
  isPerfect,
} from '../../simulation/damage.ts';
import { createMirrorWorld, type MirrorWorld, writeFinished } from '../../simulation/mirror-world.ts';
import { seedOfRun } from '../../simulation/random.ts';
import { isCommitted, store } from '../../simulation/simulated-partition.ts';

const seed = seedOfRun();
const long = process.env.KPLAN_TEST_LONG === '1';
const runs = long ? 20_000 : 250;
const facts = {
  cluster: 'old',
  request: 'Fetch',
  broker: 'old:9092',
  tls: false,
  mechanism: undefined,
  unproven: false,
};

function writtenWorld(worldSeed: number): MirrorWorld {
  const world = createMirrorWorld(worldSeed);
  world.target.checksRecords = true;
  writeFinished(world, 60);
  return world;
}

/** The source as its answers come over a wire, the first ones damaged. */
function overTheWire(world: MirrorWorld, damages: readonly AnswerDamage[], pieceBytes: number): SourceLog {
  const log = createProcess(world.clock, world.random).connect(world.source, noFaults);
  let answers = 0;
  return {
    ...log,
    fetch: async (broker, request) => received(await log.fetch(broker, request)),
    openFetches(broker) {
      const fetch = log.openFetches(broker);
      return async (request) => received(await fetch(request));
    },
  };

  function received(answer: readonly FetchedPartition[]): readonly FetchedPartition[] {
    const one = damages[answers];
    answers += 1;
    const bytes = one === undefined ? encodeAnswer(answer) : damagedAnswer(answer, one, encodeAnswer);
    try {
      return decodeAnswer(bytes, pieceBytes).partitions;
    } catch (error) {
      throw connectionFault(facts, error);
    }
  }
}

/** Runs a mirror to its end, which must be one that a person can act upon. */
async function endOf(world: MirrorWorld, source: SourceLog, memoryMaxMb = 1): Promise<MirrorOutcome | ClusterFault> {
  const tuning = { commitIntervalMs: 50, fetchMaxBytes: 20_000, memoryMaxMb };
  const outcome = await world.mirror({ options: { source, tuning } }).catch((error: unknown) => {
    if (error instanceof ClusterFault) return error;
    throw error;
  });
  expectSound(world, memoryMaxMb);
  return outcome;
}

/** Whatever the source said: the target holds what can be read, and the map speaks of just that. */
function expectSound(world: MirrorWorld, memoryMaxMb: number): void {
  for (const { record, segments } of world.positions()) {
    const batches = world.targetLog(record.target.partition).batches.filter(isCommitted);
    const records = batches.reduce((sum, { bytes }) => sum + decodeRecords(bytes).length, 0);
    equal(
      segments.reduce((sum, { length }) => sum + Number(length), 0),
      records,
      'records in the map',
    );
    ok(record.nextSource >= record.startSource, 'a position before its start');
  }
  for (const event of world.events) {
    if (event.event === 'progress')
      ok(event.memoryBytesMax < (memoryMaxMb + 1) * 1_048_576, `${event.memoryBytesMax} bytes`);
  }
}

/** The one that stands first is found after the other, for it is passed on unopened until the other one is looked at alone. */
const twoFoundInTurn: [number, Damage[]] = [
  877_598_123,
  [
    { what: 'bytes', batch: 25, edits: [[26, 0]], sealed: true },
    {
      what: 'bytes',
      batch: 28,
      edits: [
        [3064, 5],
        [0, 0],
      ],
      sealed: true,
    },
  ],
];

/** A batch that is too large to be joined unopened, of a codec that there is not. */
const unknownCodec: [number, Damage[]] = [
  30,
  [
    { what: 'field', batch: 0, field: 'attributes', value: 133n, added: false, sealed: false },
    { what: 'order', batch: 1, how: 'dropped' },
  ],
];

test('damage on the disks of the source ends in a loss or is seen by nobody, and no other partition suffers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(damage, { minLength: 1, maxLength: 3 }), async (worldSeed, damages) => {
      const world = writtenWorld(worldSeed);
      for (const one of damages) apply(world.sourceLog(0), one);
      const outcome = await endOf(world, overTheWire(world, [], 1_000));
      if (outcome instanceof Error) throw outcome;
      expectMirrored(world, true, 1);
      if (damages.some(isPerfect)) return;
      expectMirrored(world, outcome.result === 'caught-up', 0);
    }),
    { seed, numRuns: runs, includeErrorInReport: true, examples: [twoFoundInTurn, unknownCodec] },
  );
});

test('answers that are damaged on their way end in a loss, a retry or success, and never in a wrong record', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.array(answerDamage, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 20_000 }),
      async (worldSeed, damages, pieceBytes) => {
        const world = writtenWorld(worldSeed);
        const outcome = await endOf(world, overTheWire(world, damages, pieceBytes));
        if (damages.some(changesMeaning)) return;
        const whole = !(outcome instanceof Error) && outcome.result === 'caught-up';
        expectMirrored(world, whole);
      },
    ),
    { seed, numRuns: runs, includeErrorInReport: true },
  );
});

/** A thousandth of its own size, and together more than a batch may decompress to. */
const bombParts = Math.ceil(decompressedBytesMax / 1_048_576) + 10;

/** Compressed records that stand for one long value; the codecs read what is strung together as one. */
function bomb(codec: Codec): Buffer {
  const part = compress(codec, Buffer.alloc(1_048_576));
  if (codec === 'snappy') {
    const streamHeaderBytes = 16;
    return Buffer.concat([part, ...Array.from({ length: bombParts }, () => part.subarray(streamHeaderBytes))]);
  }
  if (codec === 'lz4') {
    const frameHeaderBytes = 7;
    const endBytes = 4;
    const blocks = part.subarray(frameHeaderBytes, -endBytes);
    return Buffer.concat([part.subarray(0, -endBytes), ...Array(bombParts).fill(blocks), Buffer.alloc(endBytes)]);
  }
  if (codec === 'gzip') return Buffer.concat(Array(bombParts).fill(part));
  return compress(codec, Buffer.alloc(bombParts * 1_048_576));
}

test('a batch that would fill the memory when it is decompressed stops its partition, and no other', async () => {
  for (const codec of codecs.filter((one) => one !== 'none')) {
    const world = writtenWorld(seed);
    const log = world.sourceLog(0);
    const template = buildBatch({ records: [{ key: null, value: null, timestamp: 1n }], codec, logAppendTime: 5n });
    const batch = Buffer.concat([template.subarray(0, headerBytes), bomb(codec)]);
    batch.writeInt32BE(batch.length - bytesBeforeLengthCounts, fieldAt.batchLength);
    batch.writeUInt32BE(computeCrc(batch), fieldAt.crc);
    store(log, batch, log.end, {
      shape: { offsetDeltas: [0], timestampDeltas: [0], bodies: [Buffer.alloc(1)] },
      ...noTime,
    });
    const outcome = await endOf(world, overTheWire(world, [], 50_000), 16);
    if (outcome instanceof Error || outcome.result !== 'loss') throw new Error(`${codec}: no loss`);
    const found = outcome.losses.map((one) => one.diagnostic.summary).join();
    ok(/orders-0 cannot be read at offset \d+: \w+ records cannot be decompressed/.test(found), found);
    expectMirrored(world, true, 1);
  }
});

const noTime = { baseTimestampMs: 0, logAppendTimeMs: null };

test.run();
