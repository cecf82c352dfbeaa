import { askOffsets, awaitNoTransaction } from './ask-offsets.ts';
import { describePresent } from './describe.ts';
import { partitionFault } from './faults.ts';
import { type FlowContext, placesOf, recordLoss } from './flow-context.ts';
import { transactionTimeoutMs } from './limits.ts';
import type { LossPlace } from './losses.ts';
import { flowTransactionalId } from './options.ts';
import type { PartitionPlace, PartitionStart } from './partition.ts';
import type { ProducerIdentity, TopicDescription } from './ports.ts';
import { positionsByKey, readPositions } from './positions.ts';
import { goneLoss, recreation, type SourcePlace, sourceStarts } from './source-start.ts';
import { targetStarts } from './target-start.ts';

export interface Recovered {
  readonly producer: ProducerIdentity;
  readonly positionsLeader: number;
  readonly starts: readonly PartitionStart[];
}

/**
 * The start of every session: fences the one before and aborts what it left open, reads the positions, and compares them
 * with both logs. What is lost is recorded in the flow and left out.
 */
export async function recover(flow: FlowContext): Promise<Recovered> {
  const { options } = flow;
  const { target, clock, ledger, positionsTopic } = options;
  const id = flowTransactionalId(options.migration, options.flow);
  const producer = await target.initProducer(id, transactionTimeoutMs + options.tuning.commitIntervalMs);
  if (!ledger.known().includes(producer.producerId)) await ledger.add(producer.producerId);
  const positionsAt = { topic: positionsTopic, partition: 0 };
  const open = await awaitNoTransaction(target, [positionsAt], clock);
  if (open.size > 0) throw partitionFault(target.cluster, 'ListOffsets', 'CONCURRENT_TRANSACTIONS', positionsTopic);
  const stored = positionsByKey(await readPositions(target, positionsTopic, options.flow, clock));
  const places = await describePlaces(flow);
  if (flow.goals === null) {
    const partitions = places.map((one) => one.source);
    flow.goals = await askOffsets(options.source, partitions, 'last-stable', clock);
  }
  const starts = await targetStarts(flow, await sourceStarts(flow, places, stored));
  const positions = (await describePresent(target, [positionsAt], clock)).get(positionsTopic);
  return { producer, positionsLeader: positions?.leaders[0] ?? -1, starts };
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
    if (again !== null) recordLoss(flow, again);
    else if (from === null) recordLoss(flow, goneLoss(place, 'source', source.cluster));
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
