import pMap from 'p-map';
import * as assert from 'uvu/assert';
import type { DriftDocument } from '../../../src/render/drift-document.ts';
import { runKafkaTool } from '../../clusters/kafka-tool.ts';
import type { PlanPlace } from '../../fixtures/apply/plan-place.ts';
import type { TopicSettings } from '../../fixtures/records/topics.ts';
import { createTopic } from '../../fixtures/records.ts';
import type { MatrixCluster, MatrixVersion } from './clusters.ts';
import { isSettled } from './step.ts';

const tools = {
  configs: { '3.9': 'kafka.admin.ConfigCommand', '4.1': 'kafka.admin.ConfigCommand' },
  topics: { '3.9': 'org.apache.kafka.tools.TopicCommand', '4.1': 'org.apache.kafka.tools.TopicCommand' },
  acls: { '3.9': 'kafka.admin.AclCommand', '4.1': 'org.apache.kafka.tools.AclCommand' },
} as const satisfies Record<string, Record<MatrixVersion, string>>;

const toolsAtOnce = 2;

/** What somebody does with one of Kafka's own tools, and how kplan tells it: address, what happened, what apply does. */
interface ToolRun {
  readonly tool: keyof typeof tools;
  readonly args: readonly string[];
  readonly found: readonly (readonly [address: string, action: string, apply: string])[];
}

const topicConfig = (topic: string, ...args: readonly string[]) => [
  ...['--alter', '--entity-type', 'topics', '--entity-name', topic],
  ...args,
];
const aclArguments = (...args: readonly string[]) => [
  ...args,
  ...['--force', '--topic', 'drift-acl', '--allow-principal', 'User:d'],
];

/** What kplan does not own is changed beside: `flush.ms`, an ACL for describing, a quota of requests. */
const toolRuns = (mirrored: string): readonly ToolRun[] => [
  {
    tool: 'configs',
    args: topicConfig('drift-set', '--add-config', 'retention.ms=3600000,flush.ms=1000'),
    found: [['topic/only/drift-set', 'update', 'sets-back']],
  },
  {
    tool: 'configs',
    args: topicConfig('drift-unset', '--delete-config', 'cleanup.policy'),
    found: [['topic/only/drift-unset', 'update', 'sets-back']],
  },
  {
    tool: 'configs',
    args: topicConfig(mirrored, '--add-config', 'cleanup.policy=[delete]'),
    found: [[`topic/only/${mirrored}`, 'update', 'sets-back']],
  },
  {
    tool: 'topics',
    args: ['--delete', '--topic', 'drift-gone'],
    found: [['topic/only/drift-gone', 'delete', 'makes-again']],
  },
  {
    tool: 'acls',
    args: aclArguments('--remove', '--operation', 'Read'),
    found: [['acl/only/User%3Ad/topic/literal/drift-acl/read/allow/%2A', 'delete', 'makes-again']],
  },
  {
    tool: 'acls',
    args: aclArguments('--add', '--operation', 'Describe'),
    found: [],
  },
  {
    tool: 'configs',
    args: [
      ...['--alter', '--entity-type', 'users', '--entity-name', 'drift-user'],
      ...['--add-config', 'producer_byte_rate=11,request_percentage=50'],
    ],
    found: [['quota/only/user%3Ddrift-user', 'update', 'sets-back']],
  },
  {
    tool: 'configs',
    args: [
      ...['--alter', '--entity-type', 'clients', '--entity-name', 'drift-client'],
      ...['--delete-config', 'consumer_byte_rate'],
    ],
    found: [['quota/only/client-id%3Ddrift-client', 'delete', 'makes-again']],
  },
];

const topic = (name: string, config: object = {}) => ({
  name: `drift-${name}`,
  partitions: 2,
  replicationFactor: 3,
  config,
});
const acl = { principal: 'User:d', resource: { type: 'topic', name: 'drift-acl' }, operations: ['read'] };
const quotas = [
  { entity: { user: 'drift-user' }, limits: { producer_byte_rate: 10 } },
  { entity: { clientId: 'drift-client' }, limits: { consumer_byte_rate: 10 } },
];

const wish = (mirrored: string) => ({
  flows: [{ name: 'drift', source: 'from', target: 'only', topics: { include: [mirrored] } }],
  topics: {
    only: [
      topic('set', { 'retention.ms': -1 }),
      topic('unset', { 'cleanup.policy': 'compact' }),
      topic('gone'),
      topic('again'),
    ],
  },
  acls: { only: [acl] },
  quotas: { only: quotas },
});

async function applied(place: PlanPlace, sections: object): Promise<void> {
  await place.write(sections);
  const done = await place.apply();
  assert.is(done.code, 0, done.printed);
}

function run(cluster: MatrixCluster, { tool, args }: Omit<ToolRun, 'found'>) {
  const server = ['--bootstrap-server', cluster.internalBootstrap.join()];
  return runKafkaTool(cluster.version, tools[tool][cluster.version], [...server, ...args]);
}

/** One more topic is deleted and made again, just as it was. */
async function makeAgain(cluster: MatrixCluster): Promise<string[]> {
  const named = ['--topic', 'drift-again'];
  await run(cluster, { tool: 'topics', args: ['--delete', ...named] });
  await cluster.live.seenByAll();
  const alike = ['--partitions', '2', '--replication-factor', '3'];
  await run(cluster, { tool: 'topics', args: ['--create', ...named, ...alike] });
  return ['topic/only/drift-again', 'create', 'leaves'];
}

/** What stands as wanted before the first apply is owned after it, as what kplan makes. */
async function makeSomeAsWanted({ live, internalBootstrap }: MatrixCluster, compacted: TopicSettings): Promise<void> {
  const { principal, resource } = acl;
  const literal = { pattern: 'literal', operation: 'read', permission: 'allow', host: '*' };
  await createTopic(internalBootstrap, 'drift-unset', compacted);
  await live.admin.acls.createAcls([{ ...literal, ...resource, principal }]);
  await live.admin.quotas.alterQuotas(quotas.slice(0, 1), { validateOnly: false });
}

async function documentOf(place: PlanPlace): Promise<DriftDocument> {
  const found = await place.drift('json');
  assert.is(found.code, 2, found.printed);
  return JSON.parse(found.io.out());
}

function outcomesOf({ drift }: DriftDocument) {
  return drift.map(({ address, action, apply }) => [address, action, apply]).sort();
}

/** What Kafka's own tools change is found, in every format, and set back. */
export async function findsWhatToolsDid(place: PlanPlace, from: MatrixCluster, only: MatrixCluster): Promise<void> {
  const mirrored = `drift-to-${only.version}`;
  const compacted = { partitions: 2, replicationFactor: 3, config: { 'cleanup.policy': 'compact' } };
  await createTopic(from.internalBootstrap, mirrored, compacted);
  await makeSomeAsWanted(only, compacted);
  for (const { live } of [from, only]) await live.seenByAll();
  await applied(place, wish(mirrored));
  await isSettled(place);
  const runs = toolRuns(mirrored);
  await pMap(runs, (one) => run(only, one), { concurrency: toolsAtOnce });
  const again = await makeAgain(only);
  await only.live.seenByAll();
  const expected = [again, ...runs.flatMap(({ found }) => found.map((one) => [...one]))].sort();
  assert.equal(outcomesOf(await documentOf(place)), expected);

  for (const format of ['text', 'markdown', 'junit', 'sarif'] as const) {
    const { code, io, printed } = await place.drift(format);
    assert.is(code, 2, printed);
    for (const [address = ''] of expected) assert.ok(io.out().includes(address), `${format}: ${address}\n${io.out()}`);
  }
  const { io } = await place.drift('sarif');
  const results: readonly SarifResult[] = JSON.parse(io.out()).runs[0].results;
  assert.is(results.length, expected.length);
  assert.ok(results.every((one) => one.locations[0].physicalLocation.artifactLocation.uri.endsWith('plan.yaml')));

  const done = await place.apply();
  assert.is(done.code, 0, done.printed);
  await isSettled(place);
  await only.live.seenByAll();
  assert.match((await only.live.acls('drift-')).join(), 'User:d topic literal drift-acl describe allow *');
  assert.is((await only.live.topic('drift-set'))?.config['flush.ms'], '1000', "others' settings stay");
  assert.equal((await only.live.quotas())['user=drift-user'], { producer_byte_rate: 10, request_percentage: 50 });
}

interface SarifResult {
  readonly locations: readonly [{ readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } } }];
}

/** Partitions can not be taken back: the drift is told, and that apply is refused. */
export async function findsPartitionsAdded(place: PlanPlace, only: MatrixCluster) {
  await applied(place, { topics: { only: [topic('more')] } });
  await run(only, { tool: 'topics', args: ['--alter', '--topic', 'drift-more', '--partitions', '3'] });
  await only.live.seenByAll();
  const found = await documentOf(place);
  assert.equal(outcomesOf(found), [['topic/only/drift-more', 'update', 'refused']]);
  assert.equal(
    found.diagnostics.map((one) => one.code),
    ['KP2102'],
  );
}
