import { diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { flowAddress } from '../../src/execution-plan/address.ts';
import type { Flow } from '../../src/migration/migration.ts';
import { flowLease, positionsTopic, wantedKey } from '../../src/state/keys.ts';
import { stateRecordVersion } from '../../src/state/records.ts';
import { encodeStateRecord } from '../../src/state/state-codec.ts';
import { askOffsets } from '../engines/native/ask-offsets.ts';
import { partitionName } from '../engines/native/losses.ts';
import { readPositions } from '../engines/native/positions.ts';
import { livePositions } from '../groups/read-mirrored-partitions.ts';
import { clusterOf } from '../run/world.ts';
import { heldLease } from '../state/judge.ts';
import type { StepContext, StepOutcome } from './step-handler.ts';

const pollMs = 1_000;
/** The follower ends a transaction, begins a session and reads: longer without any progress is trouble. */
const stalledMsMax = 120_000;

/**
 * Where another process follows the flow: tells it what the flow is now, and waits until its positions have passed the last
 * stable offsets that the source has at this moment. `interrupted` also where the follower goes: the next apply mirrors.
 */
export async function handOver(flow: Flow, step: string, context: StepContext): Promise<StepOutcome> {
  const { control, emit, signal, world } = context;
  const record = { v: stateRecordVersion, flow };
  await control.write([{ key: wantedKey(flow.name), value: encodeStateRecord(record) }]);
  const summary = `Another process follows flow ${flow.name}; it takes the flow over as it is in this plan.`;
  emit({ event: 'diagnostic', diagnostic: diagnostic('KP4023', { address: flowAddress(flow.name), summary }) });
  const goals = await goalsOf(flow, context);
  let before = -1n;
  for (let progressedAtMs = world.clock.nowMs(); !signal.aborted; ) {
    const left = await recordsLeft(flow, goals, context);
    if (left === 0n) return { result: 'done' };
    if (left !== before) {
      emit({ event: 'step_progress', step, message: `${left} records to go in the process that follows it` });
      progressedAtMs = world.clock.nowMs();
      before = left;
    }
    if (world.clock.nowMs() - progressedAtMs > stalledMsMax) return stalled(flow, left);
    if ((await heldLease(context.stateLog, flowLease(flow.name))) === null) return gone(flow);
    await world.clock.sleep(pollMs, signal).catch(() => {});
  }
  return { result: 'interrupted' };
}

/** Last stable offsets by source partition. */
function goalsOf(flow: Flow, { world }: StepContext): Promise<ReadonlyMap<string, bigint>> {
  const partitions = flow.topics.flatMap(({ source, sourcePartitions }) =>
    Array.from({ length: sourcePartitions }, (_, partition) => ({ topic: source, partition })),
  );
  return askOffsets(clusterOf(world, flow.source).log, partitions, 'last-stable', world.clock);
}

async function recordsLeft(
  flow: Flow,
  goals: ReadonlyMap<string, bigint>,
  { plan, world }: StepContext,
): Promise<bigint> {
  const { log } = clusterOf(world, flow.target);
  const stored = await readPositions(log, positionsTopic(plan.migration.name), flow.name, world.clock);
  const source = clusterOf(world, flow.source).log;
  const live = await livePositions({ flow, source, target: log, positions: stored });
  const reached = new Map(live.map(({ record }) => [partitionName(record.source), record.nextSource]));
  let left = 0n;
  for (const [name, goal] of goals) {
    const next = reached.get(name);
    if (next === undefined) left += goal > 0n ? goal : 1n;
    else if (next < goal) left += goal - next;
  }
  return left;
}

function stalled(flow: Flow, left: bigint): StepOutcome {
  const summary = `The process that follows flow ${flow.name} has ${left} records to go and got no further for ${stalledMsMax / 1000} s.`;
  return { result: 'failed', diagnostics: [diagnostic('KP4024', { address: flowAddress(flow.name), summary })] };
}

function gone(flow: Flow): StepOutcome {
  const summary = `The process that followed flow ${flow.name} ended before it had caught up.`;
  const fix = 'Apply again: this process mirrors then.';
  return { result: 'failed', diagnostics: [diagnostic('KP4024', { address: flowAddress(flow.name), summary, fix })] };
}
