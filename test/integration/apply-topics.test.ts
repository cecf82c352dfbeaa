import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../runner/engines/native/clock.ts';
import { type Cluster, openCluster } from '../../runner/kafka/open.ts';
import { kafkaStateLog } from '../../runner/state/kafka-state-log.ts';
import { acquireLease } from '../../runner/state/lease.ts';
import { ensureStateTopic } from '../../runner/state/store.ts';
import type { ApplyOptions } from '../../src/cli/arguments/apply.ts';
import { apply } from '../../src/cli/commands/apply.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { uniqueName } from '../fixtures/records.ts';

const defaults: Omit<ApplyOptions, 'file'> = {
  autoApprove: true,
  leaseSeconds: 30,
  lockTimeoutSeconds: 0,
  format: 'json',
};

interface Place {
  readonly directory: string;
  readonly name: string;
  readonly topic: string;
  readonly bootstrap: readonly string[];
}

async function place(): Promise<Place> {
  const { bootstrap } = (await sharedClusters()).target;
  const directory = await mkdtemp(join(tmpdir(), 'kplan-apply-'));
  return { directory, name: uniqueName('apply'), topic: uniqueName('topic'), bootstrap };
}

function planText({ name, topic, bootstrap }: Place, topics: string): string {
  return `version: 1
name: ${name}
clusters:
  only: { bootstrap: ${JSON.stringify(bootstrap)} }
state: { cluster: only }
topics:
  only:
${topics.replaceAll('TOPIC', topic)}
`;
}

const topics = '    - { name: TOPIC, partitions: 1, replicationFactor: 1, config: {} }';

async function open(at: Place): Promise<Cluster> {
  return openCluster('only', { bootstrap: at.bootstrap, addressMap: {} }, { env: {}, baseDirectory: '.' });
}

test('while another one is at work the answer is exit code 4, who and since when', async () => {
  const at = await place();
  await writeFile(join(at.directory, 'plan.yaml'), planText(at, topics));
  const cluster = await open(at);
  await ensureStateTopic(cluster, systemClock, { name: at.name });
  const holder = { id: 'other', who: 'alice@laptop (pid 7)', command: 'kplan apply other.yaml' };
  const log = kafkaStateLog(cluster.log, systemClock, at.name);
  const wanted = { migration: at.name, lease: 'control', holder, leaseSeconds: 30 } as const;
  const acquired = await acquireLease(log, systemClock, wanted);
  assert.is(acquired.result, 'held');
  if (acquired.result !== 'held') return;
  const io = recordedIo(at.directory);
  assert.is(await apply({ ...defaults, file: 'plan.yaml' }, io), 4, io.out());
  assert.match(io.out(), /locked by alice@laptop \(pid 7\) since 20/);
  const waiting = apply({ ...defaults, file: 'plan.yaml', lockTimeoutSeconds: 60 }, recordedIo(at.directory));
  await systemClock.sleep(1_500);
  await acquired.held.release();
  assert.is(await waiting, 0, '--lock-timeout waits');
  await cluster.close();
  await rm(at.directory, { recursive: true });
});

test('a plan file is not applied where nobody approves it', async () => {
  const at = await place();
  await writeFile(join(at.directory, 'plan.yaml'), planText(at, topics));
  const io = recordedIo(at.directory);
  assert.is(await apply({ ...defaults, autoApprove: false, format: 'text', file: 'plan.yaml' }, io), 1);
  assert.match(io.err(), /--auto-approve/);
  const declined = recordedIo(at.directory, { interactive: true, quiet: true });
  assert.is(await apply({ ...defaults, autoApprove: false, format: 'text', file: 'plan.yaml' }, declined), 1);
  const cluster = await open(at);
  assert.is((await cluster.log.describeTopics([at.topic])).size, 0);
  await cluster.close();
  await rm(at.directory, { recursive: true });
});

test.run();
