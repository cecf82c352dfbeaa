import type { StateRecord } from '../../src/state/state-codec.ts';

/** The state topic of one migration, as leases and journal need it. */
export interface StateLog {
  /** The cluster's name in the plan file. */
  readonly cluster: string;
  readonly topic: string;
  /** Everything up to the end that the topic had when the call began. */
  read(): Promise<StateView>;
  /** The broker's clock, milliseconds since 1970: the append time of a record written now. */
  brokerTimeMs(): Promise<number>;
  /** Init on the transactional id: fences its older writers and aborts what they left open. */
  openWriter(transactionalId: string): Promise<StateWriter>;
}

export interface StateView {
  /** Records that stand, in the order of the log. */
  readonly records: readonly StateRecord[];
  /**
   * The same and, among them, records of transactions that were not ended yet. A lease is judged by these: its holder
   * lived when it wrote them, and waiting for the end of a dead one's transaction could take longer than its lease.
   */
  readonly recordsSeen: readonly StateRecord[];
}

/** One epoch of a transactional id. Calls must not overlap. */
export interface StateWriter {
  /**
   * Writes all records in one transaction. Throws a `FencedError` where a newer writer has taken the transactional id,
   * another `ClusterFault` where the cluster does not answer; whether the records stand is unknown then, and the
   * writer is of no more use.
   */
  write(records: readonly StateWrite[]): Promise<void>;
}

export interface StateWrite {
  readonly key: string;
  /** Null deletes the key. */
  readonly value: string | null;
}
