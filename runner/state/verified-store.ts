import { positionsTopic } from '../../src/state/keys.ts';
import {
  decodeVerified,
  encodeVerified,
  isVerifiedKeyOf,
  type VerifiedRecord,
} from '../../src/state/verified-codec.ts';
import { askOffsets } from '../engines/native/ask-offsets.ts';
import { partitionName } from '../engines/native/losses.ts';
import type { Clock, TransactionalLog } from '../engines/native/ports.ts';
import { scanBatches } from '../engines/native/scan.ts';
import { buildBatch } from '../records/build.ts';
import { decodeRecords } from '../records/decode.ts';
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
      const from = (await askOffsets(log, [at], 'earliest', clock)).get(partitionName(at)) ?? 0n;
      const to = (await askOffsets(log, [at], 'last-stable', clock)).get(partitionName(at)) ?? 0n;
      await scanBatches(log, { ...at, from, to }, clock, (batch, fate) => {
        if (fate === 'data') for (const { key, value } of decodeRecords(batch)) take(key, value);
        return 'next';
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
