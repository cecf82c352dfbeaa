import { parseStateKey } from './keys.ts';
import {
  type AppliedRecord,
  type FlowRecord,
  type JournalEntry,
  type Lease,
  type LossRecord,
  type StateSnapshot,
  stateRecordVersion,
  type WantedFlow,
} from './records.ts';

/** One record of the state topic, as text; a null value deletes the key (compaction). */
export interface StateRecord {
  readonly key: string;
  readonly value: string | null;
  /** The broker's append time (LogAppendTime). */
  readonly appendTimeMs: number;
}

/** Why a state topic cannot be read by this kplan. */
export type StateProblem =
  | { readonly problem: 'newer'; readonly key: string; readonly version: number }
  | { readonly problem: 'broken'; readonly key: string };

/** The oldest version that is still read: the one before ours. */
const oldestVersion = Math.max(1, stateRecordVersion - 1);

type Versioned = Lease | JournalEntry | AppliedRecord | FlowRecord | WantedFlow | LossRecord;

/** JSON of a state record; offsets and 64-bit numbers in it are strings already by their types. */
export function encodeStateRecord(record: Versioned): string {
  return JSON.stringify(record);
}

/**
 * Folds records, in the order of the log, into what holds now; each map is in the order in which its entries were last
 * written. Unknown keys are left alone; problems are returned, for a newer kplan's records must neither be guessed nor
 * overwritten.
 */
export function foldState(records: Iterable<StateRecord>): {
  readonly snapshot: StateSnapshot;
  readonly problems: readonly StateProblem[];
} {
  const applied = new Map<string, AppliedRecord>();
  const flows = new Map<string, FlowRecord>();
  const wanted = new Map<string, WantedFlow>();
  const losses = new Map<string, LossRecord>();
  const leases = new Map<string, { readonly lease: Lease; readonly renewedAtMs: number }>();
  const journal = new Map<string, JournalEntry>();
  const problems = new Map<string, StateProblem>();
  for (const { key, value, appendTimeMs } of records) {
    const parsed = parseStateKey(key);
    if (parsed === null || parsed.kind === 'probe') continue;
    problems.delete(key);
    const decoded = value === null ? null : decode(key, value);
    if (decoded !== null && 'problem' in decoded) {
      problems.set(key, decoded);
      continue;
    }
    const record = decoded?.record ?? null;
    if (parsed.kind === 'lease') {
      put(leases, parsed.lease, record === null ? null : { lease: record as Lease, renewedAtMs: appendTimeMs });
    } else if (parsed.kind === 'journal') {
      put(journal, `${parsed.run}/${parsed.step}`, record as JournalEntry | null);
    } else if (parsed.kind === 'applied') {
      put(applied, parsed.address, record as AppliedRecord | null);
    } else if (parsed.kind === 'wanted') {
      put(wanted, parsed.flow, record as WantedFlow | null);
    } else if (parsed.kind === 'loss') {
      put(losses, key, record as LossRecord | null);
    } else {
      put(flows, parsed.flow, record as FlowRecord | null);
    }
  }
  return {
    snapshot: { exists: true, applied, flows, wanted, losses, leases, journal },
    problems: [...problems.values()],
  };
}

/** What holds where there is no state topic yet. */
export const emptyState: StateSnapshot = {
  exists: false,
  applied: new Map(),
  flows: new Map(),
  leases: new Map(),
  journal: new Map(),
};

/** Removing first keeps the map in the order of the last writes. */
function put<V>(map: Map<string, V>, key: string, value: V | null): void {
  map.delete(key);
  if (value !== null) map.set(key, value);
}

function decode(key: string, text: string): { readonly record: Versioned } | StateProblem {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || !('v' in value) || typeof value.v !== 'number') {
    return { problem: 'broken', key };
  }
  if (value.v > stateRecordVersion) return { problem: 'newer', key, version: value.v };
  if (value.v < oldestVersion || !hasFields(key, value)) return { problem: 'broken', key };
  return { record: value as Versioned };
}

/** The fields without which a record of that kind cannot be understood. */
const requiredFields: Readonly<Record<string, readonly string[]>> = {
  lease: ['holder', 'since', 'leaseSeconds'],
  journal: ['digest', 'step', 'kind', 'status', 'at'],
  applied: ['digest', 'at', 'state'],
  flow: ['definition', 'producerIds'],
  wanted: ['flow'],
  loss: ['flow', 'source', 'target', 'code', 'summary', 'at'],
};

function hasFields(key: string, value: object): boolean {
  return (requiredFields[key.slice(0, key.indexOf('/'))] ?? []).every((field) => field in value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
