import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { connectCluster } from '../../runner/kafka/open.ts';
import { connectionSettings } from '../../runner/kafka/settings.ts';
import type { TestCluster } from '../clusters/cluster.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { awaitLogs, type BareTopic, createBare, readBare } from './bare-requests.ts';
import { type PlanningRow, peers, planningTable } from './planning-table.ts';

/**
 * `npm run bench:planning` (builds first): whole processes as a user runs them, against one broker on the same machine; medians.
 * Writes test/bench/output/planning.md. It asserts nothing.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const main = join(root, 'dist/bin/kplan.js');
const outputFolder = join(root, 'test/bench/output');
const topicsDeclared = 1_000;
const topicsDifferent = 10;
const topicsRead = 2_000;
const partitions = 6;
const processRuns = 7;
const readRuns = 5;
/** Each on brokers that were just started. */
const createRuns = 3;

const rows: PlanningRow[] = [];
const folder = await mkdtemp(join(tmpdir(), 'kplan-bench-'));
const planFile = join(folder, 'plan.yaml');
try {
  await measureValidate();
  await measureCreating();
  await onCluster(async (cluster) => {
    await measurePlan(cluster);
    await measureReading(cluster);
  });
  await measureInMemory();
} finally {
  await rm(folder, { recursive: true, force: true });
}
const table = planningTable(rows);
await mkdir(outputFolder, { recursive: true });
await writeFile(join(outputFolder, 'planning.md'), table);
process.stdout.write(table);
process.exit();

async function measureValidate(): Promise<void> {
  const empty = await medianSeconds(['-e', '0']);
  const validate = await medianSeconds([main, 'validate', join(root, 'plans/dc-to-msk.yaml')]);
  const beside = `an empty \`node\`: ${seconds(empty)} (${times(validate, empty)})`;
  rows.push({ what: '`validate` of an example', kplan: seconds(validate), beside });
}

/** kplan's whole apply beside one bare CreateTopics, each `createRuns` times on a fresh broker. */
async function measureCreating(): Promise<void> {
  const topics = benchTopics(topicsDeclared, 0);
  const applied: number[] = [];
  const shown: number[] = [];
  const served: number[] = [];
  for (let i = 0; i < createRuns; i += 1) {
    await onCluster(async (cluster) => void applied.push(await timed(() => apply(cluster, topics))));
    await onCluster(async ({ bootstrap }) => {
      const started = performance.now();
      await createBare(bootstrap, topics);
      shown.push(secondsSince(started));
      await awaitLogs(bootstrap, topics);
      served.push(secondsSince(started));
    });
  }
  rows.push({
    what: `\`apply\` that creates ${topicsDeclared} topics of ${partitions} partitions, until the broker shows them as wanted`,
    kplan: seconds(median(applied)),
    beside: `one bare CreateTopics, until Metadata shows all: ${seconds(median(shown))}; until the broker has made all logs: ${seconds(median(served))}`,
    peers: peers.create,
  });
}

async function measurePlan(cluster: TestCluster): Promise<void> {
  const same = benchTopics(topicsDeclared, 0);
  await apply(cluster, same);
  await awaitLogs(cluster.bootstrap, same);
  await writeFile(planFile, planText(cluster, benchTopics(topicsDeclared, topicsDifferent)));
  const lines = (await run([main, 'plan', planFile])).stdout.split('\n').length;
  const median = await medianSeconds([main, 'plan', planFile]);
  rows.push({
    what: `\`plan\` of ${topicsDeclared} topics, ${topicsDifferent} different`,
    kplan: `${seconds(median)}, ${lines} lines`,
    peers: peers.plan,
  });
}

/** Metadata and DescribeConfigs of all topics, bare, and what a snapshot takes for the same. */
async function measureReading(cluster: TestCluster): Promise<void> {
  const topics = benchTopics(topicsRead, 0);
  await apply(cluster, topics);
  await awaitLogs(cluster.bootstrap, topics);
  const bare: number[] = [];
  const whole: number[] = [];
  for (let i = 0; i < readRuns; i += 1) {
    bare.push(await timed(() => readBare(cluster.bootstrap)));
    whole.push(await timed(() => readSnapshot(cluster)));
  }
  const beside = `bare Metadata and DescribeConfigs: ${seconds(median(bare))} (${times(median(whole), median(bare))})`;
  rows.push({ what: `a snapshot of ${topicsRead} topics`, kplan: seconds(median(whole)), beside });
}

async function measureInMemory(): Promise<void> {
  const { stdout } = await run([join(root, 'test/bench/plan-in-memory.ts')]);
  const found: { readonly seconds: number; readonly memoryMb: number; readonly heldMb: number } = JSON.parse(stdout);
  const memory = `${found.memoryMb} MB in all, ${found.heldMb} MB of them before it began`;
  rows.push({ what: 'planning 50000 topics held in memory', kplan: `${seconds(found.seconds)}, ${memory}` });
}

async function onCluster(measure: (cluster: TestCluster) => Promise<void>): Promise<void> {
  const cluster = await startCluster({ version: '4.1', jvm: 'default', heapMaxMb: 2048 });
  try {
    await measure(cluster);
  } finally {
    await cluster.stop();
  }
}

async function apply(cluster: TestCluster, topics: readonly BareTopic[]): Promise<void> {
  await writeFile(planFile, planText(cluster, topics));
  await run([main, 'apply', planFile, '--auto-approve']);
}

async function readSnapshot({ bootstrap }: TestCluster): Promise<void> {
  const settings = connectionSettings({ cluster: 'live', bootstrap, addressMap: new Map() });
  const { reader, close } = connectCluster(settings);
  try {
    const [, topics] = await Promise.all([reader.describeCluster(), reader.listTopics()]);
    await reader.describeTopicSettings(topics.map(({ name }) => name));
  } finally {
    await close();
  }
}

function benchTopics(count: number, different: number): BareTopic[] {
  return Array.from({ length: count }, (_, n) => ({
    name: `bench.topic.${n}`,
    partitions,
    config: {
      'retention.ms': n < different ? 3_600_000 : 86_400_000,
      'cleanup.policy': 'delete',
      'segment.ms': 3_600_000,
    },
  }));
}

function planText({ bootstrap }: TestCluster, topics: readonly BareTopic[]): string {
  return JSON.stringify({
    version: 1,
    name: 'bench',
    state: { cluster: 'live', replicationFactor: 1 },
    clusters: { live: { bootstrap } },
    topics: { live: topics.map((topic) => ({ ...topic, replicationFactor: 1 })) },
  });
}

async function medianSeconds(args: readonly string[]): Promise<number> {
  const all: number[] = [];
  for (let i = 0; i < processRuns; i += 1) all.push(await timed(() => run(args)));
  return median(all);
}

function run(args: readonly string[]): Promise<{ readonly stdout: string }> {
  return execa(process.execPath, args);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return secondsSince(started);
}

function secondsSince(startedMs: number): number {
  return (performance.now() - startedMs) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

function times(value: number, base: number): string {
  return `${(value / base).toFixed(1)} times`;
}
