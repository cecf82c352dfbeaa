import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { systemClock } from '../../runner/engines/native/clock.ts';
import { kafkaVerifiedStore } from '../../runner/state/verified-store.ts';
import { type FlowVerification, verifyFlow } from '../../runner/verify/verify-flow.ts';
import { sharedClusters } from '../clusters/shared.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type MirroredTopics, mirroredTopics } from '../fixtures/mirrored-topics.ts';
import { createTopic, produceRecords, uniqueName } from '../fixtures/records.ts';

const clusters = await sharedClusters();
const bootstrap = { source: clusters.source.bootstrap, target: clusters.target.bootstrap };
const partitions = 2;
const roundsMin = 12;
/** A machine that verifies slowly sees fewer of them. */
const roundsMax = 300;
/** So many states of the target, each other than the one before. */
const statesWanted = 3;
const recordsPerRound = 600;
const waitMs = 90_000;

async function verify(mirrored: MirroredTopics): Promise<FlowVerification> {
  return verifyFlow({
    flow: mirrored.flow,
    source: mirrored.source.log,
    target: mirrored.target.log,
    positions: await mirrored.positions(),
    compacted: { source: new Set(), target: new Set() },
    store: kafkaVerifiedStore(mirrored.target.log, systemClock, mirrored.migration),
    clock: systemClock,
  });
}

function recordsOf({ partitions: compared }: FlowVerification): bigint {
  return compared.reduce((sum, one) => sum + one.records, 0n);
}

for (const delivery of ['transactional', 'idempotent'] as const) {
  test(`while the source is written and the mirror runs, what is mirrored is equal at every moment: ${delivery}`, async () => {
    const topic = uniqueName('live');
    for (const servers of Object.values(bootstrap)) await createTopic(servers, topic, { partitions });
    const pairs = [{ source: topic, target: topic, partitions }];
    const tuning = { commitIntervalMs: 100 };
    const mirrored = await mirroredTopics(bootstrap, pairs, { delivery, tuning });
    const stop = new AbortController();
    const following = mirrored.follow(stop.signal);
    try {
      await write(topic, 0);
      await eventually('positions are there', waitMs, async () => (await mirrored.positions()).length === partitions);
      let isWritten = false;
      const looked = new Set<bigint>();
      const writing = writeWhile(topic, () => looked.size < statesWanted).finally(() => {
        isWritten = true;
      });
      while (!isWritten) looked.add(await verifiedNow(mirrored));
      const rounds = await writing;
      assert.ok(looked.size >= statesWanted, `seen at ${[...looked].join(', ')} records`);
      const all = BigInt((rounds + 1) * recordsPerRound);
      await eventually('all is mirrored and verified', waitMs, async () => (await verifiedNow(mirrored)) === all);
    } finally {
      stop.abort();
      await following;
      await mirrored.close();
    }
  });
}

async function verifiedNow(mirrored: MirroredTopics): Promise<bigint> {
  const found = await verify(mirrored);
  assert.equal(found.diagnostics, []);
  for (const one of found.partitions) {
    assert.ok(one.equal, `${one.firstDifference?.kind} at ${one.firstDifference?.sourceOffset}`);
  }
  return recordsOf(found);
}

/** Writes so many rounds at least, and on while more are wanted; gives their number. */
async function writeWhile(topic: string, isWanted: () => boolean): Promise<number> {
  let round = 0;
  for (; round < roundsMin || (isWanted() && round < roundsMax); round += 1) await write(topic, round + 1);
  return round;
}

/** Batches of all sizes, so that some are joined on their way and some are not. */
function write(topic: string, round: number): Promise<unknown> {
  const records = Array.from({ length: recordsPerRound }, (_, n) => ({
    partition: n % partitions,
    key: Buffer.from(`key ${n % 7}`),
    value: Buffer.alloc(20 + (n % 50), `${round} ${n};`),
  }));
  return produceRecords({ bootstrap: bootstrap.source, topic, recordsPerBatch: 1 + ((round * 7) % 150) }, records);
}

test.run();
