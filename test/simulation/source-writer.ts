import type { Stamp } from '../../runner/records/restamp.ts';
import { pickTemplate, type TemplateKind, writeTemplate } from './batch-templates.ts';
import type { Random } from './random.ts';
import { appendMarker, type SimulatedPartition, store } from './simulated-partition.ts';
import { writtenRecords } from './written-records.ts';

/** Writes to a source partition what brokers of all kinds hold there: the engine must take it as it comes. */
export interface SourceWriter {
  /** One batch, marker or piece of a transaction; gives the number of records. */
  write(log: SimulatedPartition): number;
  /** Ends the transactions that are open. */
  finish(log: SimulatedPartition): void;
}

/** Chances of what a writer does next, and of how large its batches are. */
export interface WriterHabits {
  /** Weights of the kinds of batches. */
  readonly kinds: Readonly<Record<TemplateKind, number>>;
  readonly transactional: number;
  readonly endsTransaction: number;
  readonly aborts: number;
  /** Offsets left out before a batch, as where the cleaner took whole batches. */
  readonly jumps: number;
  readonly logAppendTime: number;
}

export const mixedHabits: WriterHabits = {
  kinds: { single: 8, small: 4, medium: 3, large: 1, wide: 1, gaps: 2, emptied: 0.5 },
  transactional: 0.3,
  endsTransaction: 0.4,
  aborts: 0.3,
  jumps: 0.1,
  logAppendTime: 0.1,
};

const producersMax = 3;
const brokersAheadMs = 10_000_000;
const firstProducerId = 7_001;

export function createSourceWriter(random: Random, nowMs: () => number, habits = mixedHabits): SourceWriter {
  let baseTimestampMs = nowMs() - 1_000_000;
  return {
    write(log) {
      const producerId = BigInt(firstProducerId + random.between(0, producersMax - 1));
      const isOpen = log.open.has(producerId);
      if (isOpen && random.chance(habits.endsTransaction)) {
        end(log, producerId);
        return 0;
      }
      const transactional = isOpen || random.chance(habits.transactional);
      const stamp = transactional ? { producerId, producerEpoch: 0, baseSequence: 0, transactional } : null;
      return append(log, stamp);
    },
    finish(log) {
      for (const producerId of [...log.open.keys()]) end(log, producerId);
    },
  };

  function append(log: SimulatedPartition, stamp: Stamp | null): number {
    const template = pickTemplate(random, pickKind(habits.kinds));
    // The cleaner takes transactional and idempotent batches as others.
    const base = random.chance(habits.jumps) ? log.end + BigInt(random.between(1, 20)) : log.end;
    // Each batch has a time of its own, and brokers' clocks are far from writers', so that no two records are equal.
    baseTimestampMs += 1;
    const logAppendTimeMs = random.chance(habits.logAppendTime) ? baseTimestampMs + brokersAheadMs : null;
    const writing = { baseTimestampMs, logAppendTimeMs, stamp };
    store(log, writeTemplate(template, writing), base, writtenRecords(template, writing));
    return template.bodies.length;
  }

  function end(log: SimulatedPartition, producerId: bigint): void {
    const type = random.chance(habits.aborts) ? 'ABORT' : 'COMMIT';
    appendMarker(log, type, { producerId, producerEpoch: 0 }, BigInt(nowMs()));
  }

  function pickKind(kinds: WriterHabits['kinds']): TemplateKind {
    const entries = Object.entries(kinds) as [TemplateKind, number][];
    let left = random.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [kind, weight] of entries) {
      left -= weight;
      if (left < 0) return kind;
    }
    return 'single';
  }
}
