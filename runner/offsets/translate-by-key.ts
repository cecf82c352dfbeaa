import type { Flow } from '../../src/migration/migration.ts';
import { type ByKeyTranslation, translateByKey, translateOneByKey } from '../../src/offset-map/translate-by-key.ts';
import { positionsTopic } from '../../src/state/keys.ts';
import { readStored } from '../engines/native/positions.ts';
import { type AskedTopics, askByKeyTopics } from '../groups/read-by-key.ts';
import type { AnsweredOffset, AskedOffset } from './asked-offset.ts';
import { type FlowOnBothSides, unanswered } from './translate-asked.ts';

/**
 * Translates offsets of the source in topics whose records go by key. What a group committed in a topic, or what a time stands
 * for in it, is one place together; any other offset is one of its own. A place becomes an offset in each target partition: a
 * row of its own, each with what is read again in all of them.
 */
export async function translateAskedByKey(
  { migration, flow, source, target, clock }: FlowOnBothSides,
  asked: readonly AskedOffset[],
): Promise<readonly AnsweredOffset[]> {
  if (asked.length === 0) return [];
  const stored = await readStored(target, positionsTopic(migration), flow.name, clock);
  const names = new Set(asked.map((one) => one.topic));
  const topics = flow.topics.filter((one) => names.has(one.source));
  const known = await askByKeyTopics({ flow: { topics }, source, target, stored, clock });
  return places(asked).flatMap((place) => answersOf(place, known));
}

/** Whether its records go by key, on the side where offsets are given. */
export function goesByKey(topics: Flow['topics'], side: 'source' | 'target'): (asked: AskedOffset) => boolean {
  const names = new Set(topics.filter((one) => one.byKey !== undefined).map((one) => one[side]));
  return ({ topic }) => names.has(topic);
}

/** A line of a CSV is asked alone. */
function places(asked: readonly AskedOffset[]): readonly (readonly AskedOffset[])[] {
  return [...Map.groupBy(asked, ({ group, topic, line }) => JSON.stringify([group, topic, line])).values()];
}

function answersOf(place: readonly AskedOffset[], { topics, silent }: AskedTopics): AnsweredOffset[] {
  const [first] = place;
  if (first === undefined) return [];
  const fault = silent.get(first.topic)?.fault;
  if (fault !== undefined) return place.map(unanswered(fault));
  const topic = topics.get(first.topic);
  if (topic === undefined) return place.map((one) => without(one, 'not-yet'));
  const isAlone = first.group === undefined && place.length === 1;
  const answer = isAlone
    ? translateOneByKey(topic.input, first.partition, first.offset)
    : translateByKey(topic.input, new Map(place.map((one) => [one.partition, one.offset])));
  if (answer.result === 'none') return place.map((one) => placeless(one, answer));
  const { result, rereadRecords } = answer;
  return answer.targets.map((offset, partition) => {
    const found = { topic: topic.target, partition, offset };
    return { asked: first, found, result, rereadRecords, byKey: isAlone ? 'alone' : 'together' };
  });
}

function placeless(asked: AskedOffset, answer: Extract<ByKeyTranslation, { readonly result: 'none' }>): AnsweredOffset {
  const own = answer.placeless.find((one) => one.partition === asked.partition)?.result;
  if (own === undefined) return without(asked, 'with-others');
  if (own.result === 'unknown') return without(asked, own.why);
  return { asked, found: null, result: own.result, rereadRecords: 0n };
}

function without(asked: AskedOffset, why: NonNullable<AnsweredOffset['why']>): AnsweredOffset {
  return { asked, found: null, result: 'unknown', why, rereadRecords: 0n };
}
