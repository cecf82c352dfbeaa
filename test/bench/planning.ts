import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { connectCluster } from '../../runner/kafka/open.ts';
import { connectionSettings } from '../../runner/kafka/settings.ts';
import { startCluster } from '../clusters/start-cluster.ts';
import { readBare } from './bare-requests.ts';

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

const rows: (readonly [string, string])[] = [];
const folder = await mkdtemp(join(tmpdir(), 'kplan-bench-'));
const cluster = await startCluster({ version: '4.1', jvm: 'default', heapMaxMb: 2048 });
try {
  await measureValidate();
  await measurePlan();
  await measureReading();
  await measureInMemory();
} finally {
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
}
await mkdir(outputFolder, { recursive: true });
await writeFile(join(outputFolder, 'planning.md'), table());
process.stdout.write(table());
process.exit();

async function measureValidate(): Promise<void> {
  const file = join(root, 'plans/dc-to-msk.yaml');
  const empty = await medianSeconds(['-e', '0']);
  const validate = await medianSeconds([main, 'validate', file]);
  rows.push(['empty `node`', seconds(empty)]);
  rows.push(['`kplan validate` of an example', `${seconds(validate)} (${(validate / empty).toFixed(1)} times empty)`]);
}

async function measurePlan(): Promise<void> {
  const file = join(folder, 'plan.yaml');
  await writeFile(file, planText(topicsDeclared, 0));
  const created = await run([main, 'apply', file, '--auto-approve']);
  rows.push([
    `\`kplan apply\` that creates ${topicsDeclared} topics of ${partitions} partitions`,
    seconds(created.seconds),
  ]);
  await writeFile(file, planText(topicsDeclared, topicsDifferent));
  const planned = await run([main, 'plan', file]);
  const lines = planned.stdout.split('\n').length;
  const median = await medianSeconds([main, 'plan', file]);
  rows.push([
    `\`kplan plan\` of ${topicsDeclared} topics, ${topicsDifferent} different`,
    `${seconds(median)}, ${lines} lines`,
  ]);
}

/** Metadata and DescribeConfigs of all topics, bare, and what a snapshot takes for the same. */
async function measureReading(): Promise<void> {
  const file = join(folder, 'more.yaml');
  await writeFile(file, planText(topicsRead, 0));
  await run([main, 'apply', file, '--auto-approve']);
  const bare: number[] = [];
  const whole: number[] = [];
  for (let i = 0; i < readRuns; i += 1) {
    bare.push(await timed(() => readBare(cluster.bootstrap)));
    whole.push(await timed(readSnapshot));
  }
  const ratio = median(whole) / median(bare);
  rows.push([`bare Metadata and DescribeConfigs of ${topicsRead} topics`, seconds(median(bare))]);
  rows.push([`a snapshot of ${topicsRead} topics`, `${seconds(median(whole))} (${ratio.toFixed(1)} times bare)`]);
}

async function measureInMemory(): Promise<void> {
  const { stdout } = await run([join(root, 'test/bench/plan-in-memory.ts')]);
  const found = JSON.parse(stdout) as { readonly seconds: number; readonly memoryMb: number; readonly heldMb: number };
  const memory = `${found.memoryMb} MB in all, ${found.heldMb} MB of them the clusters`;
  rows.push(['planning 50000 topics held in memory', `${seconds(found.seconds)}, ${memory}`]);
}

async function readSnapshot(): Promise<void> {
  const settings = connectionSettings({ cluster: 'live', bootstrap: cluster.bootstrap, addressMap: new Map() });
  const { reader, close } = connectCluster(settings);
  try {
    const [, topics] = await Promise.all([reader.describeCluster(), reader.listTopics()]);
    await reader.describeTopicSettings(topics.map(({ name }) => name));
  } finally {
    await close();
  }
}

function planText(count: number, different: number): string {
  const topics = Array.from({ length: count }, (_, n) => ({
    name: `bench.topic.${n}`,
    partitions,
    replicationFactor: 1,
    config: {
      'retention.ms': n < different ? 3_600_000 : 86_400_000,
      'cleanup.policy': 'delete',
      'segment.ms': 3_600_000,
    },
  }));
  return JSON.stringify({
    version: 1,
    name: 'bench',
    state: { cluster: 'live', replicationFactor: 1 },
    clusters: { live: { bootstrap: cluster.bootstrap } },
    topics: { live: topics },
  });
}

async function medianSeconds(args: readonly string[]): Promise<number> {
  const all: number[] = [];
  for (let i = 0; i < processRuns; i += 1) all.push((await run(args)).seconds);
  return median(all);
}

async function run(args: readonly string[]): Promise<{ readonly seconds: number; readonly stdout: string }> {
  const started = performance.now();
  const { stdout } = await execa(process.execPath, args);
  return { seconds: (performance.now() - started) / 1000, stdout };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

function table(): string {
  const lines = rows.map(([what, figure]) => `| ${what} | ${figure} |`);
  return [
    `Measured by \`npm run bench:planning\` (${cpus().length} cores, broker on the same machine, Node ${process.version}, medians).`,
    '',
    '| what | wall |',
    '|---|---|',
    ...lines,
    '',
  ].join('\n');
}
