import type { MirrorOptions, MirrorTopic, MirrorTuning } from '../../runner/engines/native/options.ts';
import { type FaultRates, noFaults } from './client.ts';
import { harmless, type IncidentName, losing } from './incidents/incidents.ts';
import type { Random } from './random.ts';
import { mixedHabits, type WriterHabits } from './source-writer.ts';

/** What makes one history unlike another; every field can be set by a test. */
export interface HistorySettings {
  readonly partitions: number;
  readonly records: number;
  /** The share of the records that is there before the first process. */
  readonly writtenBefore: number;
  /** The rest comes in so many pieces. */
  readonly writes: number;
  readonly habits: WriterHabits;
  /** `either`: each process by chance, so that one goes on from what another one's delivery left. */
  readonly delivery: MirrorOptions['delivery'] | 'either';
  /** Absent: records keep their partition. Only with `delivery: transactional`. */
  readonly byKey?: MirrorTopic['byKey'];
  readonly durationMs: number;
  /** Before the last one, which must catch up. */
  readonly processes: number;
  readonly suspendedMsMax: number;
  readonly faults: FaultRates;
  readonly incidents: readonly IncidentName[];
  readonly tuning: MirrorTuning;
  readonly targetMaxMessageBytes: number;
  readonly sourceFetchesByName: boolean;
  readonly targetRefusesZstd: boolean;
  /** How far the memory that is counted may go beyond `memoryMaxMb`. */
  readonly bytesBeyondMemoryMax: number;
  readonly options: Partial<MirrorOptions>;
}

export const recordsOfHistory = 10_000;

export function drawSettings(random: Random): HistorySettings {
  const durationMs = random.chance(0.1) ? random.between(60_000, 180_000) : random.between(500, 8_000);
  const settings: HistorySettings = {
    partitions: random.between(1, 4),
    records: recordsOfHistory,
    writtenBefore: random.next(),
    writes: random.between(1, 40),
    habits: random.chance(0.5) ? mixedHabits : drawHabits(random),
    delivery: random.pick(['transactional', 'idempotent', 'idempotent', 'either'] as const),
    durationMs,
    processes: random.between(0, 4),
    suspendedMsMax: random.pick([3_000, 150_000]),
    faults: drawFaults(random),
    incidents: drawIncidents(random),
    tuning: {
      commitIntervalMs: random.pick([20, 100, 500, 2_000]),
      fetchMaxBytes: random.pick([10_000, 50_000, 500_000]),
      memoryMaxMb: random.pick([0.1, 0.5, 16]),
    },
    targetMaxMessageBytes: random.pick([1_048_588, 1_048_588, 20_000, 4_000]),
    sourceFetchesByName: random.chance(0.25),
    targetRefusesZstd: random.chance(0.1),
    bytesBeyondMemoryMax: 200_000,
    options: { mapLimits: drawMapLimits(random) },
  };
  const isByKey = settings.delivery === 'transactional' && random.chance(0.5);
  return isByKey ? { ...settings, byKey: drawByKey(random) } : settings;
}

/** More target partitions than the source has, or fewer. */
export function drawByKey(random: Random): NonNullable<MirrorTopic['byKey']> {
  return { hash: random.pick(['murmur2', 'crc32', 'fnv1a'] as const), partitions: random.between(1, 7) };
}

function drawHabits(random: Random): WriterHabits {
  const large = random.chance(0.5);
  const [single, medium] = large ? [0, 2] : [6, 1];
  return {
    ...mixedHabits,
    kinds: { single, small: 1, medium, large: large ? 2 : 0.2, wide: 0.3, gaps: 0.3, emptied: 0.1 },
    transactional: random.pick([0, 0.1, 0.9]),
    endsTransaction: random.pick([0.1, 0.5]),
    aborts: random.pick([0, 0.5]),
    jumps: random.pick([0, 0.2]),
    logAppendTime: random.pick([0, 0, 1]),
  };
}

/** Some maps are thinned all the time. */
function drawMapLimits(random: Random): HistorySettings['options']['mapLimits'] {
  return {
    pieceSegmentsMax: random.pick([17, 100, 1024]),
    upkeepIntervalMs: random.pick([50, 500, 600_000]),
    charactersMax: random.pick([0, 0, 500, 1_000_000]),
    spanPiecesMax: random.pick([1, 3, 16]),
    spanBytesMax: random.pick([5_000, 100_000, 16_777_216]),
    thinningBytesPerSecondMax: random.pick([1_000_000, Number.POSITIVE_INFINITY]),
  };
}

function drawFaults(random: Random): FaultRates {
  return {
    ...noFaults,
    lostRequest: random.pick([0, 0.002, 0.02]),
    lostAnswer: random.pick([0, 0.002, 0.02]),
    lateEffect: random.pick([0, 0.002, 0.01]),
    twice: random.pick([0, 0, 0.05]),
    slow: random.pick([0, 0, 0.02]),
    slowMsMax: 1_000,
    latencyMsMax: random.pick([1, 5, 50]),
  };
}

/** Incidents of one history, and the chance that one of them loses something. */
const incidentsMax = 8;
const losingChance = 0.3;

function drawIncidents(random: Random): readonly IncidentName[] {
  const names = Array.from({ length: random.between(0, incidentsMax) }, () => random.pick(harmless));
  return random.chance(losingChance) ? [...names, random.pick(losing)] : names;
}
