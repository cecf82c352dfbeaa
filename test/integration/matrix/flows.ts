import * as assert from 'uvu/assert';
import { commitOffsets } from '../../fixtures/groups.ts';
import { createTopic, produceRecords } from '../../fixtures/records.ts';
import type { MatrixCluster } from './clusters.ts';
import type { LiveTopic } from './live.ts';
import type { Step } from './step.ts';

const largest = '9223372036854775807';

/** While a topic is mirrored no record may be refused for its time; 4.1 would refuse those of the future. */
const unlimited = { '3.9': {}, '4.1': { 'message.timestamp.after.max.ms': largest } } as const;

const at = (name: string) => `topic/only/${name}`;

/** Every way in which a flow, and what it mirrors, changes. `source` is called `from`, `target` `only`. */
export function flowSteps(source: MatrixCluster, target: MatrixCluster): readonly Step[] {
  const { admin } = source.live;
  /** Not what the matrix of the other version makes. */
  const prefix = `pay.to.${target.version}`;
  const [topic, late] = [`${prefix}.orders`, `${prefix}.refunds`];
  const [group, lateGroup] = [`${prefix}-billing`, `${prefix}-audit`];
  const aclAt = (operation: string) => `acl/only/User%3ACN%3Dapp/topic/literal/${topic}/${operation}/allow/%2A`;
  const aclLive = (operation: string) => `User:CN=app topic literal ${topic} ${operation} allow *`;
  /** As at the source: three replicas. */
  const topicOf = (partitions: number, config: LiveTopic['config']): LiveTopic => ({
    partitions,
    replicationFactor: 3,
    config: { ...unlimited[target.version], ...config },
  });
  const onTarget = (name: string, expected: LiveTopic | null): Step['lives'][number] => [
    () => target.live.topic(name),
    expected,
  ];

  async function makeTopic(name: string, partitions: number, config: Readonly<Record<string, string>>) {
    await createTopic(source.internalBootstrap, name, { partitions, replicationFactor: 3, config });
    const records = [0, 1].map((partition) => ({ partition, key: Buffer.from('k'), value: Buffer.from('v') }));
    await produceRecords({ bootstrap: source.internalBootstrap, topic: name }, records);
  }

  async function setAtSource(settings: Readonly<Record<string, string | null>>) {
    const answers = await admin.topics.alterTopicSettings([{ topic, settings }], { validateOnly: false });
    assert.equal(
      answers.map(({ error }) => error),
      [null],
    );
  }

  const base = { name: 'pay', source: 'from', target: 'only', topics: { include: [`${prefix}.*`] } };
  const groups = { groups: { include: [`${prefix}-*`] } };
  const tuned = { ...base, ...groups, tuning: { commitIntervalMs: 200 } };
  const flow = (definition: object, defaults: object = {}) => ({ defaults, flows: [definition] });
  const acls = (write: string) => ({ include: ['User:app'], principals: { 'User:app': 'User:CN=app' }, write });
  const settings = { 'cleanup.policy': 'compact', 'retention.ms': '86400000' };

  const without = { ...tuned, topics: { include: [`${prefix}.*`], exclude: [late] }, acls: acls('now') };
  const two = { flows: [without, { ...base, name: 'copy', naming: { prefix: 'copy-' } }] };

  const steps: readonly Step[] = [
    {
      what: 'defined; its topic made as the source has it',
      outside: async () => {
        await makeTopic(topic, 2, settings);
        await commitOffsets(source.internalBootstrap, group, [{ topic, partition: 0, offset: 1n }]);
      },
      wish: flow({ ...base, ...groups }),
      changes: { 'flow/pay': 'create', [at(topic)]: 'create' },
      lives: [onTarget(topic, topicOf(2, settings)), [() => target.live.committed(group), [`${topic}/0 at 2`]]],
    },
    {
      what: 'redefined',
      wish: flow(tuned),
      changes: { 'flow/pay': 'update' },
      lives: [onTarget(topic, topicOf(2, settings))],
    },
    {
      what: 'settings changed at the source',
      outside: () => setAtSource({ 'retention.ms': '172800000', 'segment.bytes': '2097152' }),
      wish: flow(tuned),
      changes: { [at(topic)]: 'update' },
      lives: [onTarget(topic, topicOf(2, { ...settings, 'retention.ms': '172800000', 'segment.bytes': '2097152' }))],
    },
    {
      what: 'settings given back at the source',
      outside: () => setAtSource({ 'retention.ms': null, 'segment.bytes': null }),
      wish: flow(tuned),
      changes: { [at(topic)]: 'update' },
      lives: [onTarget(topic, topicOf(2, { 'cleanup.policy': 'compact' }))],
    },
    {
      what: 'partitions added at the source',
      outside: () => admin.topics.createPartitions([{ topic, partitions: 3 }], { validateOnly: false }),
      wish: flow(tuned),
      changes: { [at(topic)]: 'update' },
      lives: [onTarget(topic, topicOf(3, { 'cleanup.policy': 'compact' }))],
    },
    {
      what: 'a topic and a group more',
      outside: async () => {
        await makeTopic(late, 2, {});
        await commitOffsets(source.internalBootstrap, lateGroup, [{ topic: late, partition: 1, offset: 1n }]);
      },
      wish: flow(tuned),
      changes: { [at(late)]: 'create' },
      lives: [
        onTarget(late, topicOf(2, {})),
        [() => target.live.committed(lateGroup), [`${late}/1 at 2`]],
        [() => target.live.committed(group), [`${topic}/0 at 2`]],
      ],
    },
    {
      what: 'settings of the plan file over those of the source',
      wish: flow(tuned, { config: { set: { 'cleanup.policy': 'delete', 'min.insync.replicas': 2 } } }),
      changes: { [at(topic)]: 'update', [at(late)]: 'update' },
      lives: [
        onTarget(topic, topicOf(3, { 'cleanup.policy': 'delete', 'min.insync.replicas': '2' })),
        onTarget(late, topicOf(2, { 'min.insync.replicas': '2' })),
      ],
    },
    {
      what: 'and no more; meanwhile a record more, which the group has read',
      outside: async () => {
        await produceRecords({ bootstrap: source.internalBootstrap, topic }, [
          { key: Buffer.from('k'), value: Buffer.from('w') },
        ]);
        await commitOffsets(source.internalBootstrap, group, [{ topic, partition: 0, offset: 2n }]);
      },
      wish: flow(tuned),
      changes: { [at(topic)]: 'update', [at(late)]: 'update' },
      lives: [
        onTarget(topic, topicOf(3, { 'cleanup.policy': 'compact' })),
        onTarget(late, topicOf(2, {})),
        [() => target.live.committed(group), [`${topic}/0 at 4`]],
      ],
    },
    {
      what: 'ACLs brought along, writing not yet',
      outside: () =>
        admin.acls.createAcls(
          ['read', 'write'].map((operation) => ({
            principal: 'User:app',
            type: 'topic',
            pattern: 'literal',
            name: topic,
            operation,
            permission: 'allow',
            host: '*',
          })),
        ),
      wish: flow({ ...tuned, acls: acls('at-cutover') }),
      changes: { [aclAt('read')]: 'create' },
      lives: [[() => target.live.acls(prefix), [aclLive('read')]]],
    },
    {
      what: 'writing now',
      wish: flow({ ...tuned, acls: acls('now') }),
      changes: { [aclAt('write')]: 'create' },
      lives: [[() => target.live.acls(prefix), [aclLive('read'), aclLive('write')]]],
    },
    {
      what: 'a topic leaves it, and is left alone',
      wish: flow(without),
      told: ['KP2115'],
      changes: { 'flow/pay': 'update' },
      lives: [onTarget(late, topicOf(2, {}))],
    },
    {
      what: 'a second flow, under other names',
      wish: two,
      changes: {
        'flow/copy': 'create',
        [at(`copy-${topic}`)]: 'create',
        [at(`copy-${late}`)]: 'create',
      },
      lives: [onTarget(`copy-${topic}`, topicOf(3, { 'cleanup.policy': 'compact' }))],
    },
    {
      what: 'nothing inherited any more',
      wish: { ...two, defaults: { config: { inherit: 'none' } } },
      changes: { [at(topic)]: 'update', [at(`copy-${topic}`)]: 'update' },
      lives: [onTarget(topic, topicOf(3, {})), onTarget(`copy-${topic}`, topicOf(3, {}))],
    },
  ];
  return steps.map((step) => ({ ...step, moved: [source.live, target.live] }));
}
