import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { definedFlow, notedByKey, producerLedger } from '../../../runner/state/flow-record.ts';
import type { HeldByUs } from '../../../runner/state/lease.ts';
import type { StateWrite } from '../../../runner/state/state-log.ts';
import type { FlowDefinition } from '../../../src/migration/migration.ts';
import { type FlowRecord, stateRecordVersion } from '../../../src/state/records.ts';

const definition = { name: 'f', start: 'earliest' } as FlowDefinition;
const record: FlowRecord = { v: stateRecordVersion, definition, producerIds: ['7'] };

function stored(write: StateWrite | undefined): unknown {
  return JSON.parse(String(write?.value));
}

test('what was noted of a flow stays when it is defined anew, and when producer ids are added', async () => {
  const written: StateWrite[] = [];
  const held = {
    write: async (records: readonly StateWrite[]) => void written.push(...records),
  } as unknown as HeldByUs;
  const noted = await notedByKey(held, record);
  assert.equal(stored(written.pop()), { ...record, byKey: true });
  assert.is(await notedByKey(held, noted), noted);
  assert.is(written.length, 0, 'noted once');
  const changed = { ...definition, start: 'latest' } as FlowDefinition;
  assert.equal(stored(definedFlow(changed, noted)), { ...noted, definition: changed });
  assert.equal(stored(definedFlow(definition, undefined)), { ...record, producerIds: [] });
  await producerLedger(held, noted).add(8n);
  assert.equal(stored(written.pop()), { ...noted, producerIds: ['7', '8'] });
});

test.run();
