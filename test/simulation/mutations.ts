import { noFaults } from './faults.ts';
import type { HistorySettings } from './history-settings.ts';

/** A mistake that the engine could have: `from` stands once in the file. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Of the histories that notice it; absent: as they are drawn. */
  readonly settings?: Partial<HistorySettings>;
}

/** Coordinators forget producer ids again and again, and requests come late. */
const forgetful = {
  delivery: 'idempotent',
  records: 3_000,
  processes: 3,
  durationMs: 12_000,
  incidents: Array.from({ length: 8 }, () => 'transactionalIdExpires' as const),
  faults: { ...noFaults, lateEffect: 0.05, latencyMsMax: 5 },
  targetRefusesZstd: false,
} satisfies Partial<HistorySettings>;

/** A target partition loses its newest records while sessions write there. */
const targetLosing = {
  records: 2_000,
  processes: 2,
  durationMs: 6_000,
  incidents: ['targetTruncation'],
} satisfies Partial<HistorySettings>;

/** Each must be noticed by the simulation: what it does not notice it does not check. */
export const mutations: readonly Mutation[] = [
  {
    name: 'base offsets are not compared',
    file: 'runner/engines/native/produce.ts',
    from: 'if (shift < 0n || (shift > 0n && !toleratesOthers(session.flow)))',
    to: 'if (false)',
  },
  {
    name: 'positions are not written in the transaction',
    file: 'runner/engines/native/transactional.ts',
    from: 'await writePositions(session, positions, true, fanRecords);',
    to: '',
  },
  {
    name: 'a first batch is not trimmed',
    file: 'runner/records/section.ts',
    from: 'header.baseOffset < from ? Number(from - header.baseOffset) : 0',
    to: '0',
  },
  {
    name: 'older processes are not fenced',
    file: 'runner/engines/native/take-over.ts',
    from: 'const id = flowTransactionalId(options.migration, options.flow);',
    to: 'const id = flowTransactionalId(options.migration, options.flow) + Math.random();',
  },
  {
    name: 'partitions are not fenced before what arrived is counted',
    file: 'runner/engines/native/settle-ahead.ts',
    from: 'own.length === 0 ? settling.producer : await fence(flow, settling.producer, own)',
    to: 'settling.producer',
  },
  {
    name: 'the positions are not fenced before they are read',
    file: 'runner/engines/native/recover.ts',
    from: 'await fence(flow, first, [positionsAt])',
    to: 'first',
  },
  {
    name: 'what a forgotten producer id sent last is not waited for',
    file: 'runner/engines/native/recover.ts',
    from: 'await clock.sleep(lateBatchMsMax, signal);',
    to: '',
    settings: forgetful,
  },
  {
    name: 'a batch may take the place of the first one that a leader refused',
    file: 'runner/engines/native/idempotent.ts',
    from: 'return isUnknownProducer(target, flow.options.clock.nowMs()) ? undefined : target.ready.shift();',
    to: 'return target.ready.shift();',
  },
  {
    name: 'what stands in the place of the last record is not looked at',
    file: 'runner/engines/native/target-start.ts',
    from: 'if (baseOffsetOf(batch) < mirrored) {',
    to: 'if (false) {',
    settings: { ...targetLosing, delivery: 'transactional' },
  },
  {
    name: 'what was written to a target that was cut counts as what was told of',
    file: 'runner/engines/native/count-arrived.ts',
    from: 'if (isElsewhere(batch, expected)) return replaced(expected, batch, nextTarget);',
    to: '',
    settings: { ...targetLosing, delivery: 'idempotent' },
  },
  {
    name: 'aborted records are copied',
    file: 'runner/records/aborted.ts',
    from: "isTransactional(batch) && aborted.has(producerIdOf(batch)) ? 'aborted' : 'data'",
    to: "'data'",
  },
  {
    name: 'sequences do not count records',
    file: 'runner/engines/native/produce.ts',
    from: 'nextSequence(target.sequence, ready.recordCount)',
    to: 'nextSequence(target.sequence, 1)',
  },
  {
    name: 'a transaction ends with a part of a batch that goes by key',
    file: 'runner/engines/native/transactional.ts',
    from: 'await sendShares();',
    to: '',
  },
  {
    name: 'the end of the last record that goes by key is not noted',
    file: 'runner/engines/native/fan-out.ts',
    from: 'partition.recordsEnd = scatter.recordsEnd;',
    to: 'partition.recordsEnd += 0n;',
  },
  {
    name: 'markers are not counted',
    file: 'runner/engines/native/transactional.ts',
    from: 'inTransaction ? writtenTarget + 1n : writtenTarget',
    to: 'writtenTarget',
  },
  {
    name: 'a segment is lost where the map is sealed',
    file: 'src/offset-map/seal.ts',
    from: 'segments.slice(0, -positionSegmentsKept)',
    to: 'segments.slice(1, -positionSegmentsKept)',
  },
  {
    name: 'spans are a record short',
    file: 'src/offset-map/span.ts',
    from: 'sourceEnd: sourceEnd(last),',
    to: 'sourceEnd: sourceEnd(last) - 1n,',
  },
];
