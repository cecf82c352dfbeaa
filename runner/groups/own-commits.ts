import {
  decodeOwnCommits,
  encodeOwnCommits,
  isSameCommit,
  type OwnCommit,
  type OwnCommits,
  ownCommitsKey,
  parseOwnCommitsKey,
} from '../../src/state/own-commits.ts';
import { unreadablePosition } from '../engines/native/faults.ts';
import type { Clock, LogReader, TopicPartition } from '../engines/native/ports.ts';
import type { NewRecord } from '../records/build.ts';
import { readLog } from '../state/read-log.ts';

const none: ReadonlyMap<number, OwnCommit> = new Map();

/**
 * What the flow's syncs committed, by group. A topic that is lost, or was never there, says nothing: then nothing on the
 * target counts as ours. Read up to the end, for these records stand outside of transactions. KP5013 where one cannot be read.
 */
export async function readOwnCommits(
  log: LogReader,
  positionsTopic: string,
  flow: string,
  clock: Clock,
): Promise<Map<string, OwnCommits>> {
  const found = new Map<string, Map<string, ReadonlyMap<number, OwnCommit>>>();
  const view = await readLog(log, positionsTopic, clock);
  const values = new Map((view?.records ?? []).map(({ key, value }) => [key, value]));
  for (const [key, value] of values) {
    const owner = parseOwnCommitsKey(key);
    if (owner === null || owner.flow !== flow || value === null) continue;
    const decoded = decodeOwnCommits(value);
    if ('problem' in decoded) throw unreadablePosition(log.cluster, positionsTopic, key, decoded.problem);
    const topics = found.get(owner.group) ?? new Map<string, ReadonlyMap<number, OwnCommit>>();
    found.set(owner.group, topics.set(owner.topic, decoded.commits));
  }
  return found;
}

/** What is ours with these of a group's commits changed; undefined: nothing is on that partition. */
export function withOwn(
  before: OwnCommits,
  changed: readonly (readonly [TopicPartition, OwnCommit | undefined])[],
): OwnCommits {
  const after = new Map([...before].map(([topic, commits]) => [topic, new Map(commits)]));
  for (const [{ topic, partition }, own] of changed) {
    const commits = after.get(topic) ?? new Map<number, OwnCommit>();
    if (own === undefined) commits.delete(partition);
    else commits.set(partition, own);
    after.set(topic, commits);
  }
  return new Map([...after].filter(([, commits]) => commits.size > 0));
}

/** What is ours while it is not known whether `after` was committed or aborted: that, or what stood before. */
export function eitherOwn(before: OwnCommits, after: OwnCommits): OwnCommits {
  const changed = [...before].flatMap(([topic, commits]) =>
    [...commits].map(([partition, own]): [TopicPartition, OwnCommit] => {
      const newer = after.get(topic)?.get(partition);
      const either = newer === undefined || isSameCommit(newer, own) ? own : { ...newer, before: own };
      return [{ topic, partition }, either];
    }),
  );
  return withOwn(after, changed);
}

/** The records that make `before` into `after`, one a topic that differs. */
export function ownCommitRecords(
  { flow, group }: { readonly flow: string; readonly group: string },
  before: OwnCommits,
  after: OwnCommits,
  nowMs: number,
): NewRecord[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((topic) => {
    const value = encodeOwnCommits(after.get(topic) ?? none);
    if (value === encodeOwnCommits(before.get(topic) ?? none)) return [];
    const key = Buffer.from(ownCommitsKey({ flow, group, topic }));
    return [{ key, value: value === null ? null : Buffer.from(value), timestamp: BigInt(nowMs) }];
  });
}
