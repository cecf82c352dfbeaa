import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { TestCluster } from '../clusters/cluster.ts';
import { kafkaToolCommand } from '../clusters/kafka-tool.ts';
import { createTopic } from '../fixtures/records.ts';
import { type Arrival, watchArrival } from './arrival.ts';
import { mirrorMakerProperties } from './mirrormaker2.ts';
import type { Scenario } from './scenarios.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const mirrorMakerHeapMb = 1024;
const stopTimeoutMs = 20_000;

export interface MirrorRun {
  readonly source: TestCluster;
  readonly target: TestCluster;
  readonly scenario: Scenario;
  readonly folder: string;
}

/** One topic from source to target by `kplan apply`, as a user runs it. Throws where it does not exit with 0. */
export async function runKplan({ source, target, scenario, folder }: MirrorRun): Promise<Arrival> {
  const plan = {
    version: 1,
    name: scenario.topic,
    clusters: { source: { bootstrap: source.bootstrap }, target: { bootstrap: target.bootstrap } },
    flows: [{ name: 'bench', source: 'source', target: 'target', topics: { include: [scenario.topic] } }],
  };
  const file = join(folder, `${scenario.topic}.yaml`);
  await writeFile(file, JSON.stringify(plan));
  const running = execa(process.execPath, [main, 'apply', file, '--auto-approve', '--format', 'json'], {
    reject: false,
    all: true,
  });
  const arrival = await watch({ target, scenario, pid: running.pid, finished: running });
  const { exitCode, all } = await running;
  if (exitCode !== 0) throw new Error(`kplan apply exited with ${exitCode}:\n${all}`);
  return arrival;
}

/** The same by MirrorMaker 2 in dedicated mode; the target topic is made before, as an operator would. */
export async function runMirrorMaker({ source, target, scenario, folder }: MirrorRun): Promise<Arrival> {
  await createTopic(target.bootstrap, scenario.topic, { partitions: scenario.partitions });
  const file = join(folder, `${scenario.topic}.mm2.properties`);
  const { topic, partitions, codec } = scenario;
  const properties = { source: source.bootstrap, target: target.bootstrap, topic, partitions, codec };
  await writeFile(file, mirrorMakerProperties(properties));
  const flags = [`-Xmx${mirrorMakerHeapMb}m`];
  const command = await kafkaToolCommand('4.1', 'org.apache.kafka.connect.mirror.MirrorMaker', [file], flags);
  const running = execa(command.file, command.args, {
    reject: false,
    all: true,
    buffer: false,
    forceKillAfterDelay: stopTimeoutMs,
  });
  running.all.resume();
  try {
    return await watch({ target, scenario, pid: running.pid, finished: running });
  } finally {
    running.kill();
    await running;
  }
}

async function watch(options: {
  readonly target: TestCluster;
  readonly scenario: Scenario;
  readonly pid: number | undefined;
  readonly finished: PromiseLike<unknown>;
}): Promise<Arrival> {
  let ended = options.pid === undefined;
  void options.finished.then(() => {
    ended = true;
  });
  const { topic, partitions, records } = options.scenario;
  return watchArrival({
    bootstrap: options.target.bootstrap,
    topic,
    partitions,
    records,
    pid: options.pid ?? 0,
    ended: () => ended,
  });
}
