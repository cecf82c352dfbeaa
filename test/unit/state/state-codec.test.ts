import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  appliedKey,
  flowKey,
  flowLease,
  journalKey,
  leaseKey,
  parseStateKey,
  wantedKey,
} from '../../../src/state/keys.ts';
import { type JournalEntry, stateRecordVersion } from '../../../src/state/records.ts';
import { encodeStateRecord, foldState, type StateRecord } from '../../../src/state/state-codec.ts';

const entry: JournalEntry = {
  v: stateRecordVersion,
  digest: 'd1',
  step: 'create-topic:topic/msk/a',
  kind: 'create-topic',
  status: 'begun',
  at: '2026-11-23T08:00:00.000Z',
};
const lease = {
  v: stateRecordVersion,
  holder: { id: 'a1', who: 'me@here', command: 'apply' },
  since: '2026-11-23T08:00:00.000Z',
  leaseSeconds: 15,
};

function record(key: string, value: unknown, appendTimeMs = 1): StateRecord {
  return { key, value: value === null ? null : JSON.stringify(value), appendTimeMs };
}

test('every key that is written is read back as what it names', () => {
  assert.equal(parseStateKey(journalKey('run1', entry.step)), { kind: 'journal', run: 'run1', step: entry.step });
  assert.equal(parseStateKey(appliedKey('topic/msk/a')), { kind: 'applied', address: 'topic/msk/a' });
  assert.equal(parseStateKey(flowKey('a/b')), { kind: 'flow', flow: 'a/b' });
  assert.equal(parseStateKey(wantedKey('a/b')), { kind: 'wanted', flow: 'a/b' });
  assert.equal(parseStateKey(leaseKey(flowLease('a/b'))), { kind: 'lease', lease: 'flow/a%2Fb' });
  assert.equal(parseStateKey(leaseKey('control')), { kind: 'lease', lease: 'control' });
  assert.is(parseStateKey('cutover/one'), null);
  assert.is(parseStateKey('flow/%'), null);
});

test('the last record of a key holds, and a null value takes it away', () => {
  const { snapshot, problems } = foldState([
    record('lease/control', lease, 10),
    record('journal/r/create-topic:topic/msk/a', entry),
    record('journal/r/create-topic:topic/msk/b', { ...entry, step: 'create-topic:topic/msk/b' }),
    record('journal/r/create-topic:topic/msk/a', { ...entry, status: 'done' }),
    record('applied/topic/msk/a', { v: 1, digest: 'd1', at: 'x', state: {} }),
    record('applied/topic/msk/a', null),
    record('lease/control', lease, 20),
  ]);
  assert.equal(problems, []);
  assert.is(snapshot.applied.size, 0);
  assert.is(snapshot.leases.get('control')?.renewedAtMs, 20);
  assert.equal(
    [...snapshot.journal.values()].map((one) => [one.step, one.status]),
    [
      ['create-topic:topic/msk/b', 'begun'],
      ['create-topic:topic/msk/a', 'done'],
    ],
  );
});

test('a record of a newer version and one of somebody else are problems, unknown keys are not', () => {
  const { problems } = foldState([
    record('journal/r/s', { ...entry, v: stateRecordVersion + 1 }),
    record('applied/topic/msk/a', 'hello'),
    { key: 'flow/a', value: '{', appendTimeMs: 1 },
    record('lease/control', { v: 1 }),
    record('somebody', { v: 99 }),
  ]);
  assert.equal(problems, [
    { problem: 'newer', key: 'journal/r/s', version: stateRecordVersion + 1 },
    { problem: 'broken', key: 'applied/topic/msk/a' },
    { problem: 'broken', key: 'flow/a' },
    { problem: 'broken', key: 'lease/control' },
  ]);
});

test('what is encoded is what is folded', () => {
  const key = journalKey('run1', entry.step);
  const { snapshot } = foldState([{ key, value: encodeStateRecord(entry), appendTimeMs: 1 }]);
  assert.equal(snapshot.journal.get(`run1/${entry.step}`), entry);
});

test.run();
