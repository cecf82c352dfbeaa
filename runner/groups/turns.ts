import { ClusterFault } from '../kafka/cluster-fault.ts';
import { type CarriedOut, carryOut, unread } from './carry-out.ts';
import type { DueGroup, GroupRound, GroupSyncRequest, GroupSyncResult } from './group-round.ts';
import { faultOf } from './refusal.ts';
import type { GroupMemory } from './rounds.ts';

/** Groups looked at and written, in one transaction, before the next ones are read: the time between a look at the target and the write. */
const groupsAtOnceMax = 20;
/** Turns, each tried for a minute: after so many the target is at fault, and not a group. */
const failuresInRowMax = 3;

interface Carrying {
  readonly request: GroupSyncRequest;
  readonly memory: GroupMemory;
  /** Takes the transactional id over, which aborts what is open, and asks first whether the lease is ours still. */
  readonly open: () => Promise<GroupRound>;
  readonly tell: (results: readonly GroupSyncResult[]) => void;
}

/**
 * Groups whose turn failed, since a coordinator did not answer or the transaction took too long, are tried again one by one,
 * behind all others: first those that were tried longest ago. One that fails alone is `failed`. What was brought along
 * before stays so whatever comes.
 */
export async function carryOutAll({ request, memory, open, tell }: Carrying, due: readonly DueGroup[]): Promise<void> {
  const queue = turnsOf(due, memory.failed);
  let round: GroupRound | null = null;
  let failuresInRow = 0;
  for (let turn = queue.shift(); turn !== undefined; turn = queue.shift()) {
    request.signal?.throwIfAborted();
    round ??= await open();
    const startedAtMs = request.clock.nowMs();
    const carried: CarriedOut | ClusterFault = await carryOut(round, turn).catch(faultOf);
    if (!(carried instanceof ClusterFault)) {
      failuresInRow = 0;
      if (carried.late.length > 0) queue.unshift(carried.late);
      remember(memory, turn, carried.results, startedAtMs);
      tell(carried.results);
      continue;
    }
    request.signal?.throwIfAborted();
    round = null;
    memory.own = null;
    failuresInRow += 1;
    for (const { listing } of turn) tryLast(memory.failed, listing.group);
    const [alone, ...others] = turn;
    if (failuresInRow === failuresInRowMax || alone === undefined) throw carried;
    if (others.length > 0) queue.push(...turn.map((one) => [one]));
    else tell([unread(request.flow, alone.listing.group, carried.diagnostic)]);
  }
}

function turnsOf(due: readonly DueGroup[], failedBefore: ReadonlySet<string>): (readonly DueGroup[])[] {
  const others = due.filter((one) => !failedBefore.has(one.listing.group));
  const byName = new Map(due.map((one) => [one.listing.group, one]));
  return [
    ...Array.from({ length: Math.ceil(others.length / groupsAtOnceMax) }, (_, at) =>
      others.slice(at * groupsAtOnceMax, (at + 1) * groupsAtOnceMax),
    ),
    ...[...failedBefore].flatMap((group) => {
      const one = byName.get(group);
      return one === undefined ? [] : [[one]];
    }),
  ];
}

function tryLast(failedBefore: Set<string>, group: string): void {
  failedBefore.delete(group);
  failedBefore.add(group);
}

/**
 * Whatever waits for something that no commit at the source tells of is looked at in the next round, too; and a group that had
 * members on the target, whose commits the brokers may forget at any time.
 */
function remember(
  memory: GroupMemory,
  due: readonly DueGroup[],
  results: readonly GroupSyncResult[],
  nowMs: number,
): void {
  const found = new Map(results.map((one) => [one.group, one]));
  for (const { listing, signature, renew } of due) {
    const result = found.get(listing.group);
    if (result === undefined) continue;
    if (result.outcome === 'failed') tryLast(memory.failed, listing.group);
    else memory.failed.delete(listing.group);
    const waits = result.untranslated.some(({ result: why }) => why.result === 'unknown' && why.why === 'not-yet');
    const isSure = result.rereadRecords === 0n && (!result.hadMembers || result.outcome === 'active');
    const settled = result.outcome !== 'failed' && !waits && isSure;
    const renewed = renew && result.outcome !== 'failed';
    const before = memory.groups.get(listing.group)?.renewedAtMs ?? Number.NEGATIVE_INFINITY;
    memory.groups.set(listing.group, {
      committed: signature,
      settled,
      lookedAtMs: nowMs,
      renewedAtMs: renewed ? nowMs : before,
    });
  }
}
