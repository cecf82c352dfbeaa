import { diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { flowAddress } from '../../src/execution-plan/address.ts';
import type { Flow } from '../../src/migration/migration.ts';
import { flowLease, positionsTopic, wantedKey } from '../../src/state/keys.ts';
import { stateRecordVersion } from '../../src/state/records.ts';
import { encodeStateRecord } from '../../src/state/state-codec.ts';
import { leadersAway } from '../engines/native/faults.ts';
import { failingMsMax, partitionErrorMsMax } from '../engines/native/limits.ts';
import { namesOf, partitionName } from '../engines/native/losses.ts';
import type { TopicPartition } from '../engines/native/ports.ts';
import { readPositions } from '../engines/native/positions.ts';
import { livePositions } from '../groups/read-mirrored-partitions.ts';
import { clusterOf } from '../run/world.ts';
import { heldLease } from '../state/judge.ts';
import { type FlowGoals, flowGoals } from './flow-goals.ts';
import type { StepContext, StepOutcome } from './step-handler.ts';

const pollMs = 1_000;
/** The follower ends a transaction, begins a session and reads: longer without any progress is trouble. */
const stalledMsMax = 120_000;

/**
 * Where another process follows the flow: tells it what the flow is now, and waits until its positions have passed the last
 * stable offsets that the source has at this moment. As when this process mirrors, partitions without a leader keep no other
 * from going on, and are waited for at the end for as long (KP5027). `failed` also where the follower goes.
 */
export async function handOver(flow: Flow, step: string, context: StepContext): Promise<StepOutcome> {
  const { control, emit, signal, world } = context;
  const record = { v: stateRecordVersion, flow };
  await control.write([{ key: wantedKey(flow.name), value: encodeStateRecord(record) }]);
  const summary = `Another process follows flow ${flow.name}; it takes the flow over as it is in this plan.`;
  emit({ event: 'diagnostic', diagnostic: diagnostic('KP4023', { address: flowAddress(flow.name), summary }) });
  const goals = flowGoals(flow, clusterOf(world, flow.source).log, world.clock);
  let before = -1n;
  let isTold = false;
  for (let progressedAtMs = world.clock.nowMs(); !signal.aborted; ) {
    await goals.ask();
    if (goals.awayMs() >= partitionErrorMsMax && !isTold) {
      isTold = true;
      emit({ event: 'diagnostic', diagnostic: waitsForLeaders(flow, goals.away()) });
    }
    const lagging = await recordsLeft(flow, goals.known, context);
    const left = [...lagging.values()].reduce((sum, one) => sum + one, 0n);
    if (left !== before) {
      const message = `${left} records to go in the process that follows it`;
      if (left > 0n) emit({ event: 'step_progress', step, message });
      progressedAtMs = world.clock.nowMs();
      before = left;
    }
    const stillMs = world.clock.nowMs() - progressedAtMs;
    const ended = endOf(flow, { left, goals, stillMs });
    if (ended !== null) return ended;
    if (left > 0n && stillMs >= partitionErrorMsMax) await goals.askAgain(new Set(lagging.keys()));
    if ((await heldLease(context.stateLog, flowLease(flow.name))) === null) return gone(flow);
    await world.clock.sleep(pollMs, signal).catch(() => {});
  }
  return { result: 'interrupted' };
}

interface Standing {
  readonly left: bigint;
  readonly goals: FlowGoals;
  /** For so long it is the same. */
  readonly stillMs: number;
}

/** Null: there is something to wait for. */
function endOf(flow: Flow, { left, goals, stillMs }: Standing): StepOutcome | null {
  const away = goals.away();
  if (left > 0n) return stillMs > stalledMsMax ? stalled(flow, left) : null;
  if (away.length === 0) return { result: 'done' };
  if (goals.awayMs() < failingMsMax) return null;
  return { result: 'failed', diagnostics: leadersAway(flow.source, flow.name, namesOf(away)).diagnostics };
}

/** By source partition, where there are any. */
async function recordsLeft(
  flow: Flow,
  goals: ReadonlyMap<string, bigint>,
  { plan, world }: StepContext,
): Promise<ReadonlyMap<string, bigint>> {
  const { log } = clusterOf(world, flow.target);
  const stored = await readPositions(log, positionsTopic(plan.migration.name), flow.name, world.clock);
  const source = clusterOf(world, flow.source).log;
  const live = await livePositions({ flow, source, target: log, positions: stored });
  const reached = new Map(live.map(({ record }) => [partitionName(record.source), record.nextSource]));
  const left = new Map<string, bigint>();
  for (const [name, goal] of goals) {
    const next = reached.get(name);
    if (next === undefined) left.set(name, goal > 0n ? goal : 1n);
    else if (next < goal) left.set(name, goal - next);
  }
  return left;
}

function waitsForLeaders({ name, source }: Flow, away: readonly TopicPartition[]) {
  const summary = `No leader on cluster ${source} answers for ${namesOf(away)}: the process that follows flow ${name} mirrors all else.`;
  return diagnostic('KP5026', { address: flowAddress(name), summary });
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
