import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Cluster, openCluster } from '../../runner/kafka/open.ts';
import { apply } from '../../src/cli/commands/apply.ts';
import { plan } from '../../src/cli/commands/plan.ts';
import type { Acl } from '../../src/cluster/acl.ts';
import { aclKey } from '../../src/resources/acl/acl-words.ts';
import type { TestCluster } from '../clusters/cluster.ts';
import { runKafkaTool } from '../clusters/kafka-tool.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { recordedIo } from '../fixtures/apply/recorded-io.ts';
import { eventually } from '../fixtures/eventually.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { createTopic, produceRecords, uniqueName } from '../fixtures/records.ts';

const secret = 'kplan-secret';
const sasl = { mechanisms: ['PLAIN'], users: { kplan: secret, root: secret } } as const;
const superUsers = ['User:root'];
const usual = { pattern: 'literal', permission: 'allow', host: '*' };
/** The controller answers before the broker goes by what it did. */
const seenMsMax = 90_000;

/** 3.9, where ACLs alone allow, and kplan has some. */
let closed: TestCluster;
/** 4.1, where a resource without ACLs is open to everyone, as all are. */
let open: TestCluster;

test.before(async () => {
  [closed, open] = await Promise.all([
    startCluster({ name: 'closed', version: '3.9', sasl, authorizer: { superUsers } }),
    startCluster({
      name: 'open',
      version: '4.1',
      sasl,
      authorizer: { superUsers, allowEveryoneIfNoAclFound: true },
    }),
  ]);
  const resources = { topic: '*', group: '*', 'transactional-id': '*', cluster: 'kafka-cluster' };
  const all = Object.entries(resources).map(([type, name]) => acl('User:kplan', type, name, 'all'));
  await createAcls(closed, all);
});

test.after(async () => {
  await Promise.all([closed?.stop(), open?.stop()]);
});

function acl(principal: string, type: string, name: string, operation: string): Acl {
  return { ...usual, principal, type, name, operation };
}

/** Everybody on the brokers' own listener is a super user. */
async function asAdmin<T>({ internalBootstrap }: TestCluster, use: (cluster: Cluster) => Promise<T>): Promise<T> {
  const definition = { bootstrap: internalBootstrap, addressMap: {} };
  const cluster = await openCluster('admin', definition, { env: {}, baseDirectory: '.' });
  try {
    return await use(cluster);
  } finally {
    await cluster.close();
  }
}

async function isLive(cluster: TestCluster, wanted: Acl): Promise<boolean> {
  const { entries } = await asAdmin(cluster, ({ reader }) => reader.describeAcls());
  return entries.some((one) => aclKey(one) === aclKey(wanted));
}

/** Resolves when the broker goes by them. */
async function createAcls(cluster: TestCluster, wanted: readonly Acl[]): Promise<void> {
  await asAdmin(cluster, ({ acls }) => acls.createAcls(wanted));
  for (const one of wanted) await eventually('the ACL is there', seenMsMax, () => isLive(cluster, one));
}

async function deleteAcl(cluster: TestCluster, unwanted: Acl): Promise<void> {
  await asAdmin(cluster, ({ acls }) => acls.deleteAcls([unwanted]));
  await eventually('the ACL is gone', seenMsMax, async () => !(await isLive(cluster, unwanted)));
}

interface PlanFile {
  write(text: string): Promise<void>;
  /** Exit code and what was printed; 2 where there are changes. */
  plan(out?: string): Promise<readonly [number, string]>;
  apply(file?: string): Promise<readonly [number, string]>;
}

async function planFile(clusters: Readonly<Record<string, TestCluster>>, user = 'kplan'): Promise<PlanFile> {
  const directory = await mkdtemp(join(tmpdir(), 'kplan-acls-'));
  const auth = { mechanism: 'plain', username: user, password: { env: 'SECRET' } };
  const head = {
    version: 1,
    name: uniqueName('acls'),
    clusters: Object.fromEntries(Object.entries(clusters).map(([name, { bootstrap }]) => [name, { bootstrap, auth }])),
    state: { cluster: Object.keys(clusters).at(-1) },
  };
  const run = async (command: (io: ReturnType<typeof recordedIo>) => Promise<number>) => {
    const io = recordedIo(directory, { env: { SECRET: secret } });
    const code = await command(io);
    return [code, io.out() + io.err()] as const;
  };
  const applyOptions = { autoApprove: true, leaseSeconds: 30, lockTimeoutSeconds: 0, format: 'json' } as const;
  return {
    write: (text) => writeFile(join(directory, 'plan.yaml'), `${JSON.stringify(head).slice(0, -1)}, ${text} }`),
    plan: (out) =>
      run((io) =>
        plan({ file: 'plan.yaml', detailedExitcode: true, format: 'text', ...(out === undefined ? {} : { out }) }, io),
      ),
    apply: (file = 'plan.yaml') => run((io) => apply({ ...applyOptions, file }, io)),
  };
}

async function applied(file: PlanFile, text: string): Promise<string> {
  await file.write(text);
  const [code, planned] = await file.plan();
  assert.is(code, 2, planned);
  const [done, printed] = await file.apply();
  assert.is(done, 0, printed);
  const [again, left] = await file.plan();
  assert.is(again, 0, left);
  return planned;
}

for (const version of ['3.9', '4.1']) {
  const cluster = () => (version === '3.9' ? closed : open);

  test(`${version}: an ACL that others made is owned once it is declared: its loss is drift`, async () => {
    const file = await planFile({ only: cluster() });
    const made = acl('User:a', 'topic', uniqueName('t'), 'read');
    await createAcls(cluster(), [made]);
    await file.write(
      `acls: { only: [{ principal: "User:a", resource: { type: topic, name: ${made.name} }, operations: [read] }] }`,
    );
    assert.is((await file.plan())[0], 0);
    const [code, printed] = await file.apply();
    assert.is(code, 0, printed);
    assert.match(printed, 'KP4018');
    await deleteAcl(cluster(), made);
    const [changed, shown] = await file.plan();
    assert.is(changed, 2, shown);
    assert.match(shown, /Changed outside of kplan.*read\/allow\/%2A was deleted/s);
  });
}

test('what brokers tell of kplan itself: its rights, and no more of their settings than that they are set', async () => {
  const told = async (cluster: TestCluster) => {
    const {
      principal,
      everyoneIfNone,
      superUsers: named,
      clusterOperations,
    } = await asAdmin(cluster, ({ reader }) => reader.describeAcls());
    return { principal, everyoneIfNone, named, alters: clusterOperations?.includes('alter') };
  };
  const expected = { principal: 'User:ANONYMOUS', everyoneIfNone: 'unknown', named: undefined, alters: true };
  assert.equal(await told(closed), expected);
  assert.equal(await told(open), expected);
});

test('where ACLs alone allow, a DENY and a lost ALLOW that would shut kplan out are refused', async () => {
  const file = await planFile({ only: closed });
  for (const one of [
    '{ principal: "User:*", resource: { type: topic, name: __kplan., pattern: prefixed }, operations: [write], permission: deny }',
    '{ principal: "User:kplan", resource: { type: cluster, name: kafka-cluster }, operations: [all], state: absent }',
  ]) {
    await file.write(`acls: { only: [${one}] }`);
    const [code, printed] = await file.apply();
    assert.is(code, 1, printed);
    assert.ok(printed.includes('KP2303'), printed);
  }
  assert.ok(await isLive(closed, acl('User:kplan', 'cluster', 'kafka-cluster', 'all')));
  const asRoot = await planFile({ only: closed }, 'root');
  await asRoot.write(
    'acls: { only: [{ principal: "User:kplan", resource: { type: cluster, name: kafka-cluster }, operations: [all], state: absent }] }',
  );
  const [code, printed] = await asRoot.plan();
  assert.is(code, 2, `a super user may: ${printed}`);
});

test('a flow brings ACLs along, but never the first one of a topic that is open to kplan like to everyone', async () => {
  const topic = uniqueName('orders');
  await createTopic(closed.internalBootstrap, topic, { partitions: 1, replicationFactor: 1 });
  await produceRecords({ bootstrap: closed.internalBootstrap, topic }, [{ value: Buffer.from('1') }]);
  const atSource = ['read', 'write'].map((operation) => acl('User:app', 'topic', topic, operation));
  await createAcls(closed, atSource);
  const file = await planFile({ from: closed, to: open });
  const flow = (write: string) =>
    `flows: [{ name: f, source: from, target: to, topics: { include: [${topic}] }, acls: { include: ["User:app"], principals: { "User:app": "User:CN=app" }, write: ${write} } }]`;
  await file.write(flow('at-cutover'));
  const [code, refused] = await file.apply();
  assert.is(code, 1, refused);
  assert.ok(refused.includes('KP2303'), refused);
  const own = `acls: { to: [{ principal: "User:kplan", resource: { type: topic, name: ${topic} }, operations: [all] }] }`;
  const planned = await applied(file, `${flow('at-cutover')}, ${own}`);
  assert.match(planned, 'KP2305');
  assert.ok(await isLive(open, acl('User:CN=app', 'topic', topic, 'read')));
  assert.not(await isLive(open, acl('User:CN=app', 'topic', topic, 'write')));
  await applied(file, `${flow('now')}, ${own}`);
  assert.ok(await isLive(open, acl('User:CN=app', 'topic', topic, 'write')));
});

test('a plan says what kplan may not do with topics, and what it was not told, and fails for neither', async () => {
  const [topic, group] = [uniqueName('denied'), uniqueName('denied')];
  const file = await planFile({ from: closed, to: open });
  for (const cluster of [closed, open]) {
    await createTopic(cluster.internalBootstrap, topic, { partitions: 1, replicationFactor: 1 });
  }
  await commitOffsets(closed.internalBootstrap, group, [{ topic, partition: 0, offset: 0n }]);
  await file.write(
    `flows: [{ name: f, source: from, target: to, topics: { include: [${topic}] }, groups: { include: [${group}] } }]`,
  );
  const [allowed, nothing] = await file.plan();
  assert.is(allowed, 2, nothing);
  assert.not.match(nothing, /KP2719|KP241/);
  assert.match(nothing, `${group}: nothing left to read`);
  const deny = (type: string, name: string, operation: string) => ({
    ...acl('User:kplan', type, name, operation),
    permission: 'deny',
  });
  const denied = [deny('topic', topic, 'read'), deny('group', group, 'describe'), deny('group', group, 'read')];
  await createAcls(closed, denied);
  await createAcls(
    open,
    ['describe', 'describe-configs'].map((operation) => acl('User:kplan', 'topic', topic, operation)),
  );
  await eventually('both clusters refuse', seenMsMax, async () => {
    const [code, planned] = await file.plan();
    assert.is(code, 2, planned);
    return [`READ on topic ${topic} of from`, `ALTER_CONFIGS, READ and WRITE on topic ${topic} of to`].every((one) =>
      planned.replaceAll(/\s+/g, ' ').includes(`KP2411: User:kplan lacks ${one}`),
    );
  });
  const [, planned] = await file.plan();
  assert.match(planned, /KP2719.*group offsets:\s+GROUP_AUTHORIZATION_FAILED/s);
});

const aclCommands = { '3.9': 'kafka.admin.AclCommand', '4.1': 'org.apache.kafka.tools.AclCommand' } as const;

for (const version of ['3.9', '4.1'] as const) {
  test(`${version}: the rights that a plan lacks are told with the command that gives them, and are then enough`, async () => {
    const cluster = await startCluster({ name: `rights-${version}`, version, sasl, authorizer: { superUsers } });
    const [topic, group] = [uniqueName('orders'), uniqueName('billing')];
    await createTopic(cluster.internalBootstrap, topic, { partitions: 1, replicationFactor: 1 });
    await createTopic(cluster.internalBootstrap, `${topic}-old`, { partitions: 1, replicationFactor: 1 });
    await produceRecords({ bootstrap: cluster.internalBootstrap, topic }, [{ value: Buffer.from('1') }]);
    await commitOffsets(cluster.internalBootstrap, group, [{ topic, partition: 0, offset: 1n }]);
    const seen = [topic, `${topic}-old`].flatMap((name) =>
      ['describe', 'describe-configs'].map((operation) => acl('User:kplan', 'topic', name, operation)),
    );
    const state = { ...acl('User:kplan', 'topic', '__kplan.', 'describe'), pattern: 'prefixed' };
    const describes = acl('User:kplan', 'cluster', 'kafka-cluster', 'describe');
    await createAcls(cluster, [...seen, state]);
    const file = await planFile({ from: cluster, to: cluster });
    await file.write(`
      flows: [{ name: f, source: from, target: to, naming: { prefix: copy. }, topics: { include: [${topic}] }, groups: { include: [${group}] } }],
      topics: { to: [{ name: ${topic}-old, partitions: 2, replicationFactor: 1, config: { retention.ms: 1000 } }] }`);
    const words = async () => (await file.plan())[1].replaceAll(/\s+/g, ' ');
    const hidden = await words();
    assert.ok(hidden.includes('KP2415: User:kplan lacks DESCRIBE on cluster from'), hidden);
    assert.not.match(hidden, `on group ${group} of`);
    await createAcls(cluster, [describes]);
    await eventually('the group is listed', seenMsMax, async () => (await words()).includes(`on group ${group} of to`));
    const first = await words();
    assert.not.match(first, 'KP2415');
    for (const wanted of [
      `KP2411: User:kplan lacks READ on topic ${topic} of from`,
      'KP2411: User:kplan lacks CREATE, DESCRIBE_CONFIGS, READ and WRITE on 3 topics of to',
      `KP2411: User:kplan lacks ALTER and ALTER_CONFIGS on topic ${topic}-old of to`,
      `KP2412: User:kplan lacks DESCRIBE on group ${group} of from`,
      `KP2412: User:kplan lacks DELETE and READ on group ${group} of to`,
      'KP2414: User:kplan lacks WRITE on 4 transactional ids of to',
    ]) {
      assert.ok(first.includes(wanted), `${wanted} in ${first}`);
    }
    assert.not.match(first, /KP240/);
    for (let asked = 0; asked < 4; asked += 1) {
      for (const [, given = ''] of (await words()).matchAll(
        /kafka-acls\.sh (--bootstrap-server .*?) (?=warning|Plan:|note)/g,
      )) {
        const args = given
          .split(' ')
          .filter((one, at, all) => one !== 'admin.properties' && all[at + 1] !== 'admin.properties');
        args[1] = cluster.internalBootstrap.join();
        await runKafkaTool(version, aclCommands[version], args);
      }
      if (!(await words()).includes('KP241')) break;
    }
    assert.not.match(await words(), /KP241/);
    const [code, printed] = await file.apply();
    assert.is(code, 0, printed);
    await cluster.stop();
  });
}

test('a cluster without an authorizer is told from one without ACLs', async () => {
  const { bootstrap } = (await sharedClusters()).target;
  const directory = await mkdtemp(join(tmpdir(), 'kplan-acls-'));
  const io = recordedIo(directory);
  const text = `{ version: 1, name: none, clusters: { only: { bootstrap: ${JSON.stringify(bootstrap)} } }, acls: { only: [{ principal: "User:a", resource: { type: topic, name: t }, operations: [read] }] } }`;
  await writeFile(join(directory, 'plan.yaml'), text);
  assert.is(await plan({ file: 'plan.yaml', detailedExitcode: true, format: 'text' }, io), 1, io.out());
  assert.match(io.out() + io.err(), 'KP2301');
});

test.run();
