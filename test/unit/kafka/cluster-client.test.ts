import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { brokerFault } from '../../../runner/kafka/broker-fault.ts';
import { type ClusterClient, clusterClient } from '../../../runner/kafka/cluster-client.ts';
import { ClusterFault, clusterFault } from '../../../runner/kafka/cluster-fault.ts';
import type { BrokerConnection, Request } from '../../../runner/kafka/connection.ts';
import { connectionPool } from '../../../runner/kafka/connection-pool.ts';
import { addressText, connectionSettings } from '../../../runner/kafka/settings.ts';

type Answers = (request: string, address: string) => unknown;

/** A cluster of two brokers, `a` and `b`, behind a pool whose connections answer as the test says. */
function cluster(
  answers: Answers,
  options: { readonly down?: readonly string[]; readonly map?: Record<string, string> } = {},
) {
  const asked: string[] = [];
  const opened: string[] = [];
  const settings = connectionSettings({
    cluster: 'dc',
    bootstrap: ['seed-1:9092', 'seed-2:9092'],
    addressMap: new Map(Object.entries(options.map ?? {})),
  });
  const pool = connectionPool(settings, async (_settings, to): Promise<BrokerConnection> => {
    const address = addressText(to);
    opened.push(address);
    if (options.down?.includes(address) === true) throw unreachable(address);
    return {
      address,
      abilities: { versions: new Map(), features: new Map() },
      isOpen: () => true,
      async send<R>(request: Request<R>): Promise<R> {
        asked.push(`${request.name} ${address}`);
        return (answers(request.name, address) ?? standard(request.name)) as R;
      },
      close: async () => undefined,
    };
  });
  let nowMs = 0;
  const clock = {
    nowMs: () => nowMs,
    sleep: async (durationMs: number) => {
      nowMs += durationMs;
    },
  };
  return { client: clusterClient(settings, { clock, random: () => 1 }, pool), asked, opened };
}

function unreachable(address: string): ClusterFault {
  const summary = `${address} is not reachable.`;
  return clusterFault({
    cluster: 'dc',
    request: 'connect',
    code: 'KP3001',
    errorName: 'NETWORK_EXCEPTION',
    retry: 'later',
    summary,
  });
}

function standard(request: string): unknown {
  const brokers = [
    { nodeId: 1, host: 'a', port: 9092, rack: null },
    { nodeId: 2, host: 'b', port: 9092, rack: null },
  ];
  if (request === 'Metadata') return { brokers, clusterId: 'id', controllerId: 2, topics: [] };
  if (request === 'FindCoordinator') return coordinatorAnswer('a', 1);
  return request;
}

function coordinatorAnswer(host: string, nodeId: number) {
  return { coordinators: [{ key: 'k', host, port: 9092, nodeId, errorCode: 0, errorMessage: null }] };
}

async function faultOf(promise: Promise<unknown>): Promise<ClusterFault> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ClusterFault) return error;
  throw new Error(`no fault: ${error}`);
}

const request: Request<string> = { name: 'EndTxn', candidates: [] };
const toCoordinator = { to: 'coordinator', kind: 'transaction', key: 'k' } as const;
const ask = (client: ClusterClient) => client.ask(toCoordinator, request, (answer) => answer);

test('bootstrap addresses are tried in turn, and what answered is asked first from then on', async () => {
  const { client, opened, asked } = cluster(() => undefined, { down: ['seed-1:9092'] });
  await client.metadata([]);
  await client.metadata([]);
  assert.equal(opened, ['seed-1:9092', 'seed-2:9092']);
  assert.equal(asked, ['Metadata seed-2:9092', 'Metadata seed-2:9092']);
});

test('nothing reachable: given up soon, with every address named', async () => {
  const { client, opened } = cluster(() => undefined, { down: ['seed-1:9092', 'seed-2:9092'] });
  const fault = await faultOf(client.metadata([]));
  assert.is(opened.length, 6);
  assert.is(fault.diagnostic.code, 'KP3001');
  assert.match(fault.diagnostic.summary, 'seed-1:9092');
  assert.match(fault.diagnostic.detail ?? '', 'seed-2:9092');
  assert.match(fault.diagnostic.detail ?? '', 'Tried 3 times');
});

test('a wrong password is not tried at the other addresses', async () => {
  const { client, asked } = cluster((name) => {
    if (name === 'Metadata')
      throw brokerFault({ cluster: 'dc', request: 'connect' }, { errorName: 'SASL_AUTHENTICATION_FAILED' });
  });
  assert.is((await faultOf(client.metadata([]))).diagnostic.code, 'KP3009');
  assert.is(asked.length, 1);
});

test('brokers are reached where the address map says', async () => {
  const { client, opened } = cluster(() => undefined, {
    map: { 'b:9092': 'localhost:19092', 'seed-1:9092': 'localhost:19091' },
  });
  await client.ask({ to: 'controller' }, request, (answer) => answer);
  assert.equal(opened, ['localhost:19091', 'localhost:19092']);
});

test('a coordinator whose broker has left the cluster is looked up again', async () => {
  let left = false;
  const { client, asked } = cluster((name, address) => {
    if (left && address === 'a:9092') throw unreachable(address);
    if (!left) return undefined;
    if (name === 'Metadata') return { ...(standard(name) as object), brokers: [{ nodeId: 2, host: 'b', port: 9092 }] };
    return name === 'FindCoordinator' ? coordinatorAnswer('b', 2) : undefined;
  });
  await ask(client);
  left = true;
  const purpose = { name: 'records', connectionsMax: 1 };
  const toBroker = { to: 'broker', id: 1, purpose } as const;
  await faultOf(client.ask(toBroker, request, (answer) => answer, { attemptsMax: 1, elapsedMaxMs: 0 }));
  await ask(client);
  assert.is(asked.at(-1), 'EndTxn b:9092');
});

test('a coordinator that moved to another host under its id is asked there', async () => {
  let moved = false;
  const { client, asked } = cluster((name, address) => {
    if (moved && address === 'a:9092') throw unreachable(address);
    return moved && name === 'FindCoordinator' ? coordinatorAnswer('c', 1) : undefined;
  });
  await ask(client);
  moved = true;
  await ask(client);
  assert.is(asked.at(-1), 'EndTxn c:9092');
});

test('a coordinator whose old address is another broker now is asked at its new one', async () => {
  let moved = false;
  const { client, asked } = cluster((name) =>
    moved && name === 'FindCoordinator' ? coordinatorAnswer('c', 1) : undefined,
  );
  await ask(client);
  moved = true;
  await client.ask(toCoordinator, request, (answer, place) => {
    if (place.broker === 'a:9092') throw brokerFault(place, { errorName: 'NOT_COORDINATOR' });
    return answer;
  });
  assert.is(asked.at(-1), 'EndTxn c:9092');
});

test('a coordinator is looked up once, and again when it says that it is not', async () => {
  let coordinator: unknown;
  const { client, asked } = cluster((name) => (name === 'FindCoordinator' ? coordinator : undefined));
  await ask(client);
  await ask(client);
  coordinator = coordinatorAnswer('b', 2);
  let refused = 0;
  await client.ask(toCoordinator, request, (answer, place) => {
    if (place.broker === 'a:9092') {
      refused += 1;
      throw brokerFault(place, { errorName: 'NOT_COORDINATOR' });
    }
    return answer;
  });
  assert.is(refused, 1);
  assert.equal(
    asked.filter((one) => !one.startsWith('Metadata')),
    [
      'FindCoordinator seed-1:9092',
      'EndTxn a:9092',
      'EndTxn a:9092',
      'EndTxn a:9092',
      'FindCoordinator seed-1:9092',
      'EndTxn b:9092',
    ],
  );
});

test('the controller is asked for once, and again when it says that it is not', async () => {
  let controllerId = 2;
  const { client, asked } = cluster((name) =>
    name === 'Metadata' ? { ...(standard(name) as object), controllerId } : undefined,
  );
  const toController = () =>
    client.ask({ to: 'controller' }, request, (answer, place) => {
      if (place.broker !== `${controllerId === 2 ? 'b' : 'a'}:9092`) {
        throw brokerFault(place, { errorName: 'NOT_CONTROLLER' });
      }
      return answer;
    });
  await toController();
  await toController();
  controllerId = 1;
  await toController();
  const metadata = 'Metadata seed-1:9092';
  assert.equal(asked, [metadata, 'EndTxn b:9092', 'EndTxn b:9092', 'EndTxn b:9092', metadata, 'EndTxn a:9092']);
});

test('what a broker can do is not asked for where one has answered', async () => {
  const { client, asked } = cluster(() => undefined);
  await client.abilities();
  await client.metadata([]);
  await client.abilities();
  assert.is(asked.length, 2);
});

test('a broker that is not in the cluster is waited for, within the limits', async () => {
  const { client } = cluster(() => undefined);
  await client.metadata([]);
  const target = { to: 'broker', id: 9, purpose: { name: 'fetch', connectionsMax: 1 } } as const;
  const fault = await faultOf(client.ask(target, request, (answer) => answer));
  assert.is(fault.errorName, 'BROKER_NOT_AVAILABLE');
  assert.match(fault.diagnostic.detail ?? '', /Tried \d+ times/);
});

test('a closed client says so at once', async () => {
  const { client, asked } = cluster(() => undefined);
  await client.metadata([]);
  await client.close();
  assert.match((await faultOf(client.metadata([]))).message, 'closed');
  assert.is(asked.length, 1);
});

test.run();
