import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Acl, AclSnapshot } from '../../../src/cluster/acl.ts';
import { losses, possibleRegimes } from '../../../src/resources/acl/own-rights.ts';
import { acl } from './acl.ts';

const all = ['create', 'alter', 'describe', 'cluster-action', 'describe-configs', 'alter-configs'];
const onCluster = acl('User:kplan', 'cluster', 'kafka-cluster', 'all');

function snapshot(entries: readonly Acl[], parts: Partial<AclSnapshot> = {}): AclSnapshot {
  const told = { principal: 'User:kplan', clusterOperations: all, everyoneIfNone: 'unknown' } as const;
  return { authorizer: true, entries, ...told, ...parts };
}

function regimes(acls: AclSnapshot, topics: readonly string[] = []): string[] {
  return [...possibleRegimes(acls, topics)].sort();
}

test('rights on the cluster that no ACL gives are those of a super user, or of everyone', () => {
  assert.equal(regimes(snapshot([])), ['open', 'super-user']);
  assert.equal(regimes(snapshot([], { everyoneIfNone: 'no' })), ['super-user']);
  assert.equal(regimes(snapshot([], { superUsers: ['User:root'] })), ['open']);
  assert.equal(regimes(snapshot([], { superUsers: ['User:kplan'] })), ['super-user']);
  assert.equal(regimes(snapshot([acl('User:a', 'cluster', 'kafka-cluster', 'describe')])), ['super-user']);
});

test('rights that ACLs give may be had in every regime; one that is lacking is no super user', () => {
  assert.equal(regimes(snapshot([onCluster])), ['closed', 'open', 'super-user']);
  const describes = [acl('User:kplan', 'cluster', 'kafka-cluster', 'describe')];
  assert.equal(regimes(snapshot(describes, { clusterOperations: ['describe'] })), ['closed', 'open']);
});

test('a topic that is shown though no ACL is about it is open, or we are a super user', () => {
  assert.equal(regimes(snapshot([onCluster]), ['t']), ['open', 'super-user']);
  assert.equal(regimes(snapshot([onCluster, acl('User:kplan', 'topic', 't', 'read')]), ['t']).length, 3);
});

test('what is lost in one possible regime is lost, and a super user loses nothing', () => {
  const write = { operation: 'write', type: 'topic', name: 't' };
  const lost = (acls: AclSnapshot, after: readonly Acl[]) =>
    losses(acls, after, [write], possibleRegimes(acls, [])).map((one) => one.isCertain);
  const first = acl('User:a', 'topic', 't', 'read');
  assert.equal(lost(snapshot([]), [first]), [true], 'the first ACL of an open topic');
  assert.equal(lost(snapshot([]), [first, acl('User:kplan', 'topic', 't', 'write')]), []);
  assert.equal(lost(snapshot([], { everyoneIfNone: 'no' }), [first]), [], 'a super user');
  assert.equal(lost(snapshot([onCluster], { everyoneIfNone: 'no' }), [onCluster, first]), [], 'never had it');
  const had = [onCluster, acl('User:kplan', 'topic', 't', 'all')];
  assert.equal(lost(snapshot(had), [onCluster]), [true]);
  const deny = { ...acl('User:kplan', 'topic', 't', 'write'), permission: 'deny' };
  assert.equal(lost(snapshot(had), [...had, deny]), [true]);
  assert.equal(lost(snapshot(had), [...had, { ...deny, host: '10.0.0.1' }]), [false]);
});

test('of a principal that is not known only a DENY of everybody is sure', () => {
  const { principal: _principal, ...unknown } = snapshot([acl('User:a', 'topic', 't', 'all')]);
  const write = { operation: 'write', type: 'topic', name: 't' };
  const deny = { ...acl('User:*', 'topic', 't', 'write'), permission: 'deny' };
  const lost = (added: readonly Acl[]) =>
    losses(unknown, [...unknown.entries, ...added], [write], possibleRegimes(unknown, [])).map((one) => one.isCertain);
  assert.equal(lost([deny]), [true]);
  assert.equal(lost([{ ...deny, principal: 'User:b' }]), [false]);
  assert.equal(lost([acl('User:b', 'topic', 't', 'read')]), []);
});

test.run();
