import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { StatusDocument } from '../../src/cli/views/status-document.ts';
import { runKafkaTool } from '../clusters/kafka-tool.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { type PlanPlace, planPlace } from '../fixtures/apply/plan-place.ts';
import { type KplanProcess, startKplan } from '../fixtures/apply/run-kplan.ts';
import { eventually } from '../fixtures/eventually.ts';
import { createTopic, produceRecords, readAll, uniqueName } from '../fixtures/records.ts';

const patienceMs = 90_000;
const hourMs = 3_600_000;
const source = await startCluster({
  name: 'hanging',
  version: '3.9',
  // As brokers before 3.6, which take records of a transaction that its coordinator knows nothing of.
  properties: { 'transaction.partition.verification.enable': false },
});
const { target } = await sharedClusters();
test.after(() => source.stop());

function told({ out }: KplanProcess, code: string) {
  const events = out()
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line));
  return events.flatMap(({ diagnostic }) => (diagnostic?.code === code ? [diagnostic] : []));
}

async function statusOf(place: PlanPlace): Promise<StatusDocument> {
  const { code, io, printed } = await place.status('json');
  assert.is(code, 0, printed);
  return JSON.parse(io.out());
}

/** `kafka-transactions.sh`. */
async function transactionsTool(...args: readonly string[]): Promise<string> {
  const at = ['--bootstrap-server', source.bootstrap.join()];
  const tool = 'org.apache.kafka.tools.TransactionsCommand';
  return (await runKafkaTool(source.version, tool, [...at, ...args])).stdout;
}

test('a transaction that nobody ends: follower, plan and status name it; its partition waits, and goes on after the way out', async () => {
  const clusters = { old: { bootstrap: source.bootstrap }, new: { bootstrap: target.bootstrap } };
  const place = await planPlace({ prefix: 'hanging', clusters });
  const topic = place.name;
  const write = (partition: number, value: string) =>
    produceRecords({ bootstrap: source.bootstrap, topic }, [{ partition, value: Buffer.from(value) }]);
  const arrived = async (partition: number, values: readonly string[]) => {
    const found = await readAll({ bootstrap: target.bootstrap, topic, partition }).catch(() => []);
    return found.map((one) => one.value?.toString()).join() === values.join();
  };
  await createTopic(source.bootstrap, topic, { partitions: 2 });
  await place.write({ flows: [{ name: 'f', source: 'old', target: 'new', topics: { include: [topic] } }] });
  await write(0, 'before');
  const transaction = { transactionalId: uniqueName('gone'), outcome: 'hanging' } as const;
  const [{ offset } = { offset: -1n }] = await produceRecords({ bootstrap: source.bootstrap, topic, transaction }, [
    { value: Buffer.from('never committed'), timestamp: BigInt(Date.now() - hourMs) },
  ]);
  await write(0, 'behind');

  const args = ['apply', 'plan.yaml', '--auto-approve', '--follow', '--lease-seconds', '30', '--format', 'json'];
  const follower = startKplan(args, place.directory);
  await eventually('it tells', patienceMs, () => {
    if (follower.child.exitCode !== null) throw new Error(follower.out() + follower.err());
    return told(follower, 'KP4028').length > 0;
  });
  const [warning] = told(follower, 'KP4028');
  assert.is(warning.address, 'flow/f');
  assert.match(
    warning.summary,
    /^A transaction is open on old for 6\d minutes and holds back 1 partition of flow f\.$/,
  );
  assert.match(warning.detail, new RegExp(`^producer \\d+ for 6\\d minutes: ${topic}:0$`));
  const hanging = await transactionsTool('find-hanging', '--topic', topic);
  assert.match(hanging, topic, "Kafka's own tool finds it, too");
  await write(1, 'elsewhere');
  await eventually('another partition goes on', patienceMs, () => arrived(1, ['elsewhere']));
  assert.ok(await arrived(0, ['before']));

  const blocked = await statusOf(place);
  assert.is(blocked.flows[0]?.state, 'blocked-by-transaction');
  assert.equal(
    blocked.diagnostics.map(({ code, detail }) => [code, detail?.split(' for ')[0]]),
    [['KP2718', warning.detail.split(' for ')[0]]],
  );
  assert.equal(blocked.flows[0]?.losses, [], 'nothing is lost');
  assert.match((await place.plan()).printed, 'KP2718');

  const command = /kafka-transactions\.sh abort (--topic \S+ --partition 0 --start-offset (\d+))\.$/.exec(warning.fix);
  assert.is(command?.[2], String(offset));
  await transactionsTool('abort', ...(command?.[1]?.split(' ') ?? []));
  await eventually('what waited arrives', patienceMs, () => arrived(0, ['before', 'behind']));
  await eventually('it tells that it is over', patienceMs, () => told(follower, 'KP4029').length > 0);
  assert.is(told(follower, 'KP4028').length, 1, 'it was told once');
  const after = await statusOf(place);
  assert.equal([after.flows[0]?.state, after.diagnostics], ['following', []]);
  follower.child.kill('SIGTERM');
  assert.is((await follower.exited).code, 0, follower.out() + follower.err());
  const verified = await place.verify('json');
  assert.is(verified.code, 0, verified.printed);
  await place.remove();
});

test.run();
