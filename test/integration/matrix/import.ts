import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { importClusters } from '../../../src/cli/commands/import.ts';
import type { TopicSetting } from '../../../src/plan-file/topic-setting.ts';
import { topicSettings } from '../../../src/plan-file/topic-settings.generated.ts';
import type { PlanPlace } from '../../fixtures/apply/plan-place.ts';
import { recordedIo } from '../../fixtures/apply/recorded-io.ts';
import { createTopic } from '../../fixtures/records.ts';
import { login, type MatrixCluster, type MatrixVersion, reader } from './clusters.ts';
import type { LiveCluster } from './live.ts';
import { isSettled } from './step.ts';

const usual = { clusters: [], topics: [], force: false, format: 'text' } as const;
const large = '9223372036854775807';

/** Values that say something else to Kafka than any other would: a cluster without tiered storage takes none of its settings. */
function otherValue(name: string, { type, default: usually, min, oneOf }: TopicSetting): string | undefined {
  if (name.startsWith('remote.') || name.startsWith('local.')) return undefined;
  if (name === 'cleanup.policy') return 'compact,delete';
  if (name === 'min.insync.replicas') return '2';
  if (name.endsWith('.throttled.replicas')) return '*';
  if (type === 'boolean') return String(usually !== 'true');
  if (type === 'double') return '0.250';
  if (oneOf !== undefined) return oneOf.find((one) => one !== usually);
  return min === undefined || min === usually ? String(BigInt(usually ?? '0') + 1n) : min;
}

/** Every topic setting of the version, none at its default. */
function everySetting(version: MatrixVersion): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(topicSettings).flatMap(([name, { [version]: setting }]) => {
      const value = setting === undefined ? undefined : otherValue(name, setting);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Topics as odd as Kafka takes them. */
async function createOddTopics({ internalBootstrap: bootstrap, version }: MatrixCluster): Promise<void> {
  const odd = {
    '42': {},
    'odd.with.dots': { 'cleanup.policy': 'delete,compact' },
    'odd_with_underscores-A': { 'retention.ms': large, 'retention.bytes': large, 'flush.messages': '9007199254740993' },
    ['o'.repeat(249)]: { 'retention.ms': '-1' },
    'odd-settings': everySetting(version),
    'odd-spelling': { preallocate: 'TRUE', 'min.cleanable.dirty.ratio': '3e-1', 'delete.retention.ms': '+100' },
  };
  for (const [name, config] of Object.entries(odd)) {
    const replicationFactor = name === '42' ? 1 : 3;
    await createTopic(bootstrap, name, {
      partitions: 3,
      replicationFactor,
      config,
      neverOpened: name === 'odd-settings',
    });
  }
  await createTopic(bootstrap, 'odd-alone', { config: { 'min.insync.replicas': '2' } });
}

/** Quotas and ACLs of names that want quoting; few rights for `reader`. */
async function createOddQuotasAndAcls({ live: { admin } }: MatrixCluster): Promise<void> {
  const literal = { pattern: 'literal', permission: 'allow', host: '*' };
  await admin.quotas.alterQuotas(
    [
      { entity: { user: 'CN=me,OU=a b*/=é' }, limits: { producer_byte_rate: 1e6, request_percentage: 12.5 } },
      { entity: { user: '<default>', clientId: '1421' }, limits: { controller_mutation_rate: 0.1 } },
      { entity: { ip: '198.18.0.9' }, limits: { connection_creation_rate: 2_147_483_647 } },
    ],
    { validateOnly: false },
  );
  await admin.acls.createAcls([
    ...['describe', 'describe-configs'].map((operation) => ({
      ...{ ...literal, operation, type: 'topic', name: '*' },
      principal: `User:${reader.user}`,
    })),
    { ...literal, principal: 'User:a: b', type: 'topic', name: 'odd.', pattern: 'prefixed', operation: 'read' },
    { ...literal, principal: 'User:mallory', type: 'group', name: '42', permission: 'deny', operation: 'read' },
  ]);
}

function connections({ bootstrap }: MatrixCluster, user: string): string {
  const auth = { mechanism: 'plain', username: user, password: { env: 'PLACE_PASSWORD' } };
  return JSON.stringify({ version: 1, name: 'from', clusters: { only: { bootstrap, auth } } });
}

/** Everything that lives there by now, and odd things: kplan declares it, and finds nothing to do. */
export async function importsToNoChanges(place: PlanPlace, cluster: MatrixCluster) {
  const { directory } = place;
  const world = () => recordedIo(directory, { env: { PLACE_PASSWORD: login.password } });
  const { live } = cluster;
  await createOddTopics(cluster);
  await createOddQuotasAndAcls(cluster);
  await live.seenByAll();
  await writeFile(join(directory, 'from.yaml'), connections(cluster, login.user));
  const io = world();
  assert.is(await importClusters({ ...usual, from: 'from.yaml', out: 'plan.yaml', format: 'json' }, io), 0, io.out());

  const names = await live.topics();
  const own = names.filter((name) => !name.startsWith('__'));
  assert.ok(names.length > own.length, 'there are internal topics');
  assert.equal(JSON.parse(io.out()).imported, {
    topics: own.length,
    acls: new Set((await live.acls('')).map((line) => line.split(' ').toSpliced(-3, 1).join(' '))).size,
    quotas: Object.keys(await live.quotas()).length,
  });
  const text = await readFile(join(directory, 'plan.yaml'), 'utf8');
  assert.match(text, 'flush.messages: 9007199254740993');
  assert.match(text, '# Left out: `min.insync.replicas` is 2, but the topic has only 1 replica.');
  assert.match(text, '# Left out: leader.replication.throttled.replicas is a throttle');

  const planned = await place.plan(undefined, 'json');
  assert.is(planned.code, 0, planned.printed);
  const { changes, diagnostics } = JSON.parse(planned.io.out());
  assert.equal(changes, []);
  assert.not.match(JSON.stringify(diagnostics), '"severity":"error"');
  const applied = await place.apply();
  assert.is(applied.code, 0, applied.printed);
  await isSettled(place);

  const again = world();
  assert.is(await importClusters({ ...usual, from: 'plan.yaml' }, again), 0, again.err());
  /** But for the name, and that kplan's own topics are left out: there is one more. */
  const declared = (plan: string) => plan.slice(plan.indexOf('\nclusters:')).replace(/^ *# Left out, since.*$/mu, '');
  assert.is(declared(again.out()), declared(text));
  await seesWhatIsEdited(place, text);
  await seesWhatIsAltered(place, live);
}

async function seesWhatIsEdited(place: PlanPlace, text: string): Promise<void> {
  const edited = text
    .replace('9007199254740993', '9007199254740992')
    .replace('rate: 0.1', 'rate: 0.2')
    .replace('permission: deny', 'permission: allow');
  await writeFile(join(place.directory, 'plan.yaml'), edited);
  const planned = await place.plan(undefined, 'json');
  assert.is(JSON.parse(planned.io.out()).changes?.length, 3, planned.printed);
}

/** What was imported and applied is kplan's: it notices what others change. */
async function seesWhatIsAltered(place: PlanPlace, { admin, seenByAll }: LiveCluster): Promise<void> {
  const topics = [{ topic: 'odd.with.dots', settings: { 'cleanup.policy': 'compact' } }];
  assert.is((await admin.topics.alterTopicSettings(topics, { validateOnly: false }))[0]?.error, null);
  await admin.quotas.alterQuotas([{ entity: { ip: '198.18.0.9' }, limits: { connection_creation_rate: 1 } }], {
    validateOnly: false,
  });
  await seenByAll();
  const drifted = await place.drift('json');
  assert.is(drifted.code, 2, drifted.printed);
  const addresses = JSON.parse(drifted.io.out()).drift.map((one: { address: string }) => one.address);
  assert.equal(addresses, ['topic/only/odd.with.dots', 'quota/only/ip%3D198.18.0.9']);
}

/** Who may not ask for ACLs and quotas gets the topics, and a remark for the rest. */
export async function importsWhatOneMayRead({ directory }: PlanPlace, cluster: MatrixCluster): Promise<void> {
  await writeFile(join(directory, 'reader.yaml'), connections(cluster, reader.user));
  const io = recordedIo(directory, { env: { PLACE_PASSWORD: reader.password } });
  const options = { ...usual, from: 'reader.yaml', topics: ['odd?with*', 'none*'], format: 'json' } as const;
  assert.is(await importClusters(options, io), 0, io.out());
  const document = JSON.parse(io.out());
  assert.equal(document.imported, { topics: 2, acls: 0, quotas: 0 });
  assert.equal(
    document.diagnostics.map((one: { code: string; summary: string }) => [one.code, one.summary]),
    [['KP1306', 'No topic matches none*.']],
  );
  assert.is(document.text.match(/# Not read:/gu).length, 2);
}
