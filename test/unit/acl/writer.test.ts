import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { aclOnWire, aclsOfAnswer, operationsOf } from '../../../runner/kafka/acl-codes.ts';
import { openAclWriter } from '../../../runner/kafka/acl-writer.ts';
import { clusterClient } from '../../../runner/kafka/cluster-client.ts';
import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import { connectionSettings } from '../../../runner/kafka/settings.ts';
import { createVirtualClock } from '../../simulation/virtual-clock.ts';
import { acl } from './acl.ts';

/** Answers what `answer` says, however often it is asked. */
function clientOf(answer: () => unknown) {
  const settings = connectionSettings({ cluster: 'c', bootstrap: [], addressMap: new Map() });
  const client = clusterClient(settings, { clock: createVirtualClock(0), random: () => 0 });
  const asked: string[] = [];
  const fake: typeof client = {
    ...client,
    async ask(_target, request, read) {
      asked.push(request.name);
      return read(answer() as never, { cluster: 'c', request: request.name, broker: 'b:9092' });
    },
  };
  return { writer: openAclWriter(fake), asked };
}

test('thousands of ACLs take a request for each thousand', async () => {
  const many = Array.from({ length: 2_500 }, (_, at) => acl('User:a', 'topic', `t${at}`, 'read'));
  const { writer, asked } = clientOf(() => ({ results: [{ errorCode: 0, errorMessage: null }] }));
  await writer.createAcls(many);
  assert.equal(asked, ['CreateAcls', 'CreateAcls', 'CreateAcls']);
});

test('what a broker says to one ACL is a value, what concerns the request is thrown', async () => {
  const results = [{ errorCode: 0 }, { errorCode: 42, errorMessage: 'no such principal' }];
  const found = await clientOf(() => ({ results })).writer.createAcls([acl('a', 'topic', 't', 'read')]);
  assert.equal(found, [{ error: null }, { error: 'INVALID_REQUEST', message: 'no such principal' }]);
  const { writer } = clientOf(() => ({ filterResults: [{ errorCode: 41, errorMessage: null, matchingAcls: [] }] }));
  const thrown = await writer.deleteAcls([acl('User:a', 'topic', 't', 'read')]).catch((error: unknown) => error);
  assert.ok(thrown instanceof ClusterFault && thrown.errorName === 'NOT_CONTROLLER');
});

test('an ACL that a matching filter could not delete is told', async () => {
  const matchingAcls = [{ errorCode: 0 }, { errorCode: 31, errorMessage: 'not you' }];
  const { writer } = clientOf(() => ({ filterResults: [{ errorCode: 0, errorMessage: null, matchingAcls }] }));
  const found = await writer.deleteAcls([acl('User:a', 'topic', 't', 'read')]);
  assert.equal(found, [{ error: 'CLUSTER_AUTHORIZATION_FAILED', message: 'not you' }]);
});

test('words and codes are the same ACL, and a code of a later Kafka has a name too', () => {
  const one = {
    ...acl('User:a', 'transactional-id', 'x', 'describe-configs'),
    pattern: 'prefixed',
    permission: 'deny',
  };
  const wire = aclOnWire(one);
  const { resourceType, resourceName, resourcePatternType } = wire;
  const answer = (type: number) => [
    { resourceType: type as typeof resourceType, resourceName, resourcePatternType, acls: [wire] },
  ];
  assert.equal(aclsOfAnswer(answer(resourceType)), [one]);
  assert.is(aclsOfAnswer(answer(99))[0]?.type, 'code-99');
  assert.throws(() => aclOnWire({ ...one, operation: 'code-99' }), 'Kafka has no code-99');
});

test('rights come as bits; the smallest number says that none were told', () => {
  assert.equal(operationsOf((1 << 7) | (1 << 8)), ['alter', 'describe']);
  assert.equal(operationsOf(0), []);
  assert.is(operationsOf(-2_147_483_648), undefined);
});

test.run();
