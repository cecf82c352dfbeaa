import { ClusterFault } from '../kafka/cluster-fault.ts';
import { type CarriedOut, carryOut, turnFailed, unread } from './carry-out.ts';
import type { DueGroup, GroupRound, GroupSyncRequest, GroupSyncResult } from './group-round.ts';
import { faultOf } from './refusal.ts';
import { type GroupMemory, patienceMs } from './rounds.ts';

/** Groups looked at and written, in one transaction, before the next ones are read: the time between a look at the target and the write. */
const groupsAtOnceMax = 20;
/** Turns, each tried for a minute: after so many the target is at fault, and not a group. */
const failuresInRowMax = 3;
/** Pauses between looks at groups that can not be read for now. */
const lookAgain = { minMs: 50, maxMs: 2_000 } as const;

interface Carrying {
  readonly request: GroupSyncRequest;
  readonly memory: GroupMemory;
  /** Takes the transactional id over, which aborts what is open, and asks first whether the lease is ours still. */
  readonly open: () => Promise<GroupRound>;
  readonly tell: (results: readonly GroupSyncResult[]) => void;
}

/** What turns leave to those after them. */
interface Taken {
  round: GroupRound | null;
  failuresInRow: number;
}

/**
 * Groups that can not be read for now have further turns, behind all others, for as long as the round has patience; then they
 * are `failed`. Nothing of them is waited for before the others' turns, whose commits would be old by then.
 */
export async function carryOutAll(carrying: Carrying, due: readonly DueGroup[]): Promise<void> {
  const { request, memory, tell } = carrying;
  const { clock, signal, rounds } = request;
  const taken: Taken = { round: null, failuresInRow: 0 };
  const faults = new Map(await takeTurns(carrying, taken, due));
  const startMs = clock.nowMs();
  let pauseMs: number = lookAgain.minMs;
  for (;;) {
    const left = due.filter((one) => faults.get(one.listing.group)?.retriable);
    const paces = [...faults.values()].map((one) => one.retry);
    const endMs = startMs + patienceMs(rounds !== undefined, paces);
    if (left.length === 0 || clock.nowMs() + pauseMs > endMs) break;
    await clock.sleep(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, lookAgain.maxMs);
    for (const { listing } of left) faults.delete(listing.group);
    for (const [group, fault] of await takeTurns(carrying, taken, left)) faults.set(group, fault);
  }
  const failures = [...faults].map(([group, fault]) => unread(request.flow, group, fault, memory.own?.get(group)));
  remember(memory, due, failures, clock.nowMs());
  tell(failures);
}

/**
 * Groups whose turn failed, since a coordinator did not answer or the transaction took too long, are tried again one by one,
 * behind all others: first those that were tried longest ago. One that fails alone is `failed`. What was brought along
 * before stays so whatever comes. Gives those that could not be read.
 */
async function takeTurns(
  { request, memory, open, tell }: Carrying,
  taken: Taken,
  due: readonly DueGroup[],
): Promise<ReadonlyMap<string, ClusterFault>> {
  const queue = turnsOf(due, memory.failed);
  const unreadGroups = new Map<string, ClusterFault>();
  for (let turn = queue.shift(); turn !== undefined; turn = queue.shift()) {
    request.signal?.throwIfAborted();
    taken.round ??= await open();
    const startedAtMs = request.clock.nowMs();
    const carried: CarriedOut | ClusterFault = await carryOut(taken.round, turn).catch(faultOf);
    if (!(carried instanceof ClusterFault)) {
      taken.failuresInRow = 0;
      if (carried.late.length > 0) queue.unshift(carried.late);
      for (const [group, fault] of carried.unread) unreadGroups.set(group, fault);
      remember(memory, turn, carried.results, startedAtMs);
      for (const { group, outcome } of carried.results) {
        if (outcome === 'failed') tryLast(memory.failed, group);
        else memory.failed.delete(group);
      }
      tell(carried.results);
      continue;
    }
    request.signal?.throwIfAborted();
    taken.round = null;
    memory.own = null;
    taken.failuresInRow += 1;
    for (const { listing } of turn) tryLast(memory.failed, listing.group);
    const [alone, ...others] = turn;
    if (taken.failuresInRow === failuresInRowMax || alone === undefined) throw carried;
    if (others.length > 0) queue.push(...turn.map((one) => [one]));
    else tell([turnFailed(request.flow, alone.listing.group, carried.diagnostic)]);
  }
  return unreadGroups;
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
    const waits = result.untranslated.some(({ result: why }) => why.result === 'unknown' && why.why === 'not-yet');
    const isTold = !waits && result.waiting.length === 0;
    const isSure = result.rereadRecords === 0n && (!result.hadMembers || result.outcome === 'active');
    const settled = result.outcome !== 'failed' && isTold && isSure;
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
