import type { Flow } from '../../src/migration/migration.ts';
import type { Clock, LogReader } from '../engines/native/ports.ts';
import type { StoredPosition } from '../engines/native/positions.ts';
import type { ByKeyTopics } from '../groups/read-by-key.ts';
import type { VerifiedStore } from './progress-book.ts';
import type { Scope } from './scope.ts';

export interface VerifyFlowRequest {
  readonly flow: Pick<Flow, 'name' | 'topics'>;
  readonly source: LogReader;
  readonly target: LogReader;
  /** The flow's positions: where each partition's comparison ends. */
  readonly positions: readonly StoredPosition[];
  /** What translations need of topics whose records go by key; absent: there are none. */
  readonly byKey?: ByKeyTopics;
  /** Topics whose `cleanup.policy` holds `compact`. */
  readonly compacted: { readonly source: ReadonlySet<string>; readonly target: ReadonlySet<string> };
  /** Default all. On compacted topics a sample would not tell a cleaned record from a lost one: they are compared as a whole. */
  readonly scope?: Scope;
  /** Where it is kept what was verified; absent: nothing is kept, and nothing known of earlier runs. */
  readonly store?: VerifiedStore;
  /** Compares anew what was verified before. */
  readonly anew?: boolean;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

export interface VerifyProgress {
  readonly flow: string;
  readonly records: bigint;
  readonly partitionsDone: number;
  readonly partitions: number;
}
