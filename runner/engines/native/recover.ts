import { awaitNoTransaction } from './ask-offsets.ts';
import { describePresent } from './describe.ts';
import { fanStarts } from './fan-start.ts';
import { partitionFault, SessionEnded } from './faults.ts';
import { type FlowContext, goesOnAfter, placesOf, recordLoss } from './flow-context.ts';
import { lateBatchMsMax } from './limits.ts';
import { type Loss, type LossPlace, partitionName } from './losses.ts';
import type { KnownStart, PartitionPlace } from './partition.ts';
import type { ProducerIdentity, TopicDescription } from './ports.ts';
import { positionsByKey, readStored, type StoredPositions } from './positions.ts';
import { presentPlaces } from './present.ts';
import { sealedOf } from './sealed-of.ts';
import { settleAhead } from './settle-ahead.ts';
import { goneLoss, type SourcePlace, sourceStarts } from './source-start.ts';
import { fence, takeOver } from './take-over.ts';
import { targetStarts } from './target-start.ts';
import { recreation } from './topic-identity.ts';

export interface Recovered {
  readonly producer: ProducerIdentity;
  readonly positionsLeader: number;
  readonly positionsSequence: number;
  readonly starts: readonly KnownStart[];
}

/**
 * The start of every session: fences the one before and aborts what it left open, reads the positions, finds out how much
 * of what they told of arrived, and compares them with both logs. What is lost is recorded in the flow and left out, like what
 * has no leader at the source.
 */
export async function recover(flow: FlowContext): Promise<Recovered> {
  const { options } = flow;
  const { target, clock, positionsTopic } = options;
  const first = await takeOver(flow);
  const positionsAt = { topic: positionsTopic, partition: 0 };
  const producer = await fence(flow, first, [positionsAt]);
  const open = await awaitNoTransaction(target, [positionsAt], clock);
  if (open.size > 0) throw partitionFault(target.cluster, 'ListOffsets', 'CONCURRENT_TRANSACTIONS', positionsTopic);
  const positions = (await describePresent(target, [positionsAt], clock)).get(positionsTopic);
  const positionsLeader = positions?.leaders[0] ?? -1;
  const stored = await readWhenStill(flow, producer);
  const byKey = positionsByKey(stored.positions);
  const records = new Map([...byKey].map(([key, { record }]) => [key, record]));
  const places = await describePlaces(flow);
  const settled = await settleAhead(flow, { first, producer, positionsLeader, stored: records });
  const sound = places.filter((one) => !flow.losses.has(partitionName(one.source)));
  const present = await presentPlaces(flow, sound, settled.stored);
  const sources = await sourceStarts(flow, present, settled.stored);
  const starts = [
    ...(await targetStarts(
      flow,
      sources.filter((one) => one.byKey === undefined),
      byKey,
    )),
    ...(await fanStarts(flow, sources, stored)),
  ];
  const withSealed = starts.map((one) => ({ ...one, ...sealedOf(options, one, byKey) }));
  return { ...settled, positionsLeader, starts: withSealed };
}

/**
 * What is stored, when nobody can write there any more: an epoch fences its own producer id only. Where an older session wrote
 * under one that the coordinator has forgotten since, what it sent last is waited for, or it would stand above what this
 * session writes.
 */
async function readWhenStill(flow: FlowContext, { producerId }: ProducerIdentity): Promise<StoredPositions> {
  const { target, clock, signal, positionsTopic, flow: name } = flow.options;
  const read = () => readStored(target, positionsTopic, name, clock);
  const stored = await read();
  if (flow.stillUnder === producerId) return stored;
  if (stored.positions.every(({ record }) => (record.ahead?.producerId ?? producerId) === producerId)) return stored;
  await clock.sleep(lateBatchMsMax, signal);
  signal.throwIfAborted();
  flow.stillUnder = producerId;
  return read();
}

async function describePlaces(flow: FlowContext): Promise<SourcePlace[]> {
  const { source, target, clock } = flow.options;
  const places = placesOf(flow);
  const sources = await describePresent(
    source,
    places.map((one) => one.source),
    clock,
  );
  const targets = await describePresent(
    target,
    places.map((one) => one.target),
    clock,
  );
  const found: SourcePlace[] = [];
  for (const place of places) {
    const from = described(sources, place.source);
    const to = described(targets, place.target);
    const again = recreation(
      { ...place, source: firstSeen(flow, place.source, sources) },
      sources.get(place.source.topic),
    );
    if (again !== null && goesOnAfter(flow, again)) throw anotherTopic(flow, again);
    if (again !== null) continue;
    if (from === null) recordLoss(flow, goneLoss(place, 'source', source.cluster));
    else if (to === null) recordLoss(flow, goneLoss(place, 'target', target.cluster));
    else
      found.push({
        ...place,
        source: from.place,
        target: to.place,
        sourceLeader: from.leader,
        targetLeader: to.leader,
      });
  }
  return found;
}

/** The next session sees the topic of now. */
function anotherTopic(flow: FlowContext, loss: Loss): SessionEnded {
  flow.topicIds.delete(loss.source.topic);
  return new SessionEnded(loss.diagnostic.summary);
}

/** With the id that the topic had when this call first saw it: it may have been made again before anything was committed. */
function firstSeen(
  flow: FlowContext,
  at: LossPlace['source'],
  topics: ReadonlyMap<string, TopicDescription>,
): PartitionPlace {
  const topicId = flow.topicIds.get(at.topic) ?? topics.get(at.topic)?.topicId;
  if (topicId === undefined) return at;
  flow.topicIds.set(at.topic, topicId);
  return { ...at, topicId };
}

function described(
  topics: ReadonlyMap<string, TopicDescription>,
  at: LossPlace['source'],
): { readonly place: PartitionPlace; readonly leader: number } | null {
  const found = topics.get(at.topic);
  const leader = found?.leaders[at.partition];
  if (found === undefined || leader === undefined) return null;
  return { place: found.topicId === undefined ? at : { ...at, topicId: found.topicId }, leader };
}
