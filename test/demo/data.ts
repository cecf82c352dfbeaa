import { setTimeout as wait } from 'node:timers/promises';
import { commitOffsets } from '../fixtures/groups.ts';
import { createTopic, endOffsets, produceRecords, type RecordToProduce, readAll } from '../fixtures/records.ts';

const compactionTimeoutMs = 20_000;
const compactionPollMs = 250;
const ordersPartitions = 6;
const customers = 2_000;

/** What the demo's source holds before anything is migrated. */
export async function fillSource(bootstrap: readonly string[]): Promise<void> {
  await Promise.all([
    createTopic(bootstrap, 'orders', { partitions: ordersPartitions }),
    createTopic(bootstrap, 'payments', { partitions: 3 }),
    createTopic(bootstrap, 'clicks', { partitions: 2, config: { 'retention.ms': '86400000' } }),
    createTopic(bootstrap, 'customers', {
      config: {
        'cleanup.policy': 'compact',
        'segment.bytes': '1048576',
        'min.cleanable.dirty.ratio': '0.01',
        'max.message.bytes': '2097152',
      },
    }),
  ]);
  await writeCustomers(bootstrap);
  await writeOrders(bootstrap, 200_000);
  await writePayments(bootstrap);
  await produceRecords(
    { bootstrap, topic: 'clicks', codec: 'lz4', recordsPerBatch: 50 },
    recordsOf(20_000, 2, (n) => ({ key: null, value: text(`click ${n} on /product/${n % 97}`) })),
  );
  await awaitCompaction(bootstrap);
}

/** zstd, batches of 2,000: what an ordinary producer under load writes. */
export async function writeOrders(bootstrap: readonly string[], count: number): Promise<void> {
  const chunk = 100_000;
  for (let written = 0; written < count; written += chunk) {
    const records = recordsOf(Math.min(chunk, count - written), ordersPartitions, (n) => ({
      key: text(`order-${n}`),
      value: text(JSON.stringify({ order: n, customer: n % customers, state: 'placed', note: 'x'.repeat(n % 200) })),
      headers: [['trace', text(`t-${n}`)]],
    }));
    await produceRecords({ bootstrap, topic: 'orders', codec: 'zstd', recordsPerBatch: 2_000 }, records);
  }
}

/** Every fifth transaction is aborted: its records must not arrive. */
async function writePayments(bootstrap: readonly string[]): Promise<void> {
  for (let n = 0; n < 50; n++) {
    await produceRecords(
      {
        bootstrap,
        topic: 'payments',
        codec: 'gzip',
        transaction: { transactionalId: 'payments-writer', outcome: n % 5 === 4 ? 'abort' : 'commit' },
      },
      recordsOf(600, 3, (k) => ({ key: text(`payment-${n}-${k}`), value: text(`${k * 10} EUR`) })),
    );
  }
}

/** Many versions of few keys, some deleted: the cleaner leaves gaps. */
async function writeCustomers(bootstrap: readonly string[]): Promise<void> {
  await produceRecords(
    { bootstrap, topic: 'customers', codec: 'snappy', recordsPerBatch: 500 },
    recordsOf(60_000, 1, (n) => ({
      key: text(`customer-${n % customers}`),
      value: n % 1_999 === 0 ? null : text(JSON.stringify({ version: n, address: `${n} Main Street`.repeat(8) })),
    })),
  );
}

async function awaitCompaction(bootstrap: readonly string[]): Promise<void> {
  const deadline = Date.now() + compactionTimeoutMs;
  const written = (await endOffsets({ bootstrap, topic: 'customers' })).get(0) ?? 0n;
  while (BigInt((await readAll({ bootstrap, topic: 'customers' })).length) === written) {
    if (Date.now() > deadline) throw new Error('the source did not compact topic customers in time');
    await wait(compactionPollMs);
  }
}

/** Consumers that stopped at different places: at the end, in the middle, near the start. */
export async function commitGroups(bootstrap: readonly string[]): Promise<void> {
  const ends = await endOffsets({ bootstrap, topic: 'orders' });
  const ofOrders = (percent: bigint) =>
    [...ends].map(([partition, end]) => ({ topic: 'orders', partition, offset: (end * percent) / 100n }));
  await commitOffsets(bootstrap, 'shipping', ofOrders(100n));
  await commitOffsets(bootstrap, 'billing', ofOrders(55n));
  await commitOffsets(bootstrap, 'fraud', [{ topic: 'payments', partition: 0, offset: 700n }]);
  await commitOffsets(bootstrap, 'crm', [{ topic: 'customers', partition: 0, offset: 12_345n }]);
}

function recordsOf(
  count: number,
  partitions: number,
  make: (n: number) => Omit<RecordToProduce, 'partition'>,
): RecordToProduce[] {
  return Array.from({ length: count }, (_, n) => ({ partition: n % partitions, ...make(n) }));
}

function text(value: string): Buffer {
  return Buffer.from(value);
}
