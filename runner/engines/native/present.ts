import type { PositionRecord } from '../../../src/state/records.ts';
import { askWhoAnswers } from './ask-offsets.ts';
import { partitionFault } from './faults.ts';
import type { FlowContext } from './flow-context.ts';
import { type Away, leaveOut } from './left-out.ts';
import { partitionName } from './losses.ts';
import type { TopicPartition } from './ports.ts';
import { beginnings, type SourcePlace } from './source-start.ts';

/**
 * The places whose leaders answer, and notes what is stable there when they first do. The others are left out; those that
 * were already are not asked for before their leaders were found, so that a session never waits for one twice. Throws where
 * the answer is an error that does not pass.
 */
export async function presentPlaces(
  flow: FlowContext,
  places: readonly SourcePlace[],
  stored: ReadonlyMap<string, PositionRecord>,
): Promise<SourcePlace[]> {
  const { source, clock } = flow.options;
  const startMs = clock.nowMs();
  const asked = places
    .map((one) => one.source)
    .filter((one) => flow.leftOut.get(partitionName(one))?.answers !== false);
  const isPatient = (one: TopicPartition) => !flow.leftOut.has(partitionName(one));
  const { offsets, errors } = await askWhoAnswers(source, asked, 'last-stable', clock, { isPatient });
  for (const [name, offset] of offsets) if (!flow.goals.has(name)) flow.goals.set(name, offset);
  const away: Away[] = [];
  for (const one of asked) {
    const error = errors.get(partitionName(one));
    if (error === undefined) continue;
    const fault = partitionFault(source.cluster, 'ListOffsets', error, partitionName(one));
    if (!fault.retriable) throw fault;
    away.push({ source: one, sinceMs: startMs });
  }
  leaveOut(flow, away);
  const absent = places.filter((one) => !offsets.has(partitionName(one.source)));
  const present = places.filter((one) => offsets.has(partitionName(one.source)));
  const beginningOf = beginnings(flow, stored);
  const waiting = new Set(absent.map(beginningOf).filter((one) => one !== null));
  return present.filter((one) => !waiting.has(beginningOf(one) ?? ''));
}
