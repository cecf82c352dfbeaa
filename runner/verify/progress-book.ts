import { type VerifiedRecord, verifiedKey, verifiedOwner } from '../../src/state/verified-codec.ts';
import type { Clock } from '../engines/native/ports.ts';

/** Where what was verified is kept, so that it stays verified. */
export interface VerifiedStore {
  /** Of one flow, by `verifiedKey`; `unreadable` are keys of a newer kplan, not to be overwritten. */
  read(
    flow: string,
  ): Promise<{ readonly records: ReadonlyMap<string, VerifiedRecord>; readonly unreadable: ReadonlySet<string> }>;
  /** Throws a ClusterFault where the cluster takes none. */
  write(records: readonly VerifiedRecord[]): Promise<void>;
}

/** Writes down how far each partition is verified, now and then and at the end. */
export interface ProgressBook {
  note(record: VerifiedRecord): void;
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
  const toWrite = new Map<string, VerifiedRecord>();
  let writing: Promise<void> | undefined;
  let writtenAtMs = clock.nowMs();
  let failure: unknown;

  async function write(): Promise<void> {
    const records = [...toWrite.values()];
    toWrite.clear();
    try {
      if (records.length > 0) await store.write(records);
    } catch (error) {
      failure ??= error;
    }
    writtenAtMs = clock.nowMs();
    writing = undefined;
  }

  return {
    note(record) {
      const key = verifiedKey(verifiedOwner(record));
      if (failure !== undefined || unreadable.has(key)) return;
      toWrite.set(key, record);
      if (writing === undefined && clock.nowMs() - writtenAtMs >= writeIntervalMs) writing = write();
    },
    async close() {
      await writing;
      if (failure === undefined) await write();
      return failure;
    },
  };
}
