import { Kafka, logLevel } from 'kafkajs';
import { test } from 'uvu';
import { equal, is, ok } from 'uvu/assert';
import { systemClock } from '../../runner/engines/native/clock.ts';
import { SessionEnded } from '../../runner/engines/native/faults.ts';
import type { MirrorOptions } from '../../runner/engines/native/options.ts';
import type { TransactionalLog } from '../../runner/engines/native/ports.ts';
import { fillPartition } from '../../runner/groups/fill-spans.ts';
import { partitionKey } from '../../runner/groups/mirrored-partition.ts';
import { readMirroredPartitions } from '../../runner/groups/read-mirrored-partitions.ts';
import { translate, translateBack } from '../../src/offset-map/translate.ts';
import { commitOffsets } from '../fixtures/groups.ts';
import { mirroredTopics } from '../fixtures/mirrored-topics.ts';
import { createTopic, uniqueName } from '../fixtures/records.ts';
import {
  deleteBefore,
  keepForever,
  readBoth,
  sourceBootstrap,
  type TestFlow,
  targetBootstrap,
  until,
  withFlow,
} from './mirror-fixture.ts';

/** A map of some hundred segments is too large: all but its newest pieces become spans, a few pieces each. */
const mapLimits = { pieceSegmentsMax: 20, charactersMax: 0, spanPiecesMax: 2, upkeepIntervalMs: 300 };
const tuning = { commitIntervalMs: 100, fetchMaxBytes: 16_777_216, memoryMaxMb: 64 };
const transactions = 320;
const spansWanted = 3;
const waitMsMax = 120_000;

/** Markers of the transaction before stand within milliseconds, kafkajs waits 300 for them; no less patient in all (20 s). */
const retry = { initialRetryTime: 10, retries: 11 };
const kafka = new Kafka({ brokers: [...sourceBootstrap], logLevel: logLevel.NOTHING, retry });

/** Transactions of a few records, every fourth one aborted. */
async function writeTransactions(topic: string, count: number): Promise<void> {
  const producer = kafka.producer({ transactionalId: uniqueName('writer'), maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
  try {
    for (let n = 0; n < count; n += 1) {
      const transaction = await producer.transaction();
      const messages = Array.from({ length: 1 + (n % 5) }, (_, i) => ({ key: `${n}`, value: `${n} ${i}` }));
      await transaction.send({ topic, messages });
      await (n % 4 === 3 ? transaction.abort() : transaction.commit());
    }
  } finally {
    await producer.disconnect();
  }
}

/** A span is stored with the next position, so some more is written all the time. */
async function untilThinned(topic: string, positions: TestFlow['positions']): Promise<void> {
  const writeAndRead = async () => {
    await writeTransactions(topic, 4);
    return positions();
  };
  await until(waitMsMax, writeAndRead, ([one]) => (one?.spans().length ?? 0) >= spansWanted);
}

/** As a kill in the middle of a transaction: what was sent is aborted, and seen by nobody. */
async function dieInTransaction(flow: TestFlow): Promise<void> {
  const stop = new AbortController();
  const target: TransactionalLog = {
    ...flow.target.log,
    endTransaction() {
      stop.abort();
      throw new SessionEnded('It is to die here.');
    },
  };
  is((await flow.mirror({ target, tuning, mapLimits, signal: stop.signal })).result, 'interrupted');
}

/** The flow's only partition as groups, `offsets` and `verify` see it. */
async function partitionOf(flow: TestFlow, names: { readonly from: string; readonly to: string }) {
  const logs = { source: flow.source.log, target: flow.target.log, clock: systemClock };
  const topics = [{ source: names.from, target: names.to }] as unknown as Parameters<
    typeof readMirroredPartitions
  >[0]['flow']['topics'];
  const found = await readMirroredPartitions({ flow: { topics }, ...logs, positions: await flow.positions() });
  const partition = found.get(partitionKey({ topic: names.from, partition: 0 }));
  if (partition === undefined) throw new Error('no position');
  return { partition, filled: await fillPartition(logs, partition) };
}

/** Every offset that the source holds leads to the copy of its next record, and back; the reader shares no code with the map. */
async function expectExact(flow: TestFlow, names: { readonly from: string; readonly to: string }, copies: Copies) {
  const { input } = (await partitionOf(flow, names)).filled;
  equal(input.spans, []);
  for (let offset = input.source.start; offset <= input.nextSource; offset += 1n) {
    const next = copies.find((one) => one.source >= offset);
    equal(translate(input, offset), { result: 'translated', target: next?.target ?? input.target.end }, `${offset}`);
  }
  for (const one of copies.filter(({ source }) => source >= input.source.start)) {
    equal(translateBack(input, one.target), { result: 'translated', source: one.source }, `back from ${one.target}`);
  }
}

type Copies = readonly { readonly source: bigint; readonly target: bigint }[];

async function copiesOf(names: { readonly from: string; readonly to: string }): Promise<Copies> {
  const { atSource, atTarget } = await readBoth(names);
  equal(
    atTarget.map((one) => `${one.key} ${one.value}`),
    atSource.map((one) => `${one.key} ${one.value}`),
  );
  return atSource.map((one, index) => ({ source: one.offset, target: atTarget[index]?.offset ?? -1n }));
}

for (const delivery of ['transactional', 'idempotent'] as const satisfies MirrorOptions['delivery'][]) {
  test(`${delivery}: what a thinned map gave up both logs tell, through aborts, kills and retention`, () =>
    withFlow(async (flow) => {
      const names = await flow.topic();
      await writeTransactions(names.from, transactions / 2);
      if (delivery === 'transactional') await dieInTransaction(flow);
      const stop = new AbortController();
      const running = flow.mirror({ delivery, tuning, mapLimits, until: 'stopped', signal: stop.signal });
      await writeTransactions(names.from, transactions / 2);
      await untilThinned(names.from, () => flow.positions());
      stop.abort();
      is((await running).result, 'interrupted');
      is((await flow.mirror({ delivery })).result, 'caught-up');

      const copies = await copiesOf(names);
      await expectExact(flow, names, copies);
      const { input } = (await partitionOf(flow, names)).partition;
      const [first, second] = input.spans ?? [];
      if (first === undefined || second === undefined) throw new Error('two spans');
      is(translate(input, first.source + 1n).result, 'unknown', 'without the logs nothing is guessed');

      const middle = copies.find((one) => one.source > second.source && one.source < second.sourceEnd);
      ok(middle !== undefined);
      await deleteBefore(names.from, 0, middle.source);
      await expectExact(flow, names, copies);
    }));
}

test('groups that stand in spans continue at their next record', async () => {
  const names = { from: uniqueName('from'), to: uniqueName('to') };
  await createTopic(sourceBootstrap, names.from, { config: keepForever });
  await createTopic(targetBootstrap, names.to, { config: keepForever });
  const bootstrap = { source: sourceBootstrap, target: targetBootstrap };
  const pairs = [{ source: names.from, target: names.to, partitions: 1 }];
  const mirrored = await mirroredTopics(bootstrap, pairs, { mapLimits, tuning });
  try {
    const stop = new AbortController();
    const running = mirrored.follow(stop.signal);
    await writeTransactions(names.from, transactions / 2);
    await untilThinned(names.from, mirrored.positions);
    stop.abort();
    await running;
    await mirrored.mirror();
    const copies = await copiesOf(names);
    const [position] = await mirrored.positions();
    const inSpans = (position?.spans() ?? []).flatMap(({ source, sourceEnd }) => [source + 1n, sourceEnd - 2n]);
    const groups = inSpans.map((offset) => ({ group: uniqueName('group'), offset }));
    for (const { group, offset } of groups) {
      await commitOffsets(sourceBootstrap, group, [{ topic: names.from, partition: 0, offset }]);
    }
    await mirrored.sync(groups.map((one) => one.group));
    const committed = await mirrored.target.groups.committedOffsets(groups.map((one) => one.group));
    for (const { group, offset } of groups) {
      const next = copies.find((one) => one.source >= offset);
      equal(
        committed.get(group)?.map((one) => one.offset),
        [next?.target],
        `${offset}`,
      );
    }
  } finally {
    await mirrored.close();
  }
});

test.run();
