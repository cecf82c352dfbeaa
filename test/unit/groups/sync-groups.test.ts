import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LogReader, OffsetSpec, TransactionalLog } from '../../../runner/engines/native/ports.ts';
import type { StoredPosition } from '../../../runner/engines/native/positions.ts';
import { syncGroups } from '../../../runner/groups/sync-groups.ts';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import type { GroupReader } from '../../../runner/ports.ts';
import type { Flow } from '../../../src/migration/migration.ts';
import { positionRecordVersion } from '../../../src/state/records.ts';
import { simulatedClock } from '../state/simulated-clock.ts';

const segments = [{ source: 0n, target: 0n, length: 5n }];
const at = { topic: 'orders', partition: 0 };
const position: StoredPosition = {
  record: {
    v: positionRecordVersion,
    flow: 'f',
    source: at,
    target: at,
    nextSource: 5n,
    nextTarget: 5n,
    startSource: 0n,
    segments,
  },
  segments: () => segments,
  sealed: () => [],
};

const reader: LogReader = {
  cluster: 'new',
  describeTopics: async () => new Map([[at.topic, { topic: at.topic, leaders: [0] }]]),
  offsets: async (partitions, spec: OffsetSpec) =>
    partitions.map((one) => ({ ...one, error: null, offset: spec === 'earliest' ? 0n : 5n })),
  fetch: async () => [],
};

/** A target where `denied` may not be written; a transaction that has not begun cannot be aborted (EndTxn). */
function deniedTarget(denied: string, written: string[]): { groups: GroupReader; log: TransactionalLog } {
  const place = { cluster: 'new', request: 'EndTxn' };
  let begun = false;
  return {
    groups: {
      describeGroups: async () => new Map(),
      committedOffsets: async () => new Map(written.map((group) => [group, [{ ...at, offset: 5n, metadata: null }]])),
    },
    log: {
      ...reader,
      initProducer: async (transactionalId) => ({ transactionalId, producerId: 1n, producerEpoch: 0 }),
      addPartitions: async () => {},
      produce: async () => [],
      async commitGroupOffsets(_producer, group) {
        if (group === denied) throw brokerFault(place, { errorName: 'GROUP_AUTHORIZATION_FAILED', resource: group });
        begun = true;
        written.push(group);
      },
      async endTransaction() {
        if (!begun) throw brokerFault(place, { errorName: 'INVALID_TXN_STATE' });
        begun = false;
        return { mayComeAgain: false };
      },
    },
  };
}

test('a group that may not be written fails alone, the others are brought along', async () => {
  const groups = ['allowed', 'denied', 'late'];
  const written: string[] = [];
  const committed = [{ ...at, offset: 5n, metadata: null }];
  const clock = simulatedClock();
  const results = await clock.until(
    syncGroups({
      migration: 'm',
      flow: { name: 'f', target: 'new', topics: [{ source: 'orders', target: 'orders' }] } as unknown as Flow,
      matches: () => true,
      source: {
        cluster: { listGroups: async () => groups.map((group) => ({ group, type: 'classic', state: 'Empty' })) },
        groups: {
          describeGroups: async () => new Map(),
          committedOffsets: async (names) => new Map(names.map((group) => [group, committed])),
        },
        log: reader,
      },
      target: deniedTarget('denied', written),
      readPositions: async () => [position],
      clock,
    }),
  );
  assert.equal(written, ['allowed', 'late']);
  assert.equal(
    results.map((one) => [one.group, one.outcome]),
    [
      ['allowed', 'written'],
      ['denied', 'failed'],
      ['late', 'written'],
    ],
  );
});

test.run();
