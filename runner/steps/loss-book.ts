import { diagnostic } from '../../src/diagnostics/diagnostic.ts';
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
  /** What the plan file says beforehand, or somebody said of this very loss. */
  answer(loss: Loss): 'stop' | 'continue';
  found(loss: Loss): void;
  /** Partitions that go on have no loss any more. */
  committed(partitions: readonly CommittedPosition[]): void;
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
  let writing: Promise<void> = Promise.resolve();

  function write(records: readonly StateWrite[]): void {
    writing = writing.then(() => held.write(records));
    writing.catch(() => {});
  }

  return {
    answer(loss) {
      const beforehand = decided[loss.kind];
      if (beforehand !== undefined && flow.onLoss?.[beforehand] === 'continue') return 'continue';
      const known = losses.get(lossKey(flow.name, loss.source));
      return known?.accepted !== undefined && known.code === loss.diagnostic.code ? 'continue' : 'stop';
    },
    found({ source, target, diagnostic: { code, summary } }) {
      const key = lossKey(flow.name, source);
      foundNow.add(key);
      if (losses.get(key)?.code === code) return;
      const at = new Date(clock.nowMs()).toISOString();
      const record: LossRecord = { v: stateRecordVersion, flow: flow.name, source, target, code, summary, at };
      losses.set(key, record);
      write([{ key, value: encodeStateRecord(record) }]);
    },
    committed(partitions) {
      if (losses.size === 0) return;
      const keys = partitions.map((one) => lossKey(flow.name, one.source));
      const over = keys.filter((key) => !foundNow.has(key) && losses.delete(key));
      if (over.length > 0) write(over.map((key) => ({ key, value: null })));
    },
    stored: () => writing,
  };
}

/** Told when the flow goes on: the loss itself, no longer an error. */
export function passedNote({ diagnostic: { code, address, summary, detail } }: Loss) {
  return diagnostic(code, { severity: 'warning', address, summary: `${summary} The flow goes on.`, detail });
}
