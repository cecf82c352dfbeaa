import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { apply } from '../../src/cli/commands/apply.ts';
import { drift } from '../../src/cli/commands/drift.ts';
import type { AnyFormat } from '../../src/cli/io.ts';
import type { DriftDocument } from '../../src/render/drift-document.ts';
import { runKafkaTool } from '../clusters/kafka-tool.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { uniqueName } from '../fixtures/records.ts';

const versions = { source: '3.9', target: '4.1' } as const;

interface Place {
  readonly directory: string;
  readonly version: (typeof versions)[keyof typeof versions];
  readonly bootstrap: readonly string[];
  readonly topic: string;
}

async function prepare(cluster: keyof typeof versions): Promise<Place> {
  const { bootstrap } = (await sharedClusters())[cluster];
  const directory = await mkdtemp(join(tmpdir(), 'kplan-drift-'));
  const topic = uniqueName('drift');
  const text = `version: 1
name: ${topic}
state: { cluster: only }
clusters:
  only: { bootstrap: ${JSON.stringify(bootstrap)} }
topics:
  only:
    - { name: ${topic}, partitions: 2, replicationFactor: 1, config: { retention.ms: -1, cleanup.policy: compact } }
    - { name: ${topic}-gone, partitions: 1, replicationFactor: 1, config: {} }
`;
  await writeFile(join(directory, 'plan.yaml'), text);
  return { directory, version: versions[cluster], bootstrap, topic };
}

async function applied({ directory }: Place): Promise<void> {
  const io = recordedIo(directory);
  const options = { autoApprove: true, leaseSeconds: 5, lockTimeoutSeconds: 0, format: 'json' } as const;
  assert.is(await apply({ ...options, file: 'plan.yaml' }, io), 0, io.out());
}

async function asked({ directory }: Place, format: AnyFormat): Promise<{ code: number; out: string }> {
  const io = recordedIo(directory);
  const code = await drift({ file: 'plan.yaml', format }, io);
  return { code, out: io.out() };
}

async function documentOf(at: Place, code: number): Promise<DriftDocument> {
  const answer = await asked(at, 'json');
  assert.is(answer.code, code, answer.out);
  return JSON.parse(answer.out);
}

function alterByHand({ version, bootstrap, topic }: Place, mainClass: string, args: readonly string[]) {
  return runKafkaTool(
    version,
    mainClass,
    ['--bootstrap-server', bootstrap.join(), ...args].map((one) => one.replace('TOPIC', topic)),
  );
}

const topicCommand = 'org.apache.kafka.tools.TopicCommand';
const configCommand = 'kafka.admin.ConfigCommand';

for (const cluster of ['source', 'target'] as const) {
  test(`${cluster}: what Kafka's own tools change is drift until apply sets it back`, async () => {
    const at = await prepare(cluster);
    const never = await documentOf(at, 0);
    assert.equal(
      never.diagnostics.map((one) => one.code),
      ['KP4204'],
      'nothing was applied yet',
    );
    await applied(at);
    assert.equal((await documentOf(at, 0)).drift, []);

    const entity = ['--entity-type', 'topics', '--entity-name', 'TOPIC', '--alter'];
    await alterByHand(at, configCommand, [...entity, '--add-config', 'retention.ms=3600000,flush.ms=1000']);
    await alterByHand(at, topicCommand, ['--delete', '--topic', 'TOPIC-gone']);
    const { drift: found } = await documentOf(at, 2);
    const address = `topic/only/${at.topic}`;
    assert.equal(
      found.map((one) => [one.address, one.action, one.apply]),
      [
        [address, 'update', 'sets-back'],
        [`${address}-gone`, 'delete', 'makes-again'],
      ],
    );
    const [changed] = found;
    assert.ok(changed?.kind === 'topic');
    assert.equal(changed.after?.config, { 'cleanup.policy': 'compact', 'retention.ms': '3600000' });

    const shown = { text: 'Drift: 1 changed, 1 deleted', markdown: '<!-- kplan-drift:', junit: 'failures="2"' };
    for (const [format, words] of Object.entries(shown) as [keyof typeof shown, string][]) {
      const answer = await asked(at, format);
      assert.is(answer.code, 2, answer.out);
      assert.match(answer.out, words);
    }
    const sarif = JSON.parse((await asked(at, 'sarif')).out);
    assert.equal(
      sarif.runs[0].results.map((one: { ruleId: string }) => one.ruleId),
      ['KP4201', 'KP4202'],
    );
    assert.is(sarif.runs[0].results[0].locations[0].physicalLocation.region.startLine, 8);

    await applied(at);
    assert.equal((await documentOf(at, 0)).drift, []);
    await rm(at.directory, { recursive: true });
  });
}

test('partitions added by hand are drift that apply can not take back', async () => {
  const at = await prepare('target');
  await applied(at);
  await alterByHand(at, topicCommand, ['--alter', '--topic', 'TOPIC', '--partitions', '3']);
  const { drift: found, diagnostics } = await documentOf(at, 2);
  assert.equal(
    found.map((one) => [one.action, one.apply]),
    [['update', 'refused']],
  );
  assert.equal(
    diagnostics.map((one) => one.code),
    ['KP2102'],
  );
  await rm(at.directory, { recursive: true });
});

test('where kplan can not tell, the exit code is 1 in every format', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kplan-drift-'));
  for (const format of ['text', 'json', 'markdown', 'junit', 'sarif'] as const) {
    const io = recordedIo(directory);
    assert.is(await drift({ file: 'none.yaml', format }, io), 1);
    assert.match(io.out() + io.err(), 'KP1009');
  }
  await rm(directory, { recursive: true });
});

test.run();
