import type { Action } from '../../../src/execution-plan/execution-plan.ts';
import type { LiveCluster, LiveTopic } from './live.ts';
import type { Step } from './step.ts';

const topic = 'orders.v1_a';
const largest = '9223372036854775807';

/** What is wanted of one topic; `action` is absent where that is no change. */
interface Row {
  readonly what: string;
  readonly partitions: number;
  readonly set?: Readonly<Record<string, string | number | boolean>>;
  readonly action?: Action;
  readonly told?: readonly string[];
  /** What is set on the topic afterwards, where that is not spelled as `set`. */
  readonly lives?: Readonly<Record<string, string>>;
}

const list = { 'cleanup.policy': 'compact,delete' };
const several = { 'min.cleanable.dirty.ratio': 0.3, 'compression.type': 'zstd', 'max.message.bytes': 2_000_000 };
const severalLive = { 'min.cleanable.dirty.ratio': '0.3', 'compression.type': 'zstd', 'max.message.bytes': '2000000' };

const rows: readonly Row[] = [
  { what: 'created without settings', partitions: 3, action: 'create' },
  { what: 'partitions added', partitions: 5, action: 'update', told: ['KP2109'] },
  { what: 'a setting set', partitions: 5, set: { 'retention.ms': 3_600_000 }, action: 'update' },
  { what: 'a setting changed', partitions: 5, set: { 'retention.ms': 7_200_000 }, action: 'update' },
  { what: 'the largest number', partitions: 5, set: { 'retention.ms': largest }, action: 'update' },
  {
    what: 'a number that a double can not hold',
    partitions: 5,
    set: { 'retention.ms': largest, 'flush.messages': '9007199254740993' },
    action: 'update',
  },
  { what: 'a list, and two given back', partitions: 5, set: list, action: 'update' },
  { what: 'the list in another order', partitions: 5, set: { 'cleanup.policy': 'delete, compact' }, lives: list },
  {
    what: 'several at once, with partitions',
    partitions: 6,
    set: { ...list, ...several, preallocate: true },
    lives: { ...list, ...severalLive, preallocate: 'true' },
    action: 'update',
  },
  {
    what: 'the same, spelled otherwise',
    partitions: 6,
    set: { ...list, ...several, 'min.cleanable.dirty.ratio': '0.30', preallocate: 'TRUE' },
    lives: { ...list, ...severalLive, preallocate: 'true' },
  },
  {
    what: 'one changed, one given back, the rest kept',
    partitions: 6,
    set: { ...list, ...several, 'compression.type': 'lz4' },
    lives: { ...list, ...severalLive, 'compression.type': 'lz4' },
    action: 'update',
  },
  { what: 'all given back', partitions: 6, action: 'update' },
];

function topicStep(live: LiveCluster, { what, partitions, set = {}, action, told = [], lives }: Row): Step {
  const wished = { name: topic, partitions, replicationFactor: 3, config: set };
  const config = lives ?? Object.fromEntries(Object.entries(set).map(([name, value]) => [name, String(value)]));
  const expected: LiveTopic = { partitions, replicationFactor: 3, config };
  return {
    what,
    told,
    wish: { topics: { only: [wished] } },
    changes: action === undefined ? {} : { [`topic/only/${topic}`]: action },
    lives: [[() => live.topic(topic), expected]],
  };
}

/** Every way in which a declared topic changes, from its making to its end and its making again. */
export function topicSteps(live: LiveCluster): readonly Step[] {
  const absent = { topics: { only: [{ name: topic, state: 'absent' }] }, policies: { deleteTopics: 'allow' } };
  const factors = [1, 2, 3].map((replicationFactor) => ({
    name: `copies-${replicationFactor}`,
    partitions: 4,
    replicationFactor,
    config: { 'min.insync.replicas': 1 },
  }));
  return [
    ...rows.map((row) => topicStep(live, row)),
    {
      what: 'absent',
      wish: absent,
      changes: { [`topic/only/${topic}`]: 'delete' },
      told: ['KP2202'],
      lives: [[() => live.topic(topic), null]],
    },
    { what: 'absent, and not there', wish: absent, changes: {}, lives: [[() => live.topic(topic), null]] },
    topicStep(live, { what: 'made again', partitions: 2, set: { 'retention.ms': 1_000 }, action: 'create' }),
    {
      what: 'every replication factor, in as many racks',
      wish: { topics: { only: factors } },
      changes: Object.fromEntries(factors.map(({ name }) => [`topic/only/${name}`, 'create'])),
      told: ['KP2115'],
      lives: factors.map(({ name, replicationFactor }) => [
        () => live.topic(name),
        { partitions: 4, replicationFactor, config: { 'min.insync.replicas': '1' } },
      ]),
    },
  ];
}
