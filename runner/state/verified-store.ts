import { positionsTopic } from '../../src/state/keys.ts';
import {
  decodeVerified,
  encodeVerified,
  isVerifiedKeyOf,
  type VerifiedRecord,
} from '../../src/state/verified-codec.ts';
import type { Clock, TransactionalLog } from '../engines/native/ports.ts';
import { scanWhole } from '../engines/native/scan.ts';
import { buildBatch } from '../records/build.ts';
import type { VerifiedStore } from '../verify/progress-book.ts';
import { appendBatch, batchParts } from './append-batch.ts';

/** What was verified, in the positions topic of migration `name` on the target, where it is. Throws a ClusterFault. */
export function kafkaVerifiedStore(log: TransactionalLog, clock: Clock, name: string): VerifiedStore {
  const topic = positionsTopic(name);
  const at = { topic, partition: 0 };
  return {
    async read(flow) {
      const records = new Map<string, VerifiedRecord>();
      const unreadable = new Set<string>();
      if (!(await log.describeTopics([topic])).has(topic)) return { records, unreadable };
      await scanWhole(log, at, clock, () => {
        records.clear();
        unreadable.clear();
        return ({ key, value }) => take(key, value);
      });
      return { records, unreadable };

      function take(keyBytes: Buffer | null, value: Buffer | null): void {
        const key = keyBytes?.toString() ?? '';
        if (!isVerifiedKeyOf(flow, key)) return;
        records.delete(key);
        unreadable.delete(key);
        const decoded = value === null ? { problem: 'broken' } : decodeVerified(value.toString());
        if ('record' in decoded) records.set(key, decoded.record);
        else if (decoded.problem === 'newer') unreadable.add(key);
      }
    },
    async write(records) {
      const entries = [...records].map(([key, record]) => ({
        key: Buffer.from(key),
        value: record === null ? null : Buffer.from(encodeVerified(record)),
        timestamp: BigInt(clock.nowMs()),
      }));
      for (const part of batchParts(entries, ({ key, value }) => key.length + (value?.length ?? 0))) {
        const batch = buildBatch({ records: part });
        await appendBatch(log, clock, { topic, producer: null, batch });
      }
    },
  };
}
