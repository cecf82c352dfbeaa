import type { ClusterReader } from '../../src/cluster/ports.ts';
import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { flowAddress } from '../../src/execution-plan/address.ts';
import { type PartitionCounts, tellNotMirrored, withNewPartitions } from '../../src/following/new-partitions.ts';
import type { Flow } from '../../src/migration/migration.ts';
import { definitionOf } from '../../src/resources/flow/flow-change.ts';
import { positionsTopic } from '../../src/state/keys.ts';
import { stateRecordVersion } from '../../src/state/records.ts';
import { leaderSearchMs } from '../engines/native/limits.ts';
import { namesOf } from '../engines/native/losses.ts';
import { mirrorFlow } from '../engines/native/mirror-flow.ts';
import type { MirrorEvent, MirrorOptions, MirrorOutcome, MirrorTopic } from '../engines/native/options.ts';
import { ClusterFault } from '../kafka/cluster-fault.ts';
import { clusterOf } from '../run/world.ts';
import { notedByKey, producerLedger } from '../state/flow-record.ts';
import { ensurePositionsTopic, readHeldState } from '../state/store.ts';
import { flowOf } from './define-flow.ts';
import { type FlowTurn, logUnderLease, underFlowLeases } from './flow-lease.ts';
import { handOver } from './hand-over.ts';
import { openLossBook, passedNote } from './loss-book.ts';
import { awaitServed } from './served-topics.ts';
import {
  checksNothing,
  type FlowWork,
  neverDone,
  type StepContext,
  type StepHandler,
  type StepOutcome,
  verifiesNothing,
} from './step-handler.ts';

/** Kafka's default of max.message.bytes (1 MiB and the record batch's first 12 bytes). */
const maxMessageBytesDefault = 1_048_588;

/** Mirroring goes on from its positions in every apply, until it has caught up; positions are its journal. */
export const mirror: StepHandler<'mirror'> = {
  batchMax: 1_000,
  subject: flowOf,
  check: checksNothing,
  inspect: neverDone,
  apply: (work, context) =>
    underFlowLeases(
      work,
      context,
      (flow, _step, turn) => mirrorUntilCaughtUp(flow, context, turn),
      (flow, step) => handOverWhole(flow, step, context),
    ),
  verify: verifiesNothing,
};

async function mirrorUntilCaughtUp(flow: Flow, context: StepContext, turn: FlowTurn): Promise<StepOutcome> {
  const unserved = await awaitTargets(flow, context, turn.signal);
  if (unserved.length > 0) return { result: 'failed', diagnostics: unserved };
  const grown = withNewPartitions(flow, {
    source: await partitionsNow(flow, 'source', context),
    target: await partitionsNow(flow, 'target', context),
  });
  return whole(grown, outcomeOf(await mirrorUnderLease(grown, context, turn, 'caught-up')), context);
}

/** A process that discovers takes in by itself what is new. */
async function handOverWhole(flow: Flow, step: string, context: StepContext): Promise<StepOutcome> {
  const outcome = await handOver(flow, step, context);
  return flow.membership?.discover === 'mirror' ? outcome : whole(flow, outcome, context);
}

/** Says of a flow that is done whether the source has partitions by now that it does not mirror. */
async function whole(flow: Flow, outcome: StepOutcome, context: StepContext): Promise<StepOutcome> {
  if (outcome.result !== 'done') return outcome;
  const told = tellNotMirrored(flow, await partitionsNow(flow, 'source', context));
  if (told === null) return outcome;
  context.emit({ event: 'diagnostic', diagnostic: told });
  return { ...outcome, isStale: true };
}

async function partitionsNow(flow: Flow, side: 'source' | 'target', { world }: FlowWork): Promise<PartitionCounts> {
  const topics = await clusterOf(world, flow[side]).log.describeTopics(flow.topics.map((one) => one[side]));
  return new Map([...topics].map(([topic, { leaders }]) => [topic, leaders.length]));
}

/** Waits until brokers serve the flow's target topics; answers what they still do not. */
export function awaitTargets(flow: Flow, { world }: FlowWork, signal: AbortSignal): Promise<readonly Diagnostic[]> {
  const { log } = clusterOf(world, flow.target);
  const targets = flow.topics.map((one) => one.target);
  return awaitServed(targets, { cluster: flow.target, log, clock: world.clock, signal });
}

export function outcomeOf(outcome: MirrorOutcome): StepOutcome {
  if (outcome.result === 'caught-up') return { result: 'done' };
  if (outcome.result === 'interrupted') return { result: 'interrupted' };
  return { result: 'decide', diagnostics: outcome.losses.map((one) => one.diagnostic) };
}

/** Mirrors, and keeps what the state knows of the flow's losses. */
export async function mirrorUnderLease(
  flow: Flow,
  context: FlowWork,
  turn: FlowTurn,
  until: MirrorOptions['until'],
): Promise<MirrorOutcome> {
  const book = openLossBook(flow, await readHeldState(context.stateLog), turn.held, context.world.clock);
  const options = await mirrorOptions(flow, context, turn, until);
  const report = (event: MirrorEvent) => {
    if (event.event === 'loss') book.found(event.loss);
    if (event.event === 'commit') book.committed(event.partitions);
    options.report(event);
  };
  const foreignWriter = flow.onLoss?.foreignWriter ?? 'stop';
  const outcome = await mirrorFlow({ ...options, report, foreignWriter, answer: book.answer });
  if (outcome.result === 'caught-up') book.caughtUp();
  await book.stored();
  return outcome;
}

async function mirrorOptions(
  flow: Flow,
  context: FlowWork,
  { held, signal }: FlowTurn,
  until: MirrorOptions['until'],
): Promise<MirrorOptions> {
  const { plan, world, stateLog, emit } = context;
  const { name, state } = plan.migration;
  const target = clusterOf(world, flow.target);
  const isStateCluster = flow.target === state.cluster;
  const { replicationFactor } = isStateCluster ? state : {};
  const warnings = await ensurePositionsTopic(target, world.clock, { name, replicationFactor });
  if (!isStateCluster) for (const one of warnings) emit({ event: 'diagnostic', diagnostic: one });
  const known = (await readHeldState(stateLog)).flows.get(flow.name);
  const record = known ?? { v: stateRecordVersion, definition: definitionOf(flow), producerIds: [] };
  const goesByKey = flow.topics.some((one) => one.byKey !== undefined);
  return {
    flow: flow.name,
    migration: name,
    topics: await mirrorTopics(flow, context),
    source: clusterOf(world, flow.source).log,
    target: logUnderLease(target.log, held),
    positionsTopic: positionsTopic(name),
    start: typeof flow.start === 'string' ? flow.start : { timestampMs: BigInt(Date.parse(flow.start.timestamp)) },
    delivery: flow.delivery,
    tuning: flow.tuning,
    ledger: producerLedger(held, goesByKey ? await notedByKey(held, record) : record),
    assertOurs: () => held.assertFresh(),
    clock: world.clock,
    signal,
    report: (event) => report(event, flow, context, until),
    until,
  };
}

async function mirrorTopics(flow: Flow, { world }: FlowWork): Promise<MirrorTopic[]> {
  const names = flow.topics.map((one) => one.target);
  const settings = await clusterOf(world, flow.target).reader.describeTopicSettings(names);
  const sourceNames = flow.topics.map((one) => one.source);
  const ofSource = await clusterOf(world, flow.source).reader.describeTopicSettings(sourceNames).catch(unknownSettings);
  const isCompacted = (of: SettingsByTopic, topic: string) =>
    of.get(topic)?.get('cleanup.policy')?.value?.includes('compact') ?? true;
  return flow.topics.map(({ source, target, sourcePartitions, partitions, byKey }) => {
    const value = settings.get(target)?.get('max.message.bytes')?.value;
    const targetMaxMessageBytes = typeof value === 'string' ? Number(value) : maxMessageBytesDefault;
    const mayCompact = isCompacted(ofSource, source) || isCompacted(settings, target);
    const mirrored = { source, target, partitions: sourcePartitions, targetMaxMessageBytes, isCompacted: mayCompact };
    return byKey === undefined ? mirrored : { ...mirrored, byKey: { hash: byKey, partitions } };
  });
}

type SettingsByTopic = Awaited<ReturnType<ClusterReader['describeTopicSettings']>>;

/** A user who may read records need not be allowed to read settings. */
function unknownSettings(error: unknown): SettingsByTopic {
  if (error instanceof ClusterFault && !error.retriable) return new Map();
  throw error;
}

/** A loss is the outcome of a step; a process that follows tells it at once. */
export function report(
  event: MirrorEvent,
  flow: Pick<Flow, 'name' | 'source' | 'target'>,
  { emit }: Pick<FlowWork, 'emit'>,
  until: MirrorOptions['until'],
): void {
  if (event.event === 'progress') {
    const { records, bytes, recordsPerSecond, bytesPerSecond, lagRecords } = event;
    emit({ event: 'flow_progress', flow: flow.name, records, bytes, recordsPerSecond, bytesPerSecond, lagRecords });
  }
  if (event.event === 'loss-passed') emit({ event: 'diagnostic', diagnostic: passedNote(event.loss) });
  if (event.event === 'codec-replaced') {
    const { codec, by } = event;
    const summary = `Cluster ${flow.target} refuses batches of ${codec}: those of flow ${flow.name} are compressed with ${by}.`;
    emit({ event: 'diagnostic', diagnostic: diagnostic('KP5025', { address: flowAddress(flow.name), summary }) });
  }
  if (event.event === 'loss' && until === 'stopped') {
    emit({ event: 'diagnostic', diagnostic: event.loss.diagnostic });
  }
  if (event.event === 'left-out') {
    const summary = `No leader on cluster ${flow.source} answers for ${namesOf(event.sources)}: flow ${flow.name} mirrors all else, and looks for leaders every ${leaderSearchMs / 1000} s.`;
    emit({ event: 'diagnostic', diagnostic: diagnostic('KP5026', { address: flowAddress(flow.name), summary }) });
  }
  if (event.event === 'retry') {
    const count = event.failures > 1 ? ` (failure ${event.failures} in a row)` : '';
    const summary = `Flow ${flow.name} starts again from its positions${count}: ${event.reason}`;
    emit({ event: 'diagnostic', diagnostic: diagnostic('KP4017', { address: flowAddress(flow.name), summary }) });
  }
}
