import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ApplyOptions } from '../../src/cli/arguments/apply.ts';
import { apply } from '../../src/cli/commands/apply.ts';
import { status } from '../../src/cli/commands/status.ts';
import { verify } from '../../src/cli/commands/verify.ts';
import { runKafkaTool } from '../clusters/kafka-tool.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { createTopic, produceRecords, readAll, uniqueName } from '../fixtures/records.ts';

const options: ApplyOptions = {
  file: 'plan.yaml',
  autoApprove: true,
  leaseSeconds: 5,
  lockTimeoutSeconds: 0,
  format: 'json',
};

test('records that the source deleted stop the flow, are shown, and are gone on after with a reason', async () => {
  const { source, target } = await sharedClusters();
  const topic = uniqueName('loss');
  const directory = await mkdtemp(join(tmpdir(), 'kplan-loss-'));
  await createTopic(source.bootstrap, topic, { config: { 'retention.ms': '-1' } });
  const write = (from: number, to: number) =>
    produceRecords(
      { bootstrap: source.bootstrap, topic },
      Array.from({ length: to - from }, (_, index) => ({ value: Buffer.from(String(from + index)) })),
    );
  await writeFile(
    join(directory, 'plan.yaml'),
    `version: 1
name: ${topic}
clusters:
  old: { bootstrap: ${JSON.stringify(source.bootstrap)} }
  new: { bootstrap: ${JSON.stringify(target.bootstrap)} }
flows: [ { name: f, source: old, target: new, topics: { include: ["${topic}"] } } ]
`,
  );
  const run = async (more: Partial<ApplyOptions> = {}) => {
    const io = recordedIo(directory);
    return { code: await apply({ ...options, ...more }, io), out: io.out() };
  };
  await write(0, 10);
  assert.is((await run()).code, 0);
  await write(10, 20);
  const deleted = join(directory, 'delete.json');
  await writeFile(deleted, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset: 15 }] }));
  await runKafkaTool(source.version, 'org.apache.kafka.tools.DeleteRecordsCommand', [
    '--bootstrap-server',
    source.bootstrap.join(),
    '--offset-json-file',
    deleted,
  ]);

  const stopped = await run();
  assert.is(stopped.code, 6, stopped.out);
  assert.match(stopped.out, /"code":"KP5001"/);
  const shown = recordedIo(directory);
  assert.is(await status({ file: 'plan.yaml', format: 'json' }, shown), 0);
  const [flow] = JSON.parse(shown.out()).flows;
  const [loss] = flow.losses;
  assert.equal([flow.state, loss.code, loss.address, loss.accepted], ['stopped', 'KP5001', `topic/old/${topic}`, null]);
  const text = recordedIo(directory);
  await status({ file: 'plan.yaml', format: 'text' }, text);
  assert.match(text.out(), /apply --accept topic\/old\/loss-\w+=REASON goes on from the source's log start/);

  const unknown = await run({ accept: [{ address: 'topic/old/other', reason: 'x' }] });
  assert.is(unknown.code, 1);
  assert.match(unknown.out, /"code":"KP4027"/);
  const accepted = await run({ accept: [{ address: loss.address, reason: 'PAY-17' }] });
  assert.is(accepted.code, 0, accepted.out);
  assert.match(accepted.out, /"code":"KP4026".*PAY-17/);
  const values = (await readAll({ bootstrap: target.bootstrap, topic })).map((one) => Number(one.value));
  assert.equal(values, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 18, 19]);

  await write(20, 22);
  assert.is((await run()).code, 0, 'the decision was about that loss alone');
  const after = recordedIo(directory);
  await status({ file: 'plan.yaml', format: 'json' }, after);
  assert.equal(JSON.parse(after.out()).flows[0].losses, []);
  const verified = recordedIo(directory);
  assert.is(await verify({ file: 'plan.yaml', format: 'json' }, verified), 0, verified.out());
  await rm(directory, { recursive: true });
});

test.run();
