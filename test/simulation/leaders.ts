import type { TopicPartition } from '../../runner/engines/native/ports.ts';
import { beginEpoch } from './leader-epochs.ts';
import type { SimulatedPartition } from './simulated-partition.ts';

/** Brokers that come and go, and who leads which partition. */
export interface Leaders {
  readonly brokers: readonly number[];
  /** Gives a new partition its first leader. */
  place(at: TopicPartition): void;
  /** Leaders of partitions 0 to `count`; -1 where there is none. */
  of(topic: string, count: number): number[];
  /** What a broker answers that does not lead the partition; null where it does. */
  refusal(at: TopicPartition, broker: number): string | null;
  move(at: TopicPartition, broker: number): void;
  /** The broker is gone, and what it leads is led by nobody until `elect`. */
  stop(broker: number): void;
  start(broker: number): void;
  /** The partition has no leader, whoever is up, until it is released: as where its only replicas are away. */
  withhold(at: TopicPartition): void;
  /** It has the first broker that is up for a leader, if there is any. */
  release(at: TopicPartition): void;
  /** Gives every partition without a leader one that is up, if there is any. */
  elect(pick: (brokers: readonly number[]) => number): void;
  isUp(broker: number): boolean;
  /** Grows with every start: what was sent to a broker before is lost. */
  incarnation(broker: number): number;
  /** Does it at once, or when the partition has a leader again. */
  whenLed(at: TopicPartition, act: () => void): void;
}

export function createLeaders(
  find: (at: TopicPartition) => SimulatedPartition | undefined,
  brokerCount: number,
): Leaders {
  const byTopic = new Map<string, number[]>();
  const incarnations = Array.from({ length: brokerCount }, () => 0);
  const up = new Set(incarnations.keys());
  const withheld = new Set<string>();
  let waiting: { readonly at: TopicPartition; readonly act: () => void }[] = [];
  return {
    brokers: [...up],
    place({ topic, partition }) {
      const leaders = partition === 0 ? [] : (byTopic.get(topic) ?? []);
      byTopic.set(topic, leaders);
      leaders[partition] = [...up][partition % up.size] ?? -1;
      withheld.delete(`${topic}-${partition}`);
    },
    of: (topic, count) => Array.from({ length: count }, (_, partition) => byTopic.get(topic)?.[partition] ?? -1),
    refusal: (at, broker) => (broker >= 0 && leaderOf(at) === broker ? null : 'NOT_LEADER_OR_FOLLOWER'),
    move: lead,
    stop(broker) {
      up.delete(broker);
      for (const leaders of byTopic.values()) {
        for (const [partition, leader] of leaders.entries()) if (leader === broker) leaders[partition] = -1;
      }
    },
    start(broker) {
      up.add(broker);
      incarnations[broker] = (incarnations[broker] ?? 0) + 1;
    },
    withhold({ topic, partition }) {
      withheld.add(`${topic}-${partition}`);
      const leaders = byTopic.get(topic);
      if (leaders?.[partition] !== undefined) leaders[partition] = -1;
    },
    release(at) {
      if (!withheld.delete(`${at.topic}-${at.partition}`)) return;
      const [first] = up;
      if (first !== undefined) lead(at, first);
    },
    elect(pick) {
      if (up.size === 0) return;
      for (const [topic, leaders] of byTopic) {
        for (const [partition, leader] of leaders.entries()) if (leader < 0) lead({ topic, partition }, pick([...up]));
      }
      const acts = waiting;
      waiting = [];
      for (const { act } of acts) act();
    },
    isUp: (broker) => up.has(broker),
    incarnation: (broker) => incarnations[broker] ?? 0,
    whenLed(at, act) {
      if (find(at) !== undefined && leaderOf(at) < 0) waiting.push({ at, act });
      else act();
    },
  };

  function leaderOf({ topic, partition }: TopicPartition): number {
    return byTopic.get(topic)?.[partition] ?? -1;
  }

  function lead(at: TopicPartition, broker: number): void {
    const leaders = byTopic.get(at.topic);
    const log = find(at);
    if (leaders === undefined || log === undefined || withheld.has(`${at.topic}-${at.partition}`)) return;
    leaders[at.partition] = broker;
    beginEpoch(log.epochs, log.end);
  }
}
