import type { Flow } from '../../src/migration/migration.ts';
import { translate, translateBack } from '../../src/offset-map/translate.ts';
import type { Direction } from '../../src/offsets/question.ts';
import { positionsTopic } from '../../src/state/keys.ts';
import { askOffsets } from '../engines/native/ask-offsets.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, LogReader } from '../engines/native/ports.ts';
import { readPositions } from '../engines/native/positions.ts';
import { fillSpans } from '../groups/fill-spans.ts';
import { partitionKey } from '../groups/mirrored-partition.ts';
import { askMirroredPartitions } from '../groups/read-mirrored-partitions.ts';
import type { ClusterFault } from '../kafka/cluster-fault.ts';
import type { AnsweredOffset, AskedOffset } from './asked-offset.ts';
import { belowSourceCuts } from './source-cuts.ts';
import { goesByKey, translateAskedByKey } from './translate-by-key.ts';

export interface FlowOnBothSides {
  /** The migration's name. */
  readonly migration: string;
  readonly flow: Pick<Flow, 'name' | 'topics'>;
  readonly source: LogReader;
  readonly target: LogReader;
  readonly clock: Clock;
}

/**
 * Translates offsets of partitions that the flow mirrors, exactly or not at all, in the order in which they are asked; those of
 * topics whose records go by key behind the others. The positions are read once, and the logs' ends after them. Where a leader
 * does not answer only what it leads is `unanswered`. Throws a ClusterFault.
 */
export async function translateAsked(
  flow: FlowOnBothSides,
  asked: readonly AskedOffset[],
  direction: Direction,
): Promise<readonly AnsweredOffset[]> {
  if (asked.length === 0) return [];
  const isByKey = goesByKey(flow.flow.topics, direction === 'to-target' ? 'source' : 'target');
  const [byKey, others] = [asked.filter(isByKey), asked.filter((one) => !isByKey(one))];
  if (direction === 'to-source') return [...(await toSource(flow, others)), ...byKey.map(noWayBack)];
  return [...(await toTarget(flow, others)), ...(await translateAskedByKey(flow, byKey))];
}

async function toTarget(flow: FlowOnBothSides, asked: readonly AskedOffset[]): Promise<readonly AnsweredOffset[]> {
  const topics = new Set(asked.map((one) => one.topic));
  const { mirrored, silent } = await mirroredPartitions(flow, (one) => topics.has(one.source), asked, 'source');
  const bySource = new Map(mirrored.map((one) => [partitionKey(one.source), one]));
  return asked.map((one): AnsweredOffset => {
    const partition = bySource.get(partitionKey(one));
    if (partition === undefined) return silent.get(partitionKey(one))?.(one) ?? notMirroredYet(one);
    const answer = translate(partition.input, one.offset);
    const found = answer.result === 'translated' ? { ...partition.target, offset: answer.target } : null;
    const why = answer.result === 'unknown' ? { why: answer.why } : {};
    return { asked: one, found, result: answer.result, ...why, rereadRecords: 0n };
  });
}

async function toSource(flow: FlowOnBothSides, asked: readonly AskedOffset[]): Promise<readonly AnsweredOffset[]> {
  const topics = new Set(asked.map((one) => one.topic));
  const { mirrored, silent } = await mirroredPartitions(flow, (one) => topics.has(one.target), asked, 'target');
  const byTarget = new Map(mirrored.map((one) => [partitionKey(one.target), one]));
  const ends = await askOffsets(
    flow.target,
    mirrored.map((one) => one.target),
    'latest',
    flow.clock,
  );
  return asked.map((one): AnsweredOffset => {
    const partition = byTarget.get(partitionKey(one));
    if (partition === undefined) return silent.get(partitionKey(one))?.(one) ?? notMirroredYet(one);
    const answer = translateBack(partition.input, one.offset);
    const found = answer.result === 'translated' ? { ...partition.source, offset: answer.source } : null;
    // What stands between the positions that were read and the log's end was written, and is no record that they know.
    const isWritten = answer.result === 'above-end' && one.offset <= (ends.get(partitionName(one)) ?? -1n);
    return { asked: one, found, result: isWritten ? 'unknown' : answer.result, rereadRecords: 0n };
  });
}

async function mirroredPartitions(
  { migration, flow, source, target, clock }: FlowOnBothSides,
  isAsked: (topic: Flow['topics'][number]) => boolean,
  asked: readonly AskedOffset[],
  side: 'source' | 'target',
) {
  const positions = await readPositions(target, positionsTopic(migration), flow.name, clock);
  const topics = flow.topics.filter(isAsked);
  const logs = { source, target, clock };
  const { partitions, silent } = await askMirroredPartitions({ flow: { topics }, ...logs, positions });
  const borneOut = await belowSourceCuts(source, partitions, clock);
  return {
    mirrored: [...(await fillSpans(logs, borneOut, asked, side)).values()],
    /** Answers for those of which no leader tells, by `partitionKey` of the side. */
    silent: new Map([...silent.values()].map((one) => [partitionKey(one[side]), unanswered(one.fault)])),
  };
}

/** Answers where no leader tells of a log. */
export function unanswered(fault: ClusterFault): (asked: AskedOffset) => AnsweredOffset {
  return (asked) => ({ asked, found: null, result: 'unknown', why: 'unanswered', fault, rereadRecords: 0n });
}

function noWayBack(asked: AskedOffset): AnsweredOffset {
  return { asked, found: null, result: 'unknown', why: 'by-key', rereadRecords: 0n };
}

function notMirroredYet(asked: AskedOffset): AnsweredOffset {
  return { asked, found: null, result: 'unknown', why: 'not-yet', rereadRecords: 0n };
}
