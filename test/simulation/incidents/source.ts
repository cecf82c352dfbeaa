import { pickTemplate, writeTemplate } from '../batch-templates.ts';
import { compact } from '../compaction.ts';
import { look } from '../history.ts';
import { appendMarker, deleteBefore, lastStable, store } from '../simulated-partition.ts';
import { writtenRecords } from '../written-records.ts';
import type { Incident } from './incidents.ts';

/** No other producer of the simulation has such an id. */
let hangingProducerId = 900_000n;

/** What happens to a source that loses nothing that is not mirrored. */
export const sourceIncidents = {
  compaction({ step, world }) {
    const partition = world.random.between(0, world.partitions - 1);
    step(`the cleaner works on orders-${partition}`);
    compact(world.sourceLog(partition), world.random);
  },
  partitionAdded({ step, world }) {
    step(`orders-${world.partitions} is added`);
    world.addPartition();
  },
  hangingTransaction({ step, after, world }) {
    const { random, clock } = world;
    const partition = random.between(0, world.partitions - 1);
    const log = world.sourceLog(partition);
    hangingProducerId += 1n;
    const producer = { producerId: hangingProducerId, producerEpoch: 0 };
    const template = pickTemplate(random, 'small');
    const stamp = { ...producer, baseSequence: 0, transactional: true };
    const writing = { baseTimestampMs: clock.nowMs(), logAppendTimeMs: null, stamp };
    store(log, writeTemplate(template, writing), log.end, writtenRecords(template, writing));
    step(`a transaction hangs on orders-${partition}`);
    after(random.between(1_000, 25_000), () => {
      step('the hanging transaction is ended');
      if (world.sourceLog(partition) === log) {
        appendMarker(log, random.pick(['COMMIT', 'ABORT'] as const), producer, BigInt(clock.nowMs()));
      }
    });
  },
  /** Only what has been mirrored is deleted. */
  retentionBehindTheMirror({ step, world }) {
    for (const { record } of world.positions()) {
      const log = world.sourceLog(record.source.partition);
      if (record.nextSource <= log.start || record.nextSource > lastStable(log)) continue;
      deleteBefore(log, record.nextSource);
      step(`orders-${record.source.partition} begins at ${log.start}`);
    }
  },
  look,
} satisfies Readonly<Record<string, Incident>>;
