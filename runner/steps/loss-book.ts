import { diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { isSameLoss } from '../../src/losses/same-loss.ts';
import type { DecidedLoss, Flow } from '../../src/migration/migration.ts';
import { lossKey } from '../../src/state/keys.ts';
import { type LossRecord, type StateSnapshot, stateRecordVersion } from '../../src/state/records.ts';
import { encodeStateRecord } from '../../src/state/state-codec.ts';
import type { Loss, LossKind } from '../engines/native/losses.ts';
import type { CommittedPosition } from '../engines/native/options.ts';
import type { Clock } from '../engines/native/ports.ts';
import type { HeldByUs } from '../state/lease.ts';
import type { StateWrite } from '../state/state-log.ts';

/** A flow's losses as the state knows them, kept by the holder of the flow's lease. */
export interface LossBook {
  /** What the plan file says beforehand, or somebody said of this very loss, and of those that the way on from led to it. */
  answer(loss: Loss): 'stop' | 'continue';
  found(loss: Loss): void;
  /** Partitions that go on have no loss any more. */
  committed(partitions: readonly CommittedPosition[]): void;
  /** The flow has caught up: what was not found has no loss any more, though nothing of it was committed. */
  caughtUp(): void;
  /** Resolves when all of it is stored. Throws what the lease throws. */
  stored(): Promise<void>;
}

const decided: Readonly<Partial<Record<LossKind, DecidedLoss>>> = {
  retention: 'retention',
  recreated: 'recreated',
  truncated: 'truncated',
  'foreign-writer': 'foreignWriter',
};

export function openLossBook(flow: Flow, state: StateSnapshot, held: HeldByUs, clock: Clock): LossBook {
  const losses = new Map([...(state.losses ?? [])].filter(([, loss]) => loss.flow === flow.name));
  /** What was read before such a loss is still committed after it. */
  const foundNow = new Set<string>();
  /** Accepted losses by whose way the flow goes on, until that is committed. */
  const goneOnAfter = new Map<string, readonly AcceptedLoss[]>();
  let writing: Promise<void> = Promise.resolve();

  function write(records: readonly StateWrite[]): void {
    writing = writing.then(() => held.write(records));
    writing.catch(() => {});
  }

  function forget(keys: readonly string[]): void {
    for (const key of keys) goneOnAfter.delete(key);
    const over = keys.filter((key) => !foundNow.has(key) && losses.delete(key));
    if (over.length > 0) write(over.map((key) => ({ key, value: null })));
  }

  return {
    answer(loss) {
      const beforehand = decided[loss.kind];
      if (beforehand !== undefined && flow.onLoss?.[beforehand] === 'continue') return 'continue';
      const key = lossKey(flow.name, loss.source);
      const accepted = acceptedOf(losses.get(key)).find((one) => isSameLoss(one, knownOf(loss)));
      if (accepted === undefined) return 'stop';
      const others = (goneOnAfter.get(key) ?? []).filter((one) => !isSameLoss(one, accepted));
      goneOnAfter.set(key, [...others, accepted]);
      return 'continue';
    },
    found(loss) {
      const { source, target } = loss;
      const key = lossKey(flow.name, source);
      foundNow.add(key);
      const before = losses.get(key);
      const known = knownOf(loss);
      if (before !== undefined && isSameLoss(before, known) && before.isFinal === known.isFinal) return;
      const at = new Date(clock.nowMs()).toISOString();
      const acceptedBefore = goneOnAfter.get(key);
      const record: LossRecord = {
        v: stateRecordVersion,
        flow: flow.name,
        source,
        target,
        ...known,
        at,
        ...(acceptedBefore === undefined ? {} : { acceptedBefore }),
      };
      losses.set(key, record);
      write([{ key, value: encodeStateRecord(record) }]);
    },
    committed: (partitions) => forget(partitions.map((one) => lossKey(flow.name, one.source))),
    caughtUp: () => forget([...losses.keys()]),
    stored: () => writing,
  };
}

/** What the state says of a loss; 64-bit numbers are strings there. */
function knownOf({ offsets, isFinal, diagnostic: { code, summary } }: Loss) {
  const entries = Object.entries(offsets).map(([name, offset]) => [name, String(offset)] as const);
  return {
    code,
    summary,
    ...(entries.length === 0 ? {} : { offsets: Object.fromEntries(entries) }),
    ...(isFinal === undefined ? {} : { isFinal }),
  };
}

type AcceptedLoss = NonNullable<LossRecord['acceptedBefore']>[number];

/** All that somebody has accepted of a partition, the newest last. */
function acceptedOf(known: LossRecord | undefined): readonly AcceptedLoss[] {
  if (known === undefined) return [];
  const { code, summary, offsets, accepted, acceptedBefore = [] } = known;
  if (accepted === undefined) return acceptedBefore;
  return [...acceptedBefore, { code, summary, accepted, ...(offsets === undefined ? {} : { offsets }) }];
}

/** Told when the flow goes on: the loss itself, no longer an error. */
export function passedNote({ diagnostic: { code, address, summary, detail } }: Loss) {
  return diagnostic(code, { severity: 'warning', address, summary: `${summary} The flow goes on.`, detail });
}
