import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { apply } from '../../src/cli/commands/apply.ts';
import { plan } from '../../src/cli/commands/plan.ts';
import { show } from '../../src/cli/commands/show.ts';
import type { ExecutionPlan } from '../../src/execution-plan/execution-plan.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { createTopic, uniqueName } from '../fixtures/records.ts';

const unlimited = '9223372036854775807';

/** What people set on topics of 3.9, and 4.1 lacks, refuses or must not copy. */
const sourceSettings = {
  'message.timestamp.difference.max.ms': '60000',
  'message.timestamp.type': 'LogAppendTime',
  'message.downconversion.enable': 'false',
  'retention.bytes': '9223372036854775806',
  'cleanup.policy': 'compact,delete',
  'max.message.bytes': '3000000',
  'min.insync.replicas': '1',
  'segment.bytes': '2097152',
} as const;

interface Place {
  readonly directory: string;
  readonly topic: string;
}

async function prepare(): Promise<Place> {
  const shared = await sharedClusters();
  const [directory, topic] = [await mkdtemp(join(tmpdir(), 'kplan-plan-')), uniqueName('mirrored')];
  await createTopic(shared.source.bootstrap, topic, { partitions: 3, config: sourceSettings });
  const text = `version: 1
name: ${topic.slice(0, 60)}
clusters:
  dc: { bootstrap: ${JSON.stringify(shared.source.bootstrap)} }
  msk: { bootstrap: ${JSON.stringify(shared.target.bootstrap)} }
defaults: { partitions: { atLeast: 4 } }
flows:
  - { name: f, source: dc, target: msk, naming: prefixed, topics: { include: ["${topic}*"] } }
`;
  await writeFile(join(directory, 'plan.yaml'), text);
  return { directory, topic };
}

async function planned(at: Place): Promise<{ code: number; document: ExecutionPlan }> {
  const io = recordedIo(at.directory);
  const code = await plan({ file: 'plan.yaml', detailedExitcode: true, format: 'json' }, io);
  return { code, document: JSON.parse(io.out()) };
}

test('a topic of 3.9 with everything odd is planned for 4.1, applied, and nothing is left to plan', async () => {
  const at = await prepare();
  const { code, document } = await planned(at);
  const [created] = document.changes;
  assert.is(code, 2, JSON.stringify(document.diagnostics));
  assert.equal(created?.after, {
    partitions: 4,
    replicationFactor: 1,
    config: {
      'cleanup.policy': 'compact,delete',
      'max.message.bytes': '3000000',
      'message.timestamp.after.max.ms': unlimited,
      'retention.bytes': '9223372036854775806',
      'segment.bytes': '2097152',
    },
  });
  const codes = document.diagnostics.map((one) => one.code).sort();
  assert.equal(codes, ['KP2104', 'KP2110', 'KP2110', 'KP2112']);

  const saved = recordedIo(at.directory);
  const options = { file: 'plan.yaml', out: 'saved.kplan.json', detailedExitcode: false, format: 'text' } as const;
  assert.is(await plan(options, saved), 0, saved.err());
  assert.match(saved.out(), 'Plan: 2 to create, 0 to change, 0 to delete.');
  assert.is((await stat(join(at.directory, 'saved.kplan.json'))).mode & 0o777, 0o600);
  const shown = recordedIo(at.directory);
  assert.is(await show({ file: 'saved.kplan.json', format: 'json' }, shown), 0);
  assert.is(shown.out(), await readFile(join(at.directory, 'saved.kplan.json'), 'utf8'));

  const applied = recordedIo(at.directory);
  const applyOptions = { autoApprove: false, leaseSeconds: 30, lockTimeoutSeconds: 0, format: 'json' } as const;
  assert.is(await apply({ ...applyOptions, file: 'saved.kplan.json' }, applied), 0, applied.out() + applied.err());
  const again = await planned(at);
  assert.equal([again.code, again.document.changes, again.document.drift], [0, [], []]);
  await rm(at.directory, { recursive: true });
});

test.run();
