import { randomBytes } from 'node:crypto';
import type { BrokerHost } from './broker-host.ts';
import { ensureClassArchive } from './class-archive.ts';
import type { TestBroker, TestCluster } from './cluster.ts';
import { openDockerHost } from './docker-host.ts';
import { hasJars } from './jars.ts';
import { openJvmHost } from './jvm-host.ts';
import { namedCluster } from './named-cluster.ts';
import {
  type ClusterOptions,
  type KafkaVersion,
  kafkaReleases,
  needsZooKeeper,
  type ResolvedClusterOptions,
  resolveClusterOptions,
} from './options.ts';
import { chooseOrigin, namedClusters, type OriginChoice } from './origin.ts';
import { freePorts } from './ports.ts';
import { probeMachine } from './probe.ts';
import { type BrokerPlace, formatArguments, serverProperties, zooKeeperProperties } from './properties.ts';
import { waitUntilReady } from './ready.ts';

const portsPerBroker = 3;
/** Between the look for free ports and the broker's start somebody else may have taken one. */
const portAttemptsMax = 3;
const portIsTaken = /BindException|address already in use|port is already allocated/iu;

/**
 * Starts a Kafka of the test's own and resolves once every broker sees all the others. It is gone when `stop` is called or
 * this process ends. Where none can be had it throws, saying what to install.
 */
export async function startCluster(wanted: ClusterOptions = {}): Promise<TestCluster> {
  const options = resolveClusterOptions(wanted);
  const bootstrap = namedClusters(process.env.KPLAN_TEST_BOOTSTRAP).get(options.name);
  if (bootstrap !== undefined) {
    return namedCluster(options, bootstrap);
  }
  const choice = await originOf(options.version);
  if (choice.origin === 'none') {
    throw new Error(choice.message);
  }
  for (let attempt = 1; ; attempt += 1) {
    const ports = await freePorts(options.brokerCount * portsPerBroker);
    const host = await (choice.origin === 'docker' ? openDockerHost(options, ports) : openJvmHost(options));
    try {
      return await startOn(host, options, placesOf(host, ports));
    } catch (error) {
      await host.close();
      if (attempt === portAttemptsMax || !(error instanceof Error && portIsTaken.test(error.message))) throw error;
    }
  }
}

/** How a Kafka that nobody named is had on this machine. */
async function originOf(version: KafkaVersion): Promise<OriginChoice> {
  const machine = await probeMachine();
  const docker = machine.docker && !needsZooKeeper(version);
  return chooseOrigin({ ...machine, docker, named: false, jars: await hasJars(version) });
}

/** Makes the class archive of `version` where brokers are JVMs of this machine and it is not there yet. */
export async function prepareClassArchive(version: KafkaVersion): Promise<void> {
  if ((await originOf(version)).origin !== 'jvm') {
    return;
  }
  await ensureClassArchive(version, async (flag) => {
    const cluster = await startCluster({ name: `classes-${version}`, version, jvmFlags: [flag] });
    await cluster.brokers[0]?.stop('SIGTERM');
    await cluster.stop();
  });
}

function placesOf(host: BrokerHost, ports: readonly number[]): BrokerPlace[] {
  const places: BrokerPlace[] = [];
  for (let at = 0; at < ports.length; at += portsPerBroker) {
    const [clientPort = 0, internalPort = 0, controllerPort = 0] = ports.slice(at);
    const id = places.length + 1;
    const dataFolder = host.dataFolder(id);
    places.push({ id, bindHost: host.bindHost, clientPort, internalPort, controllerPort, dataFolder });
  }
  return places;
}

async function startOn(
  host: BrokerHost,
  options: ResolvedClusterOptions,
  places: readonly BrokerPlace[],
): Promise<TestCluster> {
  const clusterId = randomClusterId();
  const running = new Map<number, number | undefined>();

  async function start(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      running.set(id, await host.start(id));
    }
    const up = places.filter(({ id }) => running.has(id));
    await waitUntilReady(
      up.map(({ internalPort }) => `127.0.0.1:${internalPort}`),
      up.map(({ id }) => id),
      async () => (await Promise.all(ids.map(host.hasDied))).includes(true),
    ).catch(async (error: Error) => {
      const logs = await Promise.all(ids.map(async (id) => `--- log of broker ${id}:\n${await host.logTail(id)}`));
      throw new Error(
        `cluster ${options.name}, Kafka ${kafkaReleases[options.version]}: ${error.message}\n${logs.join('\n')}`,
      );
    });
  }

  await Promise.all(
    places.map((place) =>
      host.format(place.id, serverProperties(options, place, places), (file) =>
        formatArguments(options, clusterId, file),
      ),
    ),
  );
  const [first] = places;
  if (needsZooKeeper(options.version) && first !== undefined) {
    await host.startZooKeeper(zooKeeperProperties(first));
  }
  await start(places.map(({ id }) => id));

  const brokers = places.map(({ id, clientPort }): TestBroker => {
    return {
      id,
      host: '127.0.0.1',
      port: clientPort,
      get pid() {
        return running.get(id);
      },
      stop: async (signal = 'SIGTERM') => {
        running.delete(id);
        await host.stop(id, signal);
      },
      start: () => start([id]),
    };
  });
  return {
    name: options.name,
    version: options.version,
    release: kafkaReleases[options.version],
    origin: host.origin,
    bootstrap: places.map(({ clientPort }) => `127.0.0.1:${clientPort}`),
    internalBootstrap: places.map(({ internalPort }) => `127.0.0.1:${internalPort}`),
    brokers,
    stop: host.close,
  };
}

/** A UUID as Kafka writes it; never with a leading dash, which StorageTool would take for an option. */
function randomClusterId(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('base64url');
}
