import type { FlowDefinition } from '../../src/migration/migration.ts';
import { flowKey } from '../../src/state/keys.ts';
import { type FlowRecord, stateRecordVersion } from '../../src/state/records.ts';
import { encodeStateRecord } from '../../src/state/state-codec.ts';
import type { ProducerLedger } from '../engines/native/options.ts';
import type { HeldByUs } from './lease.ts';
import type { StateWrite } from './state-log.ts';

/** The record of a flow with its definition as wanted now; all else stays. */
export function definedFlow(definition: FlowDefinition, before: FlowRecord | undefined): StateWrite {
  return flowWrite({ producerIds: [], ...before, v: stateRecordVersion, definition });
}

/**
 * The record of a flow that is about to be mirrored, where some of its topics go by key: that is stored before the first of
 * their positions is, and a plan looks at them from then on.
 */
export async function notedByKey(held: HeldByUs, record: FlowRecord): Promise<FlowRecord> {
  if (record.byKey === true) return record;
  const noted: FlowRecord = { ...record, byKey: true };
  await held.write([flowWrite(noted)]);
  return noted;
}

/** The producer ids that ever wrote for a flow. `held` is the lease of the flow: only its holder may add. */
export function producerLedger(held: HeldByUs, record: FlowRecord): ProducerLedger {
  let producerIds = record.producerIds;
  return {
    known: () => producerIds.map(BigInt),
    async add(producerId) {
      const added = String(producerId);
      if (producerIds.includes(added)) return;
      await held.write([flowWrite({ ...record, producerIds: [...producerIds, added] })]);
      producerIds = [...producerIds, added];
    },
  };
}

function flowWrite(record: FlowRecord): StateWrite {
  return { key: flowKey(record.definition.name), value: encodeStateRecord(record) };
}
