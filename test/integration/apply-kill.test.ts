import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedClusters } from '../clusters/shared.ts';
import { startKplan } from '../fixtures/apply/run-kplan.ts';
import { eventually } from '../fixtures/eventually.ts';
import { uniqueName } from '../fixtures/records.ts';

/** Long enough that another process starts before it is over. */
const leaseSeconds = 15;
/** Polling for the lock, the start of a process and the reading of the clusters, on a busy machine. */
const toleranceMs = 30_000;
const topicsMade = 120;

test('an apply that is killed while it makes topics blocks no longer than its lease, and is resumed', async () => {
  const { bootstrap } = (await sharedClusters()).target;
  const directory = await mkdtemp(join(tmpdir(), 'kplan-kill-'));
  const prefix = uniqueName('kill');
  const topics = Array.from({ length: topicsMade }, (_, index) => `${prefix}-${index}`);
  const lines = topics.map((topic) => `    - { name: ${topic}, partitions: 1, replicationFactor: 1, config: {} }`);
  const text = `version: 1\nname: ${prefix}\nclusters: { only: { bootstrap: ${JSON.stringify(bootstrap)} } }
state: { cluster: only }\ntopics:\n  only:\n${lines.join('\n')}\n`;
  await writeFile(join(directory, 'plan.yaml'), text);
  const planned = await startKplan(['plan', 'plan.yaml', '--out', 'p.kplan.json'], directory).exited;
  assert.is(planned.code, 0);

  const lease = ['--lease-seconds', String(leaseSeconds), '--format', 'json'];
  const killed = startKplan(['apply', 'p.kplan.json', ...lease], directory);
  await eventually('a step is begun', 60_000, () => killed.out().includes('step_start'));
  killed.child.kill('SIGKILL');
  assert.is((await killed.exited).signal, 'SIGKILL');
  assert.not.match(killed.out(), /"event":"summary"/);
  const diedAtMs = Date.now();

  const locked = startKplan(['apply', 'p.kplan.json', ...lease], directory);
  const resumed = startKplan(['apply', 'p.kplan.json', '--lock-timeout', '90', ...lease], directory);
  assert.is((await locked.exited).code, 4, locked.out());
  assert.match(locked.out(), /is locked by .*\(pid \d+\)/);
  await eventually('the lease is over', 90_000, () => /"event":"step_/.test(resumed.out()));
  const blockedMs = Date.now() - diedAtMs;
  assert.is((await resumed.exited).code, 0, resumed.out());
  assert.ok(
    blockedMs < leaseSeconds * 1000 + toleranceMs,
    `blocked for ${blockedMs} ms: lease, poll and start of a process`,
  );

  const again = startKplan(['plan', 'plan.yaml', '--detailed-exitcode'], directory);
  assert.is((await again.exited).code, 0, again.out() + again.err());
  await rm(directory, { recursive: true });
});

test.run();
