import { groupsTransactionalId } from '../engines/native/options.ts';
import type { Clock, ProducerIdentity, TransactionalLog } from '../engines/native/ports.ts';
import { appendPositions } from '../engines/native/write-positions.ts';
import { ClusterFault, FencedError } from '../kafka/cluster-fault.ts';
import type { NewRecord } from '../records/build.ts';
import type { GroupSyncPlan } from './plan-group-sync.ts';
import { refusalOf } from './refusal.ts';

const transactionTimeoutMs = 60_000;
/** After so long no more groups come into a transaction: what is left of its time is for the last one, and for its end. */
export const transactionMaxMs = transactionTimeoutMs / 3;
/** Records of what is ours are appended again so often where the positions' leader moves, which takes a second or two. */
const appendAttemptsMax = 20;
const appendPauseMs = 250;

/** What writes for the groups of a flow: one epoch of their transactional id, a newer one wherever that is needed. */
export interface GroupsProducer {
  /**
   * Commits these groups' offsets in one transaction, the first ones alone where they take longer than `transactionMaxMs`.
   * Where one of them is refused, what was begun is aborted. Throws a ClusterFault where it is not known what became of it.
   */
  commit(plans: readonly Pick<GroupSyncPlan, 'group' | 'writes'>[]): Promise<GroupsCommitted>;
  /** Outside of transactions, acknowledged: written twice they say the same. */
  append(records: readonly NewRecord[]): Promise<void>;
}

export interface GroupsCommitted {
  /** So many of the groups, the first ones, were committed. */
  readonly count: number;
  /** Why none was; null: none was refused. */
  readonly refused: ClusterFault | null;
}

export interface GroupsProducerPlace {
  readonly migration: string;
  readonly flow: string;
  readonly log: TransactionalLog;
  readonly positionsTopic: string;
  readonly clock: Clock;
}

/** Takes the transactional id over, which fences whoever has it (KIP-98, KIP-447). */
export async function openGroupsProducer(place: GroupsProducerPlace): Promise<GroupsProducer> {
  const { log, clock, positionsTopic: topic } = place;
  const transactionalId = groupsTransactionalId(place.migration, place.flow);
  let producer: ProducerIdentity;
  let sequence = 0;
  await takeOver();

  async function takeOver(): Promise<void> {
    producer = await log.initProducer(transactionalId, transactionTimeoutMs);
    sequence = 0;
  }

  /** The next transaction gets a new epoch where the end of this one could come again. */
  async function end(outcome: 'commit' | 'abort'): Promise<void> {
    const { mayComeAgain } = await log.endTransaction(producer, outcome);
    if (mayComeAgain) await takeOver();
  }

  /** A group that was refused before the coordinator knew of it began no transaction: there is nothing to end. */
  async function abortWhatBegan(): Promise<void> {
    try {
      await end('abort');
    } catch (error) {
      if (!(error instanceof ClusterFault) || error.errorName !== 'INVALID_TXN_STATE') throw error;
    }
  }

  async function appendOnce(records: readonly NewRecord[]): Promise<void> {
    const leader = (await log.describeTopics([topic])).get(topic)?.leaders[0] ?? -1;
    const at = { target: log, topic, leader, producer, transactional: false };
    const written = await appendPositions(
      at,
      sequence,
      records.map((one) => [one]),
    );
    sequence = written.nextSequence;
  }

  return {
    async commit(plans) {
      const startedAtMs = clock.nowMs();
      let count = 0;
      for (const { group, writes } of plans) {
        if (count > 0 && clock.nowMs() - startedAtMs > transactionMaxMs) break;
        const refused = await log.commitGroupOffsets(producer, group, writes).then(() => null, refusalOf);
        if (refused !== null) {
          await abortWhatBegan();
          return { count: 0, refused };
        }
        count += 1;
      }
      await end('commit');
      return { count, refused: null };
    },
    async append(records) {
      if (records.length === 0) return;
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await appendOnce(records);
        } catch (error) {
          const passes = error instanceof ClusterFault && !(error instanceof FencedError) && error.retriable;
          if (!passes || attempt === appendAttemptsMax) throw error;
        }
        await clock.sleep(appendPauseMs);
        await takeOver();
      }
    },
  };
}
