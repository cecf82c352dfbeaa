import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { OpenTransaction, ProgressSnapshot } from '../../../src/cluster/progress.ts';
import { type ToldTransactions, tellHeldBack } from '../../../src/following/tell-held-back.ts';

const flow = { name: 'f', source: 'dc', topics: [{ source: 'orders' }] };
const startMs = Date.parse('2026-11-23T08:00:00Z');
const timeoutMs = 900_000;

function open(producerId: bigint, parts: Partial<OpenTransaction> = {}): OpenTransaction {
  const coordinator = { transactionalId: `billing-${producerId}`, startMs, timeoutMs };
  return {
    topic: 'orders',
    partition: 0,
    producerId,
    startOffset: 7n,
    lastTimestampMs: startMs,
    coordinator,
    ...parts,
  };
}

/** A follower that looks again and again: what it tells each time. */
function follower() {
  let told: ToldTransactions = new Set();
  return (afterMs: number, openTransactions: readonly OpenTransaction[], parts: Partial<ProgressSnapshot> = {}) => {
    const progress = { ends: new Map(), commits: new Map(), openTransactions, unread: [], ...parts };
    const look = tellHeldBack(flow, progress, startMs + afterMs, told);
    told = look.told;
    return look.diagnostics;
  };
}

const minute = 60_000;

test('a transaction that holds a flow back is told once, with its producer and its age, and once more when it is over', () => {
  const look = follower();
  assert.equal(look(minute - 1, [open(4n)]), [], 'younger than a minute');
  const [told, ...others] = look(2 * minute, [open(4n), open(4n, { partition: 1 })]);
  assert.equal(others, []);
  assert.is(told?.code, 'KP4028');
  assert.is(told?.address, 'flow/f');
  assert.is(told?.summary, 'A transaction is open on dc for 2 minutes and holds back 2 partitions of flow f.');
  assert.match(told?.detail ?? '', 'producer 4 (transactional id billing-4) for 2 minutes: orders:0, orders:1');
  assert.match(told?.fix ?? '', 'Let its producer commit or abort');
  assert.equal(look(3 * minute, [open(4n)]), [], 'it only got older');
  assert.equal(
    look(4 * minute, []).map((one) => one.code),
    ['KP4029'],
  );
  assert.equal(look(5 * minute, []), []);
});

test('another transaction, and one that nobody is left to end, are told again', () => {
  const look = follower();
  assert.is(look(2 * minute, [open(4n)]).length, 1);
  assert.match(look(3 * minute, [open(4n), open(5n)])[0]?.summary ?? '', '2 transactions are open');
  assert.equal(look(4 * minute, [open(5n)]), [], 'one of them is over, the other was told');
  const [left] = look(timeoutMs + minute, [open(5n)]);
  assert.match(left?.fix ?? '', 'abort --topic orders --partition 0 --start-offset 7');
  assert.equal(look(timeoutMs + 2 * minute, [open(5n)]), []);
});

test('a topic that the flow does not mirror, and what a cluster does not tell, are no news', () => {
  const look = follower();
  assert.equal(look(2 * minute, [open(4n, { topic: 'other' })]), []);
  assert.is(look(2 * minute, [open(4n)]).length, 1);
  assert.equal(look(3 * minute, [], { ends: new Map([['orders', [undefined]]]) }), [], 'a partition without a leader');
  assert.equal(look(4 * minute, [], { unread: [{ what: 'open transactions', error: 'REQUEST_TIMED_OUT' }] }), []);
  assert.equal(look(5 * minute, [open(4n)]), [], 'it is the one that was told');
  assert.is(look(6 * minute, [])[0]?.code, 'KP4029');
});

test.run();
