import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { protocolEntity, quotaEntity } from '../../../runner/kafka/quota-entities.ts';
import type { ClusterSnapshot, QuotaSnapshot } from '../../../src/cluster/snapshot.ts';
import { parseAddress, quotaAddress } from '../../../src/execution-plan/address.ts';
import { type StalenessInput, staleness } from '../../../src/execution-plan/staleness.ts';
import { emptyState } from '../../../src/state/state-codec.ts';
import { planned, readCase } from '../planner/plan-case.ts';
import { afterApply } from '../planner/simulated-apply.ts';

const input = readCase(join(import.meta.dirname, '../../cases/plan/quota-all'));
const plan = planned(input);

function live(change: (quotas: readonly QuotaSnapshot[]) => readonly QuotaSnapshot[]): Map<string, ClusterSnapshot> {
  const msk = input.snapshots.get('msk');
  if (msk === undefined) throw new Error('the case has this cluster');
  return new Map([['msk', { ...msk, quotas: change(msk.quotas ?? []) }]]);
}

function stale(snapshots: StalenessInput['snapshots'], begun = false): string[] {
  const found = staleness(plan, { snapshots, state: input.state ?? emptyState, begun });
  return found.map((one) => `${one.address} ${one.field}: ${one.planned}, ${one.found}`);
}

const limitsOf = (user: string, limits: Record<string, number>) => (all: readonly QuotaSnapshot[]) =>
  all.map((one) => (one.entity.user === user && one.entity.clientId === undefined ? { ...one, limits } : one));

test('an address has user, client id and ip in this order, encoded', () => {
  assert.is(quotaAddress('msk', { clientId: 'c*', user: 'CN=a/b' }), 'quota/msk/user%3DCN%3Da%2Fb%2Cclient-id%3Dc%2A');
  const ip = quotaAddress('msk', { ip: '<default>' });
  assert.is(ip, 'quota/msk/ip%3D%3Cdefault%3E');
  assert.equal(parseAddress(ip), { kind: 'quota', cluster: 'msk', entity: 'ip=<default>' });
});

test('the default entity is null for the protocol, and what this version does not know is no entity', () => {
  const entity = { user: '<default>', clientId: 'c' };
  const parts = protocolEntity(entity);
  assert.equal(parts, [
    { entityType: 'user', entityName: null },
    { entityType: 'client-id', entityName: 'c' },
  ]);
  assert.equal(quotaEntity(parts), entity);
  assert.is(quotaEntity([...parts, { entityType: 'tenant', entityName: 't' }]), null);
});

test('once applied, the plan is empty, and limits of others still stand', () => {
  const world = { snapshots: input.snapshots, state: input.state ?? emptyState };
  const after = afterApply(plan, world);
  const again = planned({ ...input, ...after });
  assert.equal(again.changes, []);
  assert.equal(again.drift, []);
  assert.is(again.summary.unchanged, 6);
  const billing = after.snapshots
    .get('msk')
    ?.quotas?.find((one) => one.entity.user === 'billing' && !one.entity.clientId);
  assert.equal(billing?.limits, { producer_byte_rate: 2000000, request_percentage: 200 });
});

test('steps say how to take them back', () => {
  assert.equal(
    plan.steps.map((step) => step.undo),
    [
      'Remove consumer_byte_rate, request_percentage.',
      'Remove connection_creation_rate.',
      'Set consumer_byte_rate to 5, producer_byte_rate to 1000000 again.',
      'Set controller_mutation_rate to 10.5, producer_byte_rate to 1 again.',
    ],
  );
});

test('limits that moved are stale, each by its name; limits of others are not', () => {
  assert.equal(stale(input.snapshots), []);
  const others = { producer_byte_rate: 1000000, consumer_byte_rate: 5, request_percentage: 1 };
  assert.equal(stale(live(limitsOf('billing', others))), []);
  assert.equal(stale(live(limitsOf('billing', { ...others, producer_byte_rate: 1000000.5 }))), [
    'quota/msk/user%3Dbilling producer_byte_rate: 1000000, 1000000.5',
  ]);
  const made = live((all) => [...all, { entity: { ip: '10.0.0.7' }, limits: { connection_creation_rate: 50 } }]);
  assert.equal(stale(made), ['quota/msk/ip%3D10.0.0.7 connection_creation_rate: not set, 50']);
  assert.equal(stale(made, true), [], 'a plan that was begun may have made it');
});

test('a deletion takes every limit, so that another one is stale', () => {
  const more = live((all) =>
    all.map((one) =>
      one.entity.clientId === 'legacy' ? { ...one, limits: { ...one.limits, request_percentage: 3 } } : one,
    ),
  );
  assert.equal(stale(more), ['quota/msk/client-id%3Dlegacy request_percentage: not set, 3']);
  const gone = live((all) => all.filter((one) => one.entity.clientId !== 'legacy'));
  assert.is(stale(gone).length, 2);
  assert.equal(stale(gone, true), []);
});

test.run();
