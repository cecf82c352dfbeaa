import {
  decodeOwnCommits,
  encodeOwnCommits,
  type OwnCommit,
  type OwnCommits,
  ownCommitsKey,
  parseOwnCommitsKey,
} from '../../src/state/own-commits.ts';
import { unreadablePosition } from '../engines/native/faults.ts';
import type { Clock, LogReader } from '../engines/native/ports.ts';
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
