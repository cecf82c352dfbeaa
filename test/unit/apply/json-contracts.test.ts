import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunEvent } from '../../../runner/run/events.ts';
import type { PartitionStatus } from '../../../runner/run/flow-status.ts';
import { applyJsonView } from '../../../src/cli/views/apply-json.ts';
import { statusDocument } from '../../../src/cli/views/status-document.ts';
import { diagnostic } from '../../../src/diagnostics/diagnostic.ts';
import type { StateSnapshot } from '../../../src/state/records.ts';
import { emptyState } from '../../../src/state/state-codec.ts';
import { recordedIo } from '../../fixtures/apply/recorded-io.ts';

const nowMs = Date.parse('2026-11-23T08:00:00Z');
const found = diagnostic('KP4002', { summary: 'locked', address: 'topic/a/b', detail: 'x' });

const events: { readonly [K in RunEvent['event']]: Extract<RunEvent, { readonly event: K }> } = {
  step_start: { event: 'step_start', step: 'mirror:flow/f', kind: 'mirror', address: 'flow/f' },
  step_progress: { event: 'step_progress', step: 'mirror:flow/f', message: 'on' },
  step_done: { event: 'step_done', step: 'mirror:flow/f', result: 'already-done', seconds: 0.5 },
  step_failed: { event: 'step_failed', step: 'mirror:flow/f', diagnostics: [found] },
  flow_progress: {
    event: 'flow_progress',
    flow: 'f',
    recordsPerSecond: 1.5,
    bytesPerSecond: 2,
    lagRecords: 2n ** 62n,
    records: 7n,
    bytes: 9,
  },
  follow_start: { event: 'follow_start', flows: ['f'] },
  diagnostic: { event: 'diagnostic', diagnostic: found },
  summary: {
    event: 'summary',
    summary: { result: 'decide', steps: { done: 1, alreadyDone: 0, failed: 1, left: 2 }, seconds: 3 },
  },
};

async function validator(name: string) {
  const schema = JSON.parse(await readFile(new URL(`../../../schema/${name}`, import.meta.url), 'utf8'));
  return new Ajv2020({ allErrors: true, formats: { 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ } }).compile(schema);
}

test('every event of apply is what its schema says, version first, 64-bit counts as strings', async () => {
  const io = recordedIo('/');
  const view = applyJsonView(io, () => nowMs);
  for (const event of Object.values(events)) view.event(event);
  const validate = await validator('events.v1.schema.json');
  for (const event of io.events()) assert.ok(validate(event), JSON.stringify([event, validate.errors]));
  assert.equal(
    io.events().map((one) => one.event),
    ['version', ...Object.keys(events)],
  );
  assert.is(io.events().find((one) => one.event === 'flow_progress')?.lagRecords, '4611686018427387904');
  assert.not.ok(validate({ event: 'step_done', at: 'now' }));
});

function partition(next: bigint | null, stable: bigint, end = stable, start = 0n): PartitionStatus {
  const source = { topic: 't', partition: 0, next, start, stable, end };
  return { source, target: { topic: 't', partition: 0, next }, recreated: false };
}

const lease = { v: 1, holder: { id: 'i', who: 'w', command: 'c' }, since: '2026-11-23T07:59:00Z', leaseSeconds: 15 };
const atWork: StateSnapshot = { ...emptyState, leases: new Map([['flow/f', { lease, renewedAtMs: nowMs - 1_000 }]]) };

test('a status document is what its schema says', async () => {
  const facts = [{ name: 'f', source: 'dc', partitions: [partition(null, 2n ** 62n)], oldestWaitingMs: nowMs - 2_500 }];
  const document = JSON.parse(JSON.stringify(statusDocument(facts, atWork, nowMs, [found])));
  const validate = await validator('status.v1.schema.json');
  const [flow] = document.flows;
  assert.is(flow.lagSeconds, 2.5);
  assert.is(flow.lagRecords, '4611686018427387904');
  assert.ok(validate(document), JSON.stringify(validate.errors));
});

test('the state of a flow: losses before transactions before who is at work', () => {
  const stateOf = (one: PartitionStatus, state: StateSnapshot) =>
    statusDocument([{ name: 'f', source: 'dc', partitions: [one], oldestWaitingMs: null }], state, nowMs, []).flows[0]
      ?.state;
  assert.is(stateOf(partition(5n, 10n), emptyState), 'idle');
  assert.is(stateOf(partition(5n, 10n), atWork), 'catching-up');
  assert.is(stateOf(partition(5n, 10n, 10n, 7n), atWork), 'stopped', 'the log starts above the position');
  assert.is(stateOf(partition(12n, 10n), atWork), 'stopped', 'the log ends below the position');
  assert.is(stateOf({ ...partition(5n, 10n), recreated: true }, atWork), 'stopped');
  assert.is(stateOf(partition(10n, 10n, 12n), atWork), 'blocked-by-transaction');
  assert.is(stateOf(partition(9n, 10n, 12n), atWork), 'catching-up');
  const dead = { ...emptyState, leases: new Map([['flow/f', { lease, renewedAtMs: nowMs - 20_000 }]]) };
  assert.is(stateOf(partition(5n, 10n), dead), 'idle');
});

test.run();
