import { type VerifiedRecord, verifiedKey, verifiedOwner } from '../../src/state/verified-codec.ts';
import type { Clock } from '../engines/native/ports.ts';

/** Where what was verified is kept, so that it stays verified. */
export interface VerifiedStore {
  /** Of one flow, by `verifiedKey`; `unreadable` are keys of a newer kplan, not to be overwritten. */
  read(
    flow: string,
  ): Promise<{ readonly records: ReadonlyMap<string, VerifiedRecord>; readonly unreadable: ReadonlySet<string> }>;
  /** By `verifiedKey`; null: nothing of it is verified any more. Throws a ClusterFault where the cluster takes none. */
  write(records: ReadonlyMap<string, VerifiedRecord | null>): Promise<void>;
}

/** Writes down how far each partition is verified, now and then and at the end. */
export interface ProgressBook {
  note(record: VerifiedRecord): void;
  /** A difference was found: the next run must not begin behind it. */
  forget(key: string): void;
  /** Writes what is left. Gives why it could not be written, where it could not: then nothing more was. */
  close(): Promise<unknown>;
}

/** What a kill costs at most, besides the part at hand. */
const writeIntervalMs = 5_000;

export function openProgressBook(
  store: Pick<VerifiedStore, 'write'>,
  unreadable: ReadonlySet<string>,
  clock: Clock,
): ProgressBook {
  const toWrite = new Map<string, VerifiedRecord | null>();
  let writing: Promise<void> | undefined;
  let writtenAtMs = clock.nowMs();
  let failure: unknown;

  async function write(): Promise<void> {
    const records = new Map(toWrite);
    toWrite.clear();
    try {
      if (records.size > 0) await store.write(records);
    } catch (error) {
      failure ??= error;
    }
    writtenAtMs = clock.nowMs();
    writing = undefined;
  }

  function put(key: string, record: VerifiedRecord | null): void {
    if (failure !== undefined || unreadable.has(key)) return;
    toWrite.set(key, record);
    if (writing === undefined && clock.nowMs() - writtenAtMs >= writeIntervalMs) writing = write();
  }

  return {
    note: (record) => put(verifiedKey(verifiedOwner(record)), record),
    forget: (key) => put(key, null),
    async close() {
      await writing;
      if (failure === undefined) await write();
      return failure;
    },
  };
}
