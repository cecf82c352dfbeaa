import * as assert from 'uvu/assert';
import type { Acl } from '../../../src/cluster/acl.ts';
import type { PlanPlace } from '../../fixtures/apply/plan-place.ts';
import { createTopic, growTopic } from '../../fixtures/records.ts';
import type { MatrixCluster } from './clusters.ts';
import type { LiveCluster } from './live.ts';

type Section = 'topics' | 'acls' | 'quotas';

/** A resource that somebody moves between plan and apply. */
interface Move {
  readonly section: Section;
  readonly what: string;
  /** As it is applied first; absent: it is not there. */
  readonly applied?: object;
  /** As the saved plan wants it. */
  readonly planned: object;
  readonly outside: (live: LiveCluster, bootstrap: readonly string[]) => Promise<unknown>;
  /** How apply names the difference. */
  readonly named: RegExp;
}

const topic = (name: string, partitions: number, config: Readonly<Record<string, number>> = {}) => ({
  name: `stale-${name}`,
  partitions,
  replicationFactor: 3,
  config,
});
const gone = (name: string) => ({ name: `stale-${name}`, state: 'absent' });
const acl = (name: string) => ({
  principal: 'User:s',
  resource: { type: 'topic', name: `stale-${name}` },
  operations: ['read'],
});
const liveAcl = (name: string): Acl => {
  const usual = { principal: 'User:s', type: 'topic', pattern: 'literal', permission: 'allow', host: '*' };
  return { ...usual, name: `stale-${name}`, operation: 'read' };
};
const quota = (name: string, limits: Readonly<Record<string, number>>) => ({
  entity: { user: `stale-${name}` },
  limits,
});

async function alterTopic({ admin }: LiveCluster, name: string, retentionMs: string | null): Promise<void> {
  const settings = { 'retention.ms': retentionMs };
  const wanted = [{ topic: `stale-${name}`, settings }];
  assert.is((await admin.topics.alterTopicSettings(wanted, { validateOnly: false }))[0]?.error, null);
}

async function addPartitions({ admin }: LiveCluster, name: string, partitions: number): Promise<void> {
  const wanted = [{ topic: `stale-${name}`, partitions }];
  assert.is((await admin.topics.createPartitions(wanted, { validateOnly: false }))[0]?.error, null);
}

async function deleteTopic(live: LiveCluster, name: string): Promise<void> {
  const wanted = { topic: `stale-${name}` };
  assert.is((await live.admin.topics.deleteTopics([wanted]))[0]?.error, null);
  await live.seenByAll();
}

function setQuota({ admin }: LiveCluster, name: string, limits: Readonly<Record<string, number | null>>) {
  return admin.quotas.alterQuotas([{ entity: { user: `stale-${name}` }, limits }], { validateOnly: false });
}

/** Every kind of resource, and what others may do to it meanwhile. */
export const moves: readonly Move[] = [
  {
    section: 'topics',
    what: 'made meanwhile',
    planned: topic('made', 2),
    outside: (_live, bootstrap) => createTopic(bootstrap, 'stale-made', { partitions: 2, replicationFactor: 3 }),
    named: /topic\/only\/stale-made: was not there, is there/,
  },
  {
    section: 'topics',
    what: 'a setting changed otherwise',
    applied: topic('set', 1, { 'retention.ms': 1000 }),
    planned: topic('set', 1, { 'retention.ms': 2000 }),
    outside: (live) => alterTopic(live, 'set', '3000'),
    named: /topic\/only\/stale-set retention\.ms: was 1000, is 3000/,
  },
  {
    section: 'topics',
    what: 'a setting given back',
    applied: topic('back', 1, { 'retention.ms': 1000 }),
    planned: topic('back', 1, { 'retention.ms': 2000 }),
    outside: (live) => alterTopic(live, 'back', null),
    named: /topic\/only\/stale-back retention\.ms: was 1000, is default/,
  },
  {
    section: 'topics',
    what: 'a setting that was not set',
    applied: topic('unset', 1),
    planned: topic('unset', 1, { 'retention.ms': 2000 }),
    outside: (live) => alterTopic(live, 'unset', '3000'),
    named: /topic\/only\/stale-unset retention\.ms: was default, is 3000/,
  },
  {
    section: 'topics',
    what: 'partitions added',
    applied: topic('grown', 2),
    planned: topic('grown', 4),
    outside: (live) => addPartitions(live, 'grown', 3),
    named: /topic\/only\/stale-grown partitions: was 2, is 3/,
  },
  {
    section: 'topics',
    what: 'deleted, where it was to change',
    applied: topic('lost', 2),
    planned: topic('lost', 4),
    outside: (live) => deleteTopic(live, 'lost'),
    named: /topic\/only\/stale-lost: was there, is not there/,
  },
  {
    section: 'topics',
    what: 'grown, where it was to go',
    applied: topic('going', 1),
    planned: gone('going'),
    outside: (live) => addPartitions(live, 'going', 2),
    named: /topic\/only\/stale-going partitions: was 1, is 2/,
  },
  {
    section: 'topics',
    what: 'made again, where it was to go',
    applied: topic('again', 1),
    planned: gone('again'),
    outside: async (live, bootstrap) => {
      await deleteTopic(live, 'again');
      await createTopic(bootstrap, 'stale-again', { replicationFactor: 3 });
    },
    named: /topic\/only\/stale-again: was the topic with id \S+, is one with id/,
  },
  {
    section: 'acls',
    what: 'made meanwhile',
    planned: acl('made'),
    outside: ({ admin }) => admin.acls.createAcls([liveAcl('made')]),
    named: /acl\/only\/User%3As\/topic\/literal\/stale-made\/read\/allow\/%2A: was not there, is there/,
  },
  {
    section: 'acls',
    what: 'deleted meanwhile',
    applied: acl('going'),
    planned: { ...acl('going'), state: 'absent' },
    outside: ({ admin }) => admin.acls.deleteAcls([liveAcl('going')]),
    named: /acl\/only\/User%3As\/topic\/literal\/stale-going\/read\/allow\/%2A: was there, is not there/,
  },
  {
    section: 'quotas',
    what: 'set meanwhile',
    planned: quota('made', { producer_byte_rate: 10 }),
    outside: (live) => setQuota(live, 'made', { producer_byte_rate: 11 }),
    named: /quota\/only\/user%3Dstale-made producer_byte_rate: was not set, is 11/,
  },
  {
    section: 'quotas',
    what: 'a limit changed otherwise',
    applied: quota('set', { producer_byte_rate: 10 }),
    planned: quota('set', { producer_byte_rate: 12 }),
    outside: (live) => setQuota(live, 'set', { producer_byte_rate: 11 }),
    named: /quota\/only\/user%3Dstale-set producer_byte_rate: was 10, is 11/,
  },
  {
    section: 'quotas',
    what: 'a limit removed',
    applied: quota('back', { producer_byte_rate: 10 }),
    planned: quota('back', { producer_byte_rate: 12 }),
    outside: (live) => setQuota(live, 'back', { producer_byte_rate: null }),
    named: /quota\/only\/user%3Dstale-back producer_byte_rate: was 10, is not set/,
  },
  {
    section: 'quotas',
    what: 'changed, where it was to go',
    applied: quota('going', { producer_byte_rate: 10 }),
    planned: { entity: { user: 'stale-going' }, state: 'absent' },
    outside: (live) => setQuota(live, 'going', { producer_byte_rate: 11 }),
    named: /quota\/only\/user%3Dstale-going producer_byte_rate: was 10, is 11/,
  },
];

/** To change as well, and moved by nobody: never named, and not changed while others are stale. */
const bystander = [topic('quiet', 1), topic('quiet', 2)] as const;

function sections(state: 'applied' | 'planned'): object {
  const of = (section: Section) => moves.filter((one) => one.section === section).flatMap((one) => one[state] ?? []);
  return {
    topics: { only: [...of('topics'), state === 'applied' ? bystander[0] : bystander[1]] },
    acls: { only: of('acls') },
    quotas: { only: of('quotas') },
    policies: { deleteTopics: 'allow' },
  };
}

async function applied(place: PlanPlace, wish: object): Promise<void> {
  await place.write(wish);
  const done = await place.apply();
  assert.is(done.code, 0, done.printed);
}

async function saved(place: PlanPlace, wish: object): Promise<void> {
  await place.write(wish);
  const planned = await place.plan('saved.kplan.json');
  assert.is(planned.code, 2, planned.printed);
}

/** Everything is moved at once: apply names each difference, and nothing but them. */
export async function namesEveryMove(place: PlanPlace, { live, internalBootstrap }: MatrixCluster): Promise<void> {
  await applied(place, sections('applied'));
  await saved(place, sections('planned'));
  for (const { outside } of moves) await outside(live, internalBootstrap);
  await live.seenByAll();
  const before = await everythingOf(live);
  const stale = await place.apply('saved.kplan.json');
  assert.is(stale.code, 3, stale.printed);
  for (const { what, named, section } of moves) assert.match(stale.printed, named, `${section}: ${what}`);
  const [told] = stale.io.events().filter((one) => one.event === 'diagnostic');
  assert.match(JSON.stringify(told), `"KP4001"`);
  assert.match(JSON.stringify(told), `stale: ${moves.length} things`);
  assert.equal(await everythingOf(live), before, 'nothing was done');
}

/** One move is enough, whatever it is. */
export async function oneMoveIsEnough(place: PlanPlace, cluster: MatrixCluster): Promise<void> {
  const entity = { user: 'stale-alone' };
  const wish = { topics: { only: [topic('alone', 1)] }, quotas: { only: [quota('alone', { producer_byte_rate: 1 })] } };
  await saved(place, wish);
  await cluster.live.admin.quotas.alterQuotas([{ entity, limits: { producer_byte_rate: 2 } }], { validateOnly: false });
  await cluster.live.seenByAll();
  const stale = await place.apply('saved.kplan.json');
  assert.is(stale.code, 3, stale.printed);
  assert.is(await cluster.live.topic('stale-alone'), null);
}

/** A flow is redefined by another apply; the plan file is the planned one again afterwards. */
export async function flowMoved(place: PlanPlace): Promise<void> {
  const wish = (commitIntervalMs: number) => ({
    flows: [
      {
        name: 'moved',
        source: 'from',
        target: 'only',
        topics: { include: ['stale-none*'] },
        tuning: { commitIntervalMs },
      },
    ],
  });
  await applied(place, wish(100));
  await saved(place, wish(200));
  await applied(place, wish(300));
  await place.write(wish(200));
  const stale = await place.apply('saved.kplan.json');
  assert.is(stale.code, 3, stale.printed);
  assert.match(stale.printed, /flow\/moved: was there, is there with another definition/);
}

/** A topic that a flow mirrors from gets partitions; neither the topic at the target nor kplan's own is made then. */
export async function sourceMoved(place: PlanPlace, from: MatrixCluster, only: MatrixCluster): Promise<void> {
  const name = `stale-source-of-${only.version}`;
  await createTopic(from.internalBootstrap, name, { partitions: 2, replicationFactor: 3 });
  await saved(place, { flows: [{ name: 'f', source: 'from', target: 'only', topics: { include: [name] } }] });
  await growTopic(from.internalBootstrap, name, 3);
  const before = await only.live.topics();
  const stale = await place.apply('saved.kplan.json');
  assert.is(stale.code, 3, stale.printed);
  assert.match(stale.printed, `topic/from/${name} partitions: was 2, is 3`);
  await only.live.seenByAll();
  assert.equal(await only.live.topics(), before);
}

/** What the plan does not speak of may move as it likes, new members of its flow among it. */
export async function unrelatedMovesDoNotMatter(
  place: PlanPlace,
  from: MatrixCluster,
  only: MatrixCluster,
): Promise<void> {
  const member = `stale-to-${only.version}`;
  const flows = [{ name: 'f', source: 'from', target: 'only', topics: { include: [`${member}*`] } }];
  const wish = { flows, topics: { only: [topic('related', 1)] } };
  await createTopic(from.internalBootstrap, `${member}-1`, { replicationFactor: 3 });
  await saved(place, wish);
  await createTopic(only.internalBootstrap, 'stale-unrelated', { replicationFactor: 3 });
  await createTopic(from.internalBootstrap, `${member}-2`, { replicationFactor: 3 });
  await only.live.admin.acls.createAcls([liveAcl('unrelated')]);
  await setQuota(only.live, 'unrelated', { producer_byte_rate: 1 });
  for (const { live } of [from, only]) await live.seenByAll();
  const done = await place.apply('saved.kplan.json');
  assert.is(done.code, 0, done.printed);
  await only.live.seenByAll();
  assert.is.not(await only.live.topic(`${member}-1`), null);
  assert.is(await only.live.topic(`${member}-2`), null);
  const again = await place.apply('saved.kplan.json');
  assert.is(again.code, 0, 'applied again it does nothing');
  assert.match(again.printed, /"alreadyDone":[1-9]/);
}

async function everythingOf(live: LiveCluster) {
  const names = (await live.topics()).filter((name) => name.startsWith('stale-')).sort();
  const topics = await Promise.all(names.map((name) => live.topic(name)));
  return { names, topics, acls: await live.acls('stale-'), quotas: await live.quotas() };
}
