import type { FlowContext } from './flow-context.ts';
import { openIdempotent } from './idempotent.ts';
import type { MirrorOptions } from './options.ts';
import type { Session } from './session.ts';
import type { ReadyBatch, TargetPartition } from './target-partition.ts';
import { abandonTransaction, openTransactional } from './transactional.ts';

/**
 * How one session's records and positions get to the target. A session begins in the same way whatever the delivery
 * (`recover.ts`): each of them takes over what the other one left.
 */
export interface Delivery {
  /** Whether its record batches belong to a transaction. */
  readonly transactional: boolean;
  /** Does what must be done before what is queued may be sent, as far as it can be done now. */
  admit(): Promise<void>;
  /** The target partition's next batch, where it may be sent. */
  take(target: TargetPartition): ReadyBatch | undefined;
  /** What may be sent goes now, and is paid off later where a rate holds the flow back. */
  readonly isUrgent: boolean;
  /** The target has taken the batch. */
  taken(ready: ReadyBatch): void;
  /** The positions must be written before anything else is sent. */
  mustCommit(): boolean;
  /** Waits for what is in flight and writes the positions of all that moved. */
  commit(): Promise<void>;
  close(): void;
}

interface DeliveryKind {
  open(session: Session): Delivery;
  /** After the last of several sessions that failed. */
  abandon(flow: FlowContext): Promise<void>;
}

export const deliveries = {
  transactional: { open: openTransactional, abandon: abandonTransaction },
  idempotent: { open: openIdempotent, abandon: async () => {} },
} as const satisfies Record<MirrorOptions['delivery'], DeliveryKind>;
