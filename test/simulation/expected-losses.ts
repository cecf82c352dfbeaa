import { ok } from 'node:assert/strict';
import type { Loss, LossKind } from '../../runner/engines/native/losses.ts';
import { expectMirrored } from './compare.ts';
import { expectByKey } from './compare-by-key.ts';
import type { History } from './history.ts';
import { pairUp } from './pairs.ts';
import type { SimulatedPartition, StoredBatch } from './simulated-partition.ts';

/** What happened that a mirror must not pass over in silence; by partition. */
export interface Truth {
  /** Target partitions into which somebody else wrote. */
  readonly strangers: Set<number>;
  /** Source logs that ended at `end` after an unclean election; what was written before it, and how far it was mirrored. */
  readonly truncated: Map<
    number,
    { readonly end: bigint; readonly written: readonly StoredBatch[]; readonly position: bigint }
  >;
  /** Target partitions that lost their newest records. */
  readonly targetTruncated: Set<number>;
  /** The source's logs before their topic was made again; null where it was not. */
  before: { readonly topicId: string | undefined; readonly logs: readonly SimulatedPartition[] } | null;
}

const excuses: Partial<Record<LossKind, (history: History, loss: Loss) => boolean>> = {
  retention: ({ world }, { source, offsets }) => world.sourceLog(source.partition).start > (offsets.position ?? 0n),
  truncated: ({ truth }, { source, offsets }) =>
    (offsets.position ?? 0n) > (truth.truncated.get(source.partition)?.end ?? offsets.position ?? 0n),
  recreated: ({ truth }) => truth.before !== null,
  'target-lost': ({ truth }, { target }) => truth.targetTruncated.has(target.partition),
  'foreign-writer': ({ truth }, { target }) => truth.strangers.has(target.partition),
};

/** Fails where a loss is told that did not happen. */
export function expectTrue(history: History, loss: Loss): void {
  ok(excuses[loss.kind]?.(history, loss) === true, `no such loss: ${loss.diagnostic.summary}`);
}

/** At the end: fails where a partition lost something in silence, or is not whole though it lost nothing. */
export function expectLosses(history: History, wanted: readonly (LossKind | null)[], losses: readonly Loss[]): void {
  const { world } = history;
  for (let partition = 0; partition < world.partitions; partition += 1) {
    const found = losses.find((one) => one.source.partition === partition)?.kind ?? null;
    const must = wanted[partition] ?? null;
    ok(must === null || found !== null, `partition ${partition}: ${must} passed in silence`);
    if (world.byKey !== undefined) continue;
    // What of the target's beginning is lost may stand behind what came later; that it is told is all.
    if (found === 'target-lost') continue;
    expectBeginning(history, partition, found);
    if (found === null && !waitsForOthers(history, partition, losses)) expectMirrored(world, true, partition);
  }
  if (world.byKey !== undefined) expectFannedOut(history, losses);
}

/** By key: each source partition by itself, for what stopped one did not stop the others. */
function expectFannedOut({ truth, world }: History, losses: readonly Loss[]): void {
  if (losses.some((one) => one.kind === 'target-lost')) return;
  const stopped = new Map(losses.map((one) => [one.source.partition, one.kind]));
  expectByKey(world, {
    whole: true,
    stopped,
    writtenOf: (partition) => {
      const before = stopped.get(partition) === 'recreated' ? truth.before?.logs[partition]?.written : undefined;
      const cut = stopped.get(partition) === 'truncated' ? truth.truncated.get(partition)?.written : undefined;
      return before ?? cut ?? world.sourceLog(partition).written;
    },
  });
}

/** By partition: what the next process must tell of. */
export function lossesToCome(history: History): (LossKind | null)[] {
  return Array.from({ length: history.world.partitions }, (_, partition) => mustLose(history, partition));
}

function mustLose({ truth, world }: History, partition: number): LossKind | null {
  const position = world.positions().find((one) => one.record.source.partition === partition)?.record;
  const isTouched = world.byKey === undefined ? truth.strangers.has(partition) : truth.strangers.size > 0;
  if (isTouched) return 'foreign-writer';
  const { before } = truth;
  if (before !== null && world.positions().some((one) => one.record.source.topicId === before.topicId))
    return 'recreated';
  if (position === undefined) return null;
  const truncated = truth.truncated.get(partition);
  if (truncated !== undefined && truncated.position > truncated.end) return 'truncated';

  // Of what is ahead of it more may have arrived.
  const isExact = (position.ahead?.runs.length ?? 0) === 0;
  return isExact && position.nextSource < world.sourceLog(partition).start ? 'retention' : null;
}

/** Where a stranger wrote into a topic, nothing goes into those of its partitions that are still empty. */
function waitsForOthers({ world }: History, partition: number, losses: readonly Loss[]): boolean {
  const position = world.positions().find((one) => one.record.source.partition === partition);
  return losses.some((one) => one.kind === 'foreign-writer') && (position?.segments.length ?? 0) === 0;
}

/** What arrived before a loss is the beginning of what there was then. */
function expectBeginning({ truth, world }: History, partition: number, found: LossKind | null): void {
  const truncated = truth.truncated.get(partition);
  const log = found === 'recreated' ? truth.before?.logs[partition] : world.sourceLog(partition);
  if (log === undefined) return;
  const source = found === 'truncated' && truncated !== undefined ? { ...log, written: [...truncated.written] } : log;
  const startSource = world.positions().find((one) => one.record.source.partition === partition)?.record.startSource;
  pairUp(source, world.targetLog(partition), startSource ?? 0n, `partition ${partition}`);
}
