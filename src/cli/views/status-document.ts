import type { PartitionStatus } from '../../../runner/run/flow-status.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { topicAddress } from '../../execution-plan/address.ts';
import { wayOn } from '../../losses/accept.ts';
import { flowLease } from '../../state/keys.ts';
import type { StateSnapshot } from '../../state/records.ts';

export type FlowState = 'idle' | 'catching-up' | 'following' | 'stopped' | 'blocked-by-transaction';

/** The JSON document of `kplan status`: schema/status.v1.schema.json. Offsets and counts of records are strings. */
export interface StatusDocument {
  readonly formatVersion: string;
  readonly flows: readonly FlowStatus[];
  readonly leases: readonly LeaseStatus[];
  readonly cutovers: readonly never[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface FlowStatus {
  readonly name: string;
  readonly state: FlowState;
  readonly lagRecords: string | null;
  readonly lagSeconds: number | null;
  readonly partitions: readonly {
    readonly source: {
      readonly topic: string;
      readonly partition: number;
      readonly next: string | null;
      readonly stable: string | null;
      readonly end: string | null;
    };
    readonly target: { readonly topic: string; readonly partition: number; readonly next: string | null };
  }[];
  /** Partitions that stand still; kplan apply --accept goes on after some of them. */
  readonly losses: readonly LossStatus[];
}

export interface LossStatus {
  /** What --accept takes: the source topic. */
  readonly address: string;
  readonly topic: string;
  readonly partition: number;
  readonly code: string;
  readonly summary: string;
  readonly since: string;
  /** How the flow can go on; null: only by mending the clusters. */
  readonly wayOn: string | null;
  /** Why somebody decided to go on, which the next apply does. */
  readonly accepted: string | null;
}

export interface LeaseStatus {
  readonly lease: string;
  readonly who: string;
  readonly command: string;
  readonly since: string;
  readonly renewedAt: string;
  readonly overAt: string;
  readonly over: boolean;
}

export interface FlowFacts {
  readonly name: string;
  /** The source cluster's name in the plan file. */
  readonly source: string;
  readonly partitions: readonly PartitionStatus[];
  /** Milliseconds since 1970; see `oldestWaitingMs`. */
  readonly oldestWaitingMs: number | null;
  /** Topics of the source whose records go by key; absent: none. */
  readonly byKey?: ReadonlySet<string>;
}

const formatVersion = '1.0';

/** `nowMs` is this machine's clock: good enough to say whether a lease is over, never to take one. */
export function statusDocument(
  facts: readonly FlowFacts[],
  state: StateSnapshot,
  nowMs: number,
  diagnostics: readonly Diagnostic[],
): StatusDocument {
  const leases = [...state.leases].map(([lease, { lease: held, renewedAtMs }]) => {
    const overAtMs = renewedAtMs + held.leaseSeconds * 1000;
    return {
      lease,
      who: held.holder.who,
      command: held.holder.command,
      since: held.since,
      renewedAt: new Date(renewedAtMs).toISOString(),
      overAt: new Date(overAtMs).toISOString(),
      over: overAtMs <= nowMs,
    };
  });
  const worked = new Set(leases.filter((one) => !one.over).map((one) => one.lease));
  const flows = facts.map((one) => flowStatus(one, lossesOf(one, state), worked.has(flowLease(one.name)), nowMs));
  return { formatVersion, flows, leases, cutovers: [], diagnostics };
}

function lossesOf({ name, source, byKey }: FlowFacts, { losses }: StateSnapshot): LossStatus[] {
  const ofFlow = [...(losses?.values() ?? [])].filter((loss) => loss.flow === name);
  return ofFlow.map((loss) => ({
    address: topicAddress(source, loss.source.topic),
    topic: loss.source.topic,
    partition: loss.source.partition,
    code: loss.code,
    summary: loss.summary,
    since: loss.at,
    wayOn: wayOn(loss, byKey?.has(loss.source.topic) === true) ?? null,
    accepted: loss.accepted?.reason ?? null,
  }));
}

function flowStatus(facts: FlowFacts, losses: readonly LossStatus[], isWorkedOn: boolean, nowMs: number): FlowStatus {
  const { name, partitions } = facts;
  const lags = partitions.map(lagOf);
  const known = lags.every((lag) => lag !== null);
  const lagRecords = known ? lags.reduce<bigint>((sum, lag) => sum + (lag ?? 0n), 0n) : null;
  const age = facts.oldestWaitingMs === null ? null : Math.max(0, (nowMs - facts.oldestWaitingMs) / 1000);
  const lagSeconds = lagRecords === 0n ? 0 : age;
  return {
    name,
    state: losses.length > 0 ? 'stopped' : stateOf(partitions, isWorkedOn, lagRecords, lagSeconds),
    lagRecords: lagRecords === null ? null : String(lagRecords),
    lagSeconds,
    partitions: partitions.map(({ source, target }) => ({
      source: {
        topic: source.topic,
        partition: source.partition,
        next: text(source.next),
        stable: text(source.stable),
        end: text(source.end),
      },
      target: { topic: target.topic, partition: target.partition, next: text(target.next) },
    })),
    losses,
  };
}

/** Records that wait and may be read: those above the last stable offset belong to open transactions. */
function lagOf({ source }: PartitionStatus): bigint | null {
  const from = source.next ?? source.start;
  if (from === null || source.stable === null) return null;
  return source.stable > from ? source.stable - from : 0n;
}

/** A process whose oldest waiting record is younger has caught up: it commits every second by default, 60 s at most. */
const followingLagSecondsMax = 60;

function stateOf(
  partitions: readonly PartitionStatus[],
  isWorkedOn: boolean,
  lagRecords: bigint | null,
  lagSeconds: number | null,
): FlowState {
  if (partitions.some(isLost)) return 'stopped';
  if (lagRecords === 0n && partitions.some(isBlocked)) return 'blocked-by-transaction';
  if (!isWorkedOn) return 'idle';
  return lagSeconds !== null && lagSeconds < followingLagSecondsMax ? 'following' : 'catching-up';
}

/** Records were lost, or the topic is another one: the mirror stops there, and a person must decide. */
function isLost({ source, recreated }: PartitionStatus): boolean {
  if (recreated) return true;
  if (source.next === null) return false;
  return (source.start !== null && source.next < source.start) || (source.end !== null && source.next > source.end);
}

function isBlocked({ source }: PartitionStatus): boolean {
  return source.stable !== null && source.end !== null && source.end > source.stable;
}

function text(offset: bigint | null): string | null {
  return offset === null ? null : String(offset);
}
