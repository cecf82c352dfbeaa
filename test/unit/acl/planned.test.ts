import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Acl } from '../../../src/cluster/acl.ts';
import type { ClusterSnapshot } from '../../../src/cluster/snapshot.ts';
import { snapshotFromJson } from '../../../src/cluster/snapshot-json.ts';
import { aclAddress, parseAddress } from '../../../src/execution-plan/address.ts';
import type { ExecutionPlan } from '../../../src/execution-plan/execution-plan.ts';
import { staleness } from '../../../src/execution-plan/staleness.ts';
import { renderPlanText } from '../../../src/render/plan-text.ts';
import { aclKey } from '../../../src/resources/acl/acl-words.ts';
import { emptyState } from '../../../src/state/state-codec.ts';
import { planned, stateOf } from '../planner/plan-case.ts';
import { acl } from './acl.ts';

const runs = { numRuns: 200, seed: Number(process.env.KPLAN_TEST_SEED ?? 1) };

function cluster(entries: readonly Acl[]): ReadonlyMap<string, ClusterSnapshot> {
  const acls = { entries, everyoneIfNone: 'no', principal: 'User:kplan', superUsers: ['User:kplan'] };
  return new Map([['c', snapshotFromJson('c', JSON.stringify({ clusterId: 'c', brokers: 1, acls }))]]);
}

interface Declared {
  readonly acl: Acl;
  readonly state: 'present' | 'absent';
}

function planText(declared: readonly Declared[]): string {
  const acls = declared.map(({ acl: { principal, type, pattern, name, operation, permission, host }, state }) => ({
    ...{ principal, resource: { type, name, pattern }, operations: [operation], permission, host },
    ...(state === 'absent' ? { state } : {}),
  }));
  return JSON.stringify({ version: 1, name: 'test', clusters: { c: { bootstrap: ['c:9092'] } }, acls: { c: acls } });
}

function afterApply(plan: ExecutionPlan, entries: readonly Acl[]): readonly Acl[] {
  const live = new Map(entries.map((one) => [aclKey(one), one]));
  for (const change of plan.changes) {
    if (change.kind !== 'acl') continue;
    if (change.before !== null) live.delete(aclKey(change.before));
    if (change.after !== null) live.set(aclKey(change.after), change.after);
  }
  return [...live.values()];
}

const anyAcl: fc.Arbitrary<Acl> = fc.record({
  principal: fc.constantFrom('User:a', 'User:A', 'User:*', 'User:CN=x/y, O=*'),
  type: fc.constantFrom('topic', 'group'),
  pattern: fc.constantFrom('literal', 'prefixed'),
  name: fc.constantFrom('orders', 'Orders', 'a.b'),
  operation: fc.constantFrom('read', 'all', 'describe'),
  permission: fc.constantFrom('allow', 'deny'),
  host: fc.constantFrom('*', '10.0.0.1'),
});
/** It takes some 300 ms; a machine may be busy. */
const elapsedMsMax = 10_000;
const live = fc.uniqueArray(anyAcl, { selector: aclKey, maxLength: 12 });
const declared = fc.uniqueArray(
  fc.record({ acl: anyAcl, state: fc.constantFrom('present' as const, 'absent' as const) }),
  { selector: (one) => aclKey(one.acl), minLength: 1, maxLength: 12 },
);

test('after an apply nothing is left to do, and what is not declared stays', () => {
  fc.assert(
    fc.property(live, declared, (entries, wanted) => {
      const text = planText(wanted);
      const plan = planned({ text, snapshots: cluster(entries) });
      const after = afterApply(plan, entries);
      assert.equal(planned({ text, snapshots: cluster(after) }).changes, []);
      const [named, kept] = [new Set(wanted.map((one) => aclKey(one.acl))), new Set(after.map(aclKey))];
      assert.ok(entries.every((one) => named.has(aclKey(one)) || kept.has(aclKey(one))));
      const changes = plan.changes.length > 0;
      assert.equal(staleness(plan, { snapshots: cluster(entries), state: emptyState, begun: false }), []);
      assert.is(staleness(plan, { snapshots: cluster(after), state: emptyState, begun: false }).length > 0, changes);
      assert.equal(staleness(plan, { snapshots: cluster(after), state: emptyState, begun: true }), []);
    }),
    runs,
  );
});

test('each step has one ACL, and none is deleted before what may stand for it is there', () => {
  fc.assert(
    fc.property(live, declared, (entries, wanted) => {
      const plan = planned({ text: planText(wanted), snapshots: cluster(entries) });
      const steps = plan.steps.map((step) => step.id);
      assert.is(steps.length, plan.changes.length);
      for (const [at, step] of plan.steps.entries()) {
        assert.ok(step.undo !== undefined && step.after.every((id) => steps.indexOf(id) < at));
      }
      for (const gone of plan.changes.filter((change) => change.action === 'delete')) {
        const before = plan.steps.find((step) => step.address === gone.address)?.after ?? [];
        const same = plan.changes.filter(
          (change) =>
            change.action === 'create' &&
            change.kind === 'acl' &&
            gone.kind === 'acl' &&
            change.after?.principal === gone.before?.principal,
        );
        assert.ok(same.every((change) => before.includes(`create-acl:${change.address}`)));
      }
    }),
    runs,
  );
});

test('an address tells every ACL from every other', () => {
  fc.assert(
    fc.property(anyAcl, anyAcl, (a, b) => {
      assert.is(aclAddress('c', a) === aclAddress('c', b), aclKey(a) === aclKey(b));
      assert.equal(parseAddress(aclAddress('x/y', a)), { kind: 'acl', cluster: 'x/y' });
    }),
    runs,
  );
});

test('drift is an ACL of ours that is gone; one that left the file is noted while it lives', () => {
  const [kept, lost, left] = ['kept', 'lost', 'left'].map((name) => acl('User:a', 'topic', name, 'read'));
  assert.ok(kept && lost && left);
  const state = stateOf(Object.fromEntries([kept, lost, left].map((one) => [aclAddress('c', one), one])));
  const text = planText([kept, lost].map((one) => ({ acl: one, state: 'present' })));
  const plan = planned({ text, state, snapshots: cluster([kept, left]) });
  assert.equal(
    plan.drift.map((one) => one.address),
    [aclAddress('c', lost)],
  );
  assert.equal(
    plan.changes.map((one) => one.address),
    [aclAddress('c', lost)],
  );
  assert.equal(
    plan.diagnostics.map((one) => one.code),
    ['KP2115'],
  );
  const gone = planned({ text, state, snapshots: cluster([kept, lost]) });
  assert.equal(gone.diagnostics, []);
});

test('ten thousand ACLs that a flow brings along are planned at once and shown on fewer than 320 lines', () => {
  const many = Array.from({ length: 10_000 }, (_, at) => acl(`User:app-${at % 500}`, 'topic', `t${at % 20}`, 'read'));
  const entries = many.map((one, at) => ({ ...one, host: `10.0.${at >> 8}.${at & 255}` }));
  const topics = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`t${at}`, { partitions: 1 }]));
  const side = (name: string, acls: object) => {
    const json = { clusterId: name, brokers: 1, topics, acls: { everyoneIfNone: 'no', ...acls } };
    return [name, snapshotFromJson(name, JSON.stringify(json))] as const;
  };
  const snapshots = new Map([side('a', { entries }), side('b', { entries: [] })]);
  const flow = { name: 'f', source: 'a', target: 'b', topics: { include: ['t*'] }, acls: { include: ['*'] } };
  const clusters = { a: { bootstrap: ['a:9092'] }, b: { bootstrap: ['b:9092'] } };
  const startedAt = performance.now();
  const plan = planned({ text: JSON.stringify({ version: 1, name: 'test', clusters, flows: [flow] }), snapshots });
  const lines = renderPlanText(plan, { color: false }).split('\n').length;
  const elapsedMs = performance.now() - startedAt;
  assert.is(plan.changes.filter((change) => change.kind === 'acl').length, 10_000);
  assert.ok(lines < 320, `${lines} lines`);
  assert.ok(elapsedMs < elapsedMsMax, `${elapsedMs} ms`);
});

test.run();
