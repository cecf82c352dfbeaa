import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runKafkaTool } from '../clusters/kafka-tool.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { planPlace } from '../fixtures/apply/plan-place.ts';
import { createTopic, produceRecords, readAll, uniqueName } from '../fixtures/records.ts';
import { temporaryFile } from '../fixtures/temporary-file.ts';

test('records that the source deleted stop the flow, are shown, and are gone on after with a reason', async () => {
  const { source, target } = await sharedClusters();
  const topic = uniqueName('loss');
  const place = await planPlace({ prefix: 'loss', clusters: { old: source, new: target } });
  await createTopic(source.bootstrap, topic, { config: { 'retention.ms': '-1' } });
  const write = (from: number, to: number) =>
    produceRecords(
      { bootstrap: source.bootstrap, topic },
      Array.from({ length: to - from }, (_, index) => ({ value: Buffer.from(String(from + index)) })),
    );
  await place.write({ flows: [{ name: 'f', source: 'old', target: 'new', topics: { include: [topic] } }] });
  await write(0, 10);
  assert.is((await place.apply()).code, 0);
  await write(10, 20);
  const deleted = await temporaryFile(
    JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset: 15 }] }),
  );
  await runKafkaTool(source.version, 'org.apache.kafka.tools.DeleteRecordsCommand', [
    '--bootstrap-server',
    source.bootstrap.join(),
    '--offset-json-file',
    deleted.path,
  ]);
  await deleted.remove();

  const stopped = await place.apply();
  assert.is(stopped.code, 6, stopped.printed);
  assert.match(stopped.io.out(), /"code":"KP5001"/);
  const shown = await place.status('json');
  assert.is(shown.code, 0);
  const [flow] = JSON.parse(shown.io.out()).flows;
  const [loss] = flow.losses;
  assert.equal([flow.state, loss.code, loss.address, loss.accepted], ['stopped', 'KP5001', `topic/old/${topic}`, null]);
  const text = await place.status('text');
  assert.match(text.io.out(), /apply --accept topic\/old\/loss-\w+=REASON goes on from the source's log start/);

  const unknown = await place.apply('plan.yaml', { accept: [{ address: 'topic/old/other', reason: 'x' }] });
  assert.is(unknown.code, 1);
  assert.match(unknown.io.out(), /"code":"KP4027"/);
  const accepted = await place.apply('plan.yaml', { accept: [{ address: loss.address, reason: 'PAY-17' }] });
  assert.is(accepted.code, 0, accepted.printed);
  assert.match(accepted.io.out(), /"code":"KP4026".*PAY-17/);
  const values = (await readAll({ bootstrap: target.bootstrap, topic })).map((one) => Number(one.value));
  assert.equal(values, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 18, 19]);

  await write(20, 22);
  assert.is((await place.apply()).code, 0, 'the decision was about that loss alone');
  const after = await place.status('json');
  assert.equal(JSON.parse(after.io.out()).flows[0].losses, []);
  const verified = await place.verify('json');
  assert.is(verified.code, 0, verified.printed);
  await place.remove();
});

test.run();
