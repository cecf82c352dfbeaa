import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrokerHost, logTailLines } from './broker-host.ts';
import { archiveFlags } from './class-archive.ts';
import { classPath } from './jars.ts';
import { brokerFlags, javaFile } from './java.ts';
import { runKafkaTool } from './kafka-tool.ts';
import type { ResolvedClusterOptions } from './options.ts';
import { onProcessExit, order } from './supervision.ts';

/** Brokers as JVMs of this machine, held by the supervisor: they don't outlive this process. */
export async function openJvmHost(options: ResolvedClusterOptions): Promise<BrokerHost> {
  const jars = await classPath(options.version);
  // Further flags may be those that write the archive: a JVM can not do both.
  const usesArchive = options.jvm === 'fast-start' && options.jvmFlags.length === 0;
  const flags = [...brokerFlags(options), ...(usesArchive ? await archiveFlags(options.version) : [])];
  const folder = await mkdtemp(join(tmpdir(), 'kplan-test-'));
  await order({ action: 'own', folder });
  const keyPrefix = randomUUID();
  const keyOf = (brokerId: number) => `${keyPrefix}/${brokerId}`;
  const propertiesFile = (brokerId: number) => join(folder, `broker-${brokerId}.properties`);
  const logFile = (brokerId: number) => join(folder, `broker-${brokerId}.log`);
  const zooKeeperKey = `${keyPrefix}/zookeeper`;
  let hasZooKeeper = false;
  const running = new Set<number>();
  const dead = new Set<number>();

  async function format(brokerId: number, properties: string, formatArguments: (file: string) => readonly string[]) {
    const file = propertiesFile(brokerId);
    await writeFile(file, properties);
    const args = formatArguments(file);
    if (args.length > 0) {
      await runKafkaTool(options.version, 'kafka.tools.StorageTool', args);
    }
  }

  async function startZooKeeper(properties: string) {
    const file = join(folder, 'zookeeper.properties');
    await writeFile(file, properties);
    await order({
      action: 'start',
      key: zooKeeperKey,
      file: javaFile(),
      args: [...flags, '-cp', jars, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', file],
      logFile: join(folder, 'zookeeper.log'),
    });
    hasZooKeeper = true;
  }

  async function start(brokerId: number) {
    dead.delete(brokerId);
    running.add(brokerId);
    onProcessExit(keyOf(brokerId), () => {
      if (running.delete(brokerId)) {
        dead.add(brokerId);
      }
    });
    return order({
      action: 'start',
      key: keyOf(brokerId),
      file: javaFile(),
      args: [...flags, '-cp', jars, 'kafka.Kafka', propertiesFile(brokerId)],
      logFile: logFile(brokerId),
    });
  }

  async function stop(brokerId: number, signal: 'SIGTERM' | 'SIGKILL') {
    running.delete(brokerId);
    await order({ action: 'stop', key: keyOf(brokerId), signal });
  }

  async function logTail(brokerId: number) {
    const text = await readFile(logFile(brokerId), 'utf8').catch(() => '(no log)');
    return text.trimEnd().split('\n').slice(-logTailLines).join('\n');
  }

  async function close() {
    await Promise.all([...running].map((brokerId) => stop(brokerId, 'SIGKILL')));
    if (hasZooKeeper) {
      await order({ action: 'stop', key: zooKeeperKey, signal: 'SIGKILL' });
    }
    await order({ action: 'remove', folder });
  }

  return {
    origin: 'jvm',
    bindHost: '127.0.0.1',
    dataFolder: (brokerId) => join(folder, `broker-${brokerId}`),
    format,
    startZooKeeper,
    start,
    stop,
    hasDied: async (brokerId) => dead.has(brokerId),
    logTail,
    close,
  };
}
