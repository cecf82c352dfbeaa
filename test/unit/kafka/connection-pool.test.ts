import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BrokerConnection } from '../../../runner/kafka/connection.ts';
import { connectionPool } from '../../../runner/kafka/connection-pool.ts';
import { connectionSettings } from '../../../runner/kafka/settings.ts';

const settings = connectionSettings({ cluster: 'dc', bootstrap: [], addressMap: new Map() });
const address = { host: 'a', port: 9092 };

interface FakeConnection extends BrokerConnection {
  readonly number: number;
  open: boolean;
}

function fakePool(failFirst = false) {
  const made: FakeConnection[] = [];
  let attempts = 0;
  const pool = connectionPool(settings, async () => {
    attempts += 1;
    if (failFirst && attempts === 1) throw new Error('refused');
    const connection: FakeConnection = {
      number: made.length,
      open: true,
      address: 'a:9092',
      abilities: { versions: new Map(), features: new Map() },
      isOpen: () => connection.open,
      send: () => Promise.reject(new Error('not asked')),
      close: async () => {
        connection.open = false;
      },
    };
    made.push(connection);
    return connection;
  });
  const numberOf = (connection: BrokerConnection) => (made as readonly BrokerConnection[]).indexOf(connection);
  return { pool, made, numberOf };
}

/** A request that ends when the test says. */
function held(): { readonly until: Promise<void>; readonly end: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { until: promise, end: () => resolve() };
}

test('with one connection all requests of a purpose go one way', async () => {
  const { pool, made } = fakePool();
  const wait = held();
  const purpose = { name: 'produce tx', connectionsMax: 1 };
  const all = [1, 2, 3].map(() => pool.use(address, purpose, () => wait.until));
  wait.end();
  await Promise.all(all);
  assert.is(made.length, 1);
});

test('a fetch that waits does not stand before another, nor before another purpose', async () => {
  const { pool, made, numberOf } = fakePool();
  const wait = held();
  const fetch = { name: 'fetch', connectionsMax: 2 };
  const used: number[] = [];
  const waiting = [1, 2, 3].map(() =>
    pool.use(address, fetch, (connection) => {
      used.push(numberOf(connection));
      return wait.until;
    }),
  );
  await pool.use(address, { name: 'control', connectionsMax: 1 }, async (connection) => {
    assert.is(numberOf(connection), 2);
  });
  wait.end();
  await Promise.all(waiting);
  assert.is(made.length, 3);
  assert.equal(used.toSorted(), [0, 0, 1]);
});

test('a connection that is lost is opened again, and so is one that could not be opened', async () => {
  const { pool, made, numberOf } = fakePool(true);
  const purpose = { name: 'control', connectionsMax: 1 };
  const failed = await pool.use(address, purpose, async () => 'used').catch((error: Error) => error.message);
  assert.is(failed, 'refused');
  await pool.use(address, purpose, async (connection) => assert.is(numberOf(connection), 0));
  const [first] = made;
  if (first !== undefined) first.open = false;
  await pool.use(address, purpose, async (connection) => assert.is(numberOf(connection), 1));
});

test('closing closes all', async () => {
  const { pool, made } = fakePool();
  await pool.use(address, { name: 'control', connectionsMax: 1 }, async () => undefined);
  await pool.use(address, { name: 'fetch', connectionsMax: 1 }, async () => undefined);
  await pool.close();
  assert.equal(
    made.map((one) => one.open),
    [false, false],
  );
});

test('where a connection broke, idle ones to the same broker are not trusted any more, those in use and others are', async () => {
  const { pool, made } = fakePool();
  const other = { host: 'b', port: 9092 };
  const control = { name: 'control', connectionsMax: 1 };
  const fetch = { name: 'fetch', connectionsMax: 1 };
  const coordinator = { name: 'coordinator', connectionsMax: 1 };
  await pool.use(address, control, async () => undefined);
  await pool.use(other, control, async () => undefined);
  const wait = held();
  const inUse = pool.use(address, fetch, () => wait.until);
  await pool.use(address, coordinator, async () => undefined);
  const [idle, elsewhere, busy, broken] = made;
  const failed = pool.use(address, coordinator, async () => {
    if (broken !== undefined) broken.open = false;
    throw new Error('silent');
  });
  await failed.catch(() => undefined);
  assert.equal([idle?.open, elsewhere?.open, busy?.open], [false, true, true]);
  wait.end();
  await inUse;
  await pool.use(address, control, async () => undefined);
  assert.is(made.length, 5);
});

test.run();
