import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import { permittedReader } from '../../../src/cli/permitted-reader.ts';
import { noAuthorizer } from '../../../src/cluster/acl.ts';
import type { ClusterReader } from '../../../src/cluster/ports.ts';

function faulty(errorName: string): Pick<ClusterReader, 'describeAcls' | 'describeQuotas'> {
  const parts = {
    cluster: 'dc',
    request: 'DescribeAcls',
    errorName,
    retry: 'never',
    code: 'KP3010',
    summary: '',
  } as const;
  const fail = async () => {
    throw new ClusterFault(parts, [{ severity: 'error', code: 'KP3010', summary: errorName }]);
  };
  return { describeAcls: fail, describeQuotas: fail };
}

for (const errorName of ['CLUSTER_AUTHORIZATION_FAILED', 'UNSUPPORTED_VERSION']) {
  test(`${errorName}: nothing is found, and that is told`, async () => {
    const unread: string[] = [];
    const reader = permittedReader(faulty(errorName), (what) => unread.push(what));
    assert.equal(await reader.describeAcls(), noAuthorizer);
    assert.equal(await reader.describeQuotas(), []);
    assert.equal(unread, ['acls', 'quotas']);
  });
}

test('any other fault is one', async () => {
  const unread: string[] = [];
  const reader = permittedReader(faulty('REQUEST_TIMED_OUT'), (what) => unread.push(what));
  const fault = await reader.describeAcls().catch((error: unknown) => error);
  assert.instance(fault, ClusterFault);
  assert.equal(unread, []);
});

test.run();
