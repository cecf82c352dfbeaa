import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Acl } from '../../../src/cluster/acl.ts';
import type { AclSelection, Flow } from '../../../src/migration/migration.ts';
import { broughtAcls } from '../../../src/resources/acl/brought-acls.ts';
import { acl } from './acl.ts';

const everything: AclSelection = { include: ['*'], exclude: [], principals: {}, write: 'now' };

function flow(names: Readonly<Record<string, string>>, parts: Partial<Flow> = {}): Flow {
  const config = { inherit: 'none', exclude: [], set: {} } as const;
  const topics = Object.entries(names).map(([source, target]) => {
    return { source, target, sourcePartitions: 1, partitions: 1, replicationFactor: 1, config };
  });
  const tuning = { commitIntervalMs: 1000, fetchMaxBytes: 1, memoryMaxMb: 1 };
  const kinds = { engine: 'native', delivery: 'transactional', start: 'earliest' } as const;
  const topicPatterns = { include: ['*'], exclude: [] };
  return { name: 'f', source: 'a', target: 'b', ...kinds, tuning, topicPatterns, topics, ...parts };
}

function words(acls: readonly Acl[]): string[] {
  return acls.map((one) => `${one.principal} ${one.operation} ${one.type} ${one.pattern} ${one.name}`);
}

function prefixed(name: string): Acl {
  return { ...acl('User:p', 'topic', name, 'read'), pattern: 'prefixed' };
}

test('literal names are those of the target, others are none of the flow', () => {
  const found = broughtAcls(flow({ t: 'u' }), everything, [
    acl('User:a', 'topic', 't', 'read'),
    acl('User:a', 'topic', 'u', 'read'),
    acl('User:a', 'group', 'g', 'read'),
    acl('User:a', 'topic', '*', 'read'),
    acl('User:a', 'cluster', 'kafka-cluster', 'create'),
  ]);
  assert.equal(words(found.brought), ['User:a read topic literal u']);
  assert.equal(words(found.tooWide), ['User:a read topic literal *', 'User:a create cluster literal kafka-cluster']);
});

test('a prefix follows the naming, and is spelled out where mappings break it', () => {
  const of = (names: Readonly<Record<string, string>>) =>
    words(broughtAcls(flow(names), everything, [prefixed('o.')]).brought);
  assert.equal(of({ 'o.1': 'o.1', 'o.2': 'o.2', x: 'y' }), ['User:p read topic prefixed o.']);
  assert.equal(of({ 'o.1': 'dc.o.1', 'o.2': 'dc.o.2' }), ['User:p read topic prefixed dc.o.']);
  assert.equal(of({ 'o.1': 'o.1.dc', 'o.2': 'o.2.dc' }), ['User:p read topic prefixed o.']);
  assert.equal(of({ 'o.1': '1', 'o.2': 'o.2' }), ['User:p read topic literal 1', 'User:p read topic literal o.2']);
  assert.equal(of({ 'o.1': 'long.other.name' }), ['User:p read topic literal long.other.name']);
  assert.equal(of({ x: 'x' }), []);
});

test('groups come along where the flow has groups', () => {
  const acls = [
    acl('User:a', 'group', 'billing', 'read'),
    acl('User:a', 'group', 'billing-not', 'read'),
    acl('User:a', 'group', '*', 'read'),
    { ...acl('User:a', 'group', 'bil', 'read'), pattern: 'prefixed' },
    { ...acl('User:a', 'group', 'x', 'read'), pattern: 'prefixed' },
  ];
  const groups = { include: ['billing*'], exclude: ['*-not'], sync: 'continuous', uncommitted: 'leave' } as const;
  const found = broughtAcls(flow({ t: 't' }, { groups, groupMembers: ['billing'] }), everything, acls);
  assert.equal(words(found.brought), ['User:a read group literal billing', 'User:a read group prefixed bil']);
  assert.equal(words(found.tooWide), ['User:a read group literal *']);
});

test('until the cutover nobody gets the right to write, and ALL is the right to read', () => {
  const acls = [
    acl('User:a', 'topic', 't', 'write'),
    acl('User:b', 'topic', 't', 'all'),
    { ...acl('User:c', 'topic', 't', 'write'), permission: 'deny' },
    acl('User:d', 'topic', 't', 'describe'),
  ];
  const found = broughtAcls(flow({ t: 't' }), { ...everything, write: 'at-cutover' }, acls);
  assert.equal(words(found.brought), [
    'User:b read topic literal t',
    'User:b describe-configs topic literal t',
    'User:c write topic literal t',
    'User:d describe topic literal t',
  ]);
  assert.equal(words(found.waiting), ['User:a write topic literal t', 'User:b all topic literal t']);
  assert.is(broughtAcls(flow({ t: 't' }), everything, acls).waiting.length, 0);
});

test('principals are chosen by patterns and mapped by their whole name', () => {
  const acls = ['User:alice', 'User:Alice', 'User:__proto__'].map((who) => acl(who, 'topic', 't', 'read'));
  const selection = {
    ...everything,
    include: ['User:*', 'nobody'],
    exclude: ['User:Alice'],
    principals: { 'User:alice': 'User:CN=alice' },
  };
  const found = broughtAcls(flow({ t: 't' }), selection, acls);
  assert.equal(words(found.brought), ['User:CN=alice read topic literal t', 'User:__proto__ read topic literal t']);
  assert.equal(found.unmatched, ['nobody']);
});

test.run();
