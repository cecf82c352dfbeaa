import type { Clock } from '../engines/native/ports.ts';
import { retryLimits } from '../kafka/retry.ts';
import type { GroupReader } from '../ports.ts';
import { partitionKey } from './mirrored-partition.ts';
import type { GroupSyncPlan } from './plan-group-sync.ts';
import { readEachGroup } from './read-each-group.ts';

const visibleWithinMs = 30_000;
const backoff = { minMs: 5, maxMs: 500 } as const;

/**
 * Waits until the offsets that were committed in transactions can be read, and gives the groups whose can't. A transaction
 * is decided when it is ended, but its markers come a moment later, and till then a `read_uncommitted` consumer would be
 * told of no offset and start elsewhere (`auto.offset.reset`). A group that can not be read is one that is not visible yet.
 */
export async function awaitVisible(
  reader: GroupReader,
  written: readonly Pick<GroupSyncPlan, 'group' | 'writes'>[],
  clock: Clock,
): Promise<ReadonlySet<string>> {
  const deadlineMs = clock.nowMs() + visibleWithinMs;
  let left = written;
  for (let backoffMs: number = backoff.minMs; left.length > 0; backoffMs = Math.min(backoffMs * 2, backoff.maxMs)) {
    const names = left.map((one) => one.group);
    const { commits } = await readEachGroup(reader, names, retryLimits.none);
    left = left.filter(({ group, writes }) => {
      const seen = new Map((commits.get(group) ?? []).map((one) => [partitionKey(one), one.offset]));
      return writes.some((one) => (seen.get(partitionKey(one)) ?? -1n) < one.offset);
    });
    if (left.length === 0 || clock.nowMs() >= deadlineMs) break;
    await clock.sleep(backoffMs);
  }
  return new Set(left.map((one) => one.group));
}
