import type { StartedTestContainer } from 'testcontainers';
import { type BrokerHost, logTailLines } from './broker-host.ts';
import { brokerFlags } from './java.ts';
import { kafkaReleases, type ResolvedClusterOptions } from './options.ts';

const stopPolls = 300;
const stopPollSeconds = 0.1;
const readyLine = 'container is up';

/**
 * Brokers as processes of one container of the apache/kafka image, so that they share 127.0.0.1 there and each can be
 * stopped alone. A port has the same number inside and outside. The container is removed by testcontainers' reaper where
 * this process dies.
 */
export async function openDockerHost(options: ResolvedClusterOptions, ports: readonly number[]): Promise<BrokerHost> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer(`apache/kafka:${kafkaReleases[options.version]}`)
    .withExposedPorts(...ports.map((port) => ({ container: port, host: port })))
    .withEntrypoint(['sh', '-c'])
    .withCommand([`echo ${readyLine}; while :; do sleep 3600; done`])
    .withWaitStrategy(Wait.forLogMessage(readyLine))
    .start();
  const pids = new Map<number, string>();

  async function format(brokerId: number, properties: string, formatArguments: (file: string) => readonly string[]) {
    const file = propertiesFile(brokerId);
    await container.copyContentToContainer([{ content: properties, target: file }]);
    await run(container, ['/opt/kafka/bin/kafka-storage.sh', ...formatArguments(file)]);
  }

  async function startZooKeeper(): Promise<void> {
    throw new Error(`Kafka ${kafkaReleases[options.version]} with its ZooKeeper is had as JVMs only.`);
  }

  async function start(brokerId: number) {
    const environment = `KAFKA_HEAP_OPTS= KAFKA_OPTS='${brokerFlags(options).join(' ')}'`;
    const command = `${environment} /opt/kafka/bin/kafka-server-start.sh ${propertiesFile(brokerId)}`;
    const pid = await run(container, ['sh', '-c', `${command} >>${logFile(brokerId)} 2>&1 & echo $!`]);
    pids.set(brokerId, pid.trim());
    return undefined;
  }

  async function stop(brokerId: number, signal: 'SIGTERM' | 'SIGKILL') {
    const pid = pids.get(brokerId);
    pids.delete(brokerId);
    if (pid !== undefined) {
      const wait = `for i in $(seq ${stopPolls}); do ${isAlive(pid)} || exit 0; sleep ${stopPollSeconds}; done; exit 1`;
      await run(container, ['sh', '-c', `kill -${signal.slice('SIG'.length)} ${pid}; ${wait}`]);
    }
  }

  async function hasDied(brokerId: number) {
    const pid = pids.get(brokerId);
    return pid !== undefined && (await container.exec(['sh', '-c', isAlive(pid)])).exitCode !== 0;
  }

  return {
    origin: 'docker',
    bindHost: '0.0.0.0',
    dataFolder: (brokerId) => `/tmp/kplan-test/broker-${brokerId}`,
    format,
    startZooKeeper,
    start,
    stop,
    hasDied,
    logTail: (brokerId) => run(container, ['tail', '-n', String(logTailLines), logFile(brokerId)]),
    close: async () => {
      await container.stop();
    },
  };
}

function propertiesFile(brokerId: number): string {
  return `/tmp/broker-${brokerId}.properties`;
}

function logFile(brokerId: number): string {
  return `/tmp/broker-${brokerId}.log`;
}

/** A shell condition; a process that ended and was not reaped counts as gone. */
function isAlive(pid: string): string {
  return `grep -q '^State:[[:space:]]*[^ZX[:space:]]' /proc/${pid}/status 2>/dev/null`;
}

async function run(container: StartedTestContainer, command: string[]): Promise<string> {
  const { exitCode, stdout, output } = await container.exec(command);
  if (exitCode !== 0) {
    throw new Error(`${command.join(' ')} exited with ${exitCode} in the container:\n${output}`);
  }
  return stdout;
}
