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
import { plan } from '../../src/cli/commands/plan.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { uniqueName } from '../fixtures/records.ts';

type SharedName = 'source' | 'target';

const defaults: Omit<ApplyOptions, 'file'> = {
  autoApprove: true,
  leaseSeconds: 5,
  lockTimeoutSeconds: 0,
  format: 'json',
};

interface Place {
  readonly directory: string;
  readonly name: string;
  readonly topic: string;
  readonly bootstrap: readonly string[];
}

async function place(cluster: SharedName): Promise<Place> {
  const { bootstrap } = (await sharedClusters())[cluster];
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

const before = `    - { name: TOPIC, partitions: 3, replicationFactor: 1, config: { retention.ms: 9223372036854775807, cleanup.policy: compact } }
    - { name: TOPIC-2, partitions: 1, replicationFactor: 1, config: {} }`;
const after = `    - { name: TOPIC, partitions: 5, replicationFactor: 1, config: { cleanup.policy: compact, max.message.bytes: 2000000 } }
    - { name: TOPIC-2, partitions: 1, replicationFactor: 1, config: {} }`;

async function open(at: Place): Promise<Cluster> {
  return openCluster('only', { bootstrap: at.bootstrap, addressMap: {} }, { env: {}, baseDirectory: '.' });
}

async function save(at: Place, saved: string): Promise<void> {
  const io = recordedIo(at.directory);
  const code = await plan({ file: 'plan.yaml', out: saved, detailedExitcode: true, format: 'text' }, io);
  assert.is(code, 2, io.out() + io.err());
}

for (const name of ['source', 'target'] as const) {
  test(`${name}: apply makes and alters topics, and the plan after it is empty`, async () => {
    const at = await place(name);
    const file = join(at.directory, 'plan.yaml');
    for (const text of [before, after]) {
      await writeFile(file, planText(at, text));
      const io = recordedIo(at.directory);
      assert.is(await apply({ ...defaults, file: 'plan.yaml' }, io), 0, io.out());
      const again = recordedIo(at.directory);
      const planOptions = { file: 'plan.yaml', detailedExitcode: true, format: 'text' } as const;
      assert.is(await plan(planOptions, again), 0, again.out());
    }
    const cluster = await open(at);
    const described = (await cluster.log.describeTopics([at.topic])).get(at.topic);
    assert.is(described?.leaders.length, 5);
    const settings = (await cluster.reader.describeTopicSettings([at.topic])).get(at.topic);
    assert.is(settings?.get('cleanup.policy')?.value, 'compact');
    assert.is(settings?.get('max.message.bytes')?.value, '2000000');
    assert.is.not(settings?.get('retention.ms')?.source, 'topic', 'what left the plan file goes back to the default');
    await cluster.close();
    await rm(at.directory, { recursive: true });
  });
}

test('a saved plan is refused with the differences once a topic moved, and applied again it does nothing', async () => {
  const at = await place('target');
  await writeFile(join(at.directory, 'plan.yaml'), planText(at, before));
  await save(at, 'p.kplan.json');
  const cluster = await open(at);
  const made = [{ topic: at.topic, partitions: 7, replicationFactor: 1, config: {} }];
  await cluster.topics.createTopics(made, { validateOnly: false });
  const io = recordedIo(at.directory);
  assert.is(await apply({ ...defaults, file: 'p.kplan.json' }, io), 3, io.out());
  const stale = io.events().find((one) => one.event === 'diagnostic' && JSON.stringify(one).includes('KP4001'));
  assert.match(JSON.stringify(stale), new RegExp(`topic/only/${at.topic}`));
  await writeFile(join(at.directory, 'plan.yaml'), planText(at, before.replace('partitions: 3', 'partitions: 7')));
  await save(at, 'q.kplan.json');
  for (const expected of ['"done":2', '"alreadyDone":2']) {
    const applied = recordedIo(at.directory);
    assert.is(await apply({ ...defaults, file: 'q.kplan.json' }, applied), 0, applied.out());
    assert.match(applied.out(), expected);
  }
  await cluster.close();
  await rm(at.directory, { recursive: true });
});

test('while another one is at work the answer is exit code 4, who and since when', async () => {
  const at = await place('target');
  await writeFile(join(at.directory, 'plan.yaml'), planText(at, before));
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
  const waiting = apply({ ...defaults, file: 'plan.yaml', lockTimeoutSeconds: 20 }, recordedIo(at.directory));
  await systemClock.sleep(1_500);
  await acquired.held.release();
  assert.is(await waiting, 0, '--lock-timeout waits');
  await cluster.close();
  await rm(at.directory, { recursive: true });
});

test('a plan file is not applied where nobody approves it', async () => {
  const at = await place('target');
  await writeFile(join(at.directory, 'plan.yaml'), planText(at, before));
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
