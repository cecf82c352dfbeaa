import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Acl } from '../../../src/cluster/acl.ts';
import { authorizes, indexAcls, type Subject } from '../../../src/resources/acl/authorize.ts';
import { acl } from './acl.ts';

const alice: Subject = { principal: 'User:alice', everyoneIfNone: false };

function may(entries: readonly Acl[], operation: string, name: string, subject = alice, anyHost = false): boolean {
  return authorizes(indexAcls(entries), { operation, type: 'topic', name }, subject, anyHost);
}

test('a resource without any ACL is as allow.everyone.if.no.acl.found says, one with ACLs of others is closed', () => {
  const everyone = { ...alice, everyoneIfNone: true };
  assert.is(may([], 'read', 't', everyone), true);
  assert.is(may([], 'read', 't'), false);
  const others = [acl('User:bob', 'topic', 't', 'read')];
  assert.is(may(others, 'read', 't', everyone), false);
  assert.is(may(others, 'read', 'u', everyone), true);
  assert.is(may([{ ...acl('User:bob', 'group', 't', 'read') }], 'read', 't', everyone), true, 'another type');
});

test('names match literally, by * and by prefix', () => {
  assert.is(may([acl('User:alice', 'topic', 't', 'read')], 'read', 'tt'), false);
  assert.is(may([acl('User:alice', 'topic', '*', 'read')], 'read', 'tt'), true);
  const prefixed = [{ ...acl('User:alice', 'topic', 't', 'read'), pattern: 'prefixed' }];
  assert.is(may(prefixed, 'read', 'tt'), true);
  assert.is(may(prefixed, 'read', 'xt'), false);
});

test('some operations imply others, as ALLOW but never as DENY', () => {
  for (const operation of ['read', 'write', 'delete', 'alter', 'all', 'describe']) {
    assert.is(may([acl('User:alice', 'topic', 't', operation)], 'describe', 't'), true, operation);
  }
  assert.is(may([acl('User:alice', 'topic', 't', 'alter-configs')], 'describe-configs', 't'), true);
  assert.is(may([acl('User:alice', 'topic', 't', 'describe')], 'read', 't'), false);
  const both = [
    acl('User:alice', 'topic', 't', 'all'),
    { ...acl('User:alice', 'topic', 't', 'read'), permission: 'deny' },
  ];
  assert.is(may(both, 'read', 't'), false);
  assert.is(may(both, 'describe', 't'), true);
});

test('a DENY of everyone beats an ALLOW of one, a DENY from one host only where that may be ours', () => {
  const allow = acl('User:alice', 'topic', 't', 'all');
  const deny = { ...acl('User:*', 'topic', 't', 'write'), permission: 'deny' };
  assert.is(may([allow, deny], 'write', 't'), false);
  assert.is(may([allow, { ...deny, host: '10.0.0.1' }], 'write', 't'), true);
  assert.is(may([allow, { ...deny, host: '10.0.0.1' }], 'write', 't', alice, true), false);
  assert.is(may([{ ...allow, host: '10.0.0.1' }], 'write', 't'), true, 'an ALLOW from a host is taken as ours');
});

test.run();
