import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startCluster } from '../clusters/start-cluster.ts';
import type { Arrival } from './arrival.ts';
import { loadTopic } from './load.ts';
import { type MirrorRun, runKplan, runMirrorMaker } from './mirrors.ts';
import { type Scenario, scenarios, warmUp } from './scenarios.ts';

/**
 * `npm run bench [-- --scale 0.1]`: kplan beside MirrorMaker 2 (exactly once) on one machine in one run, Kafka 3.9 to 4.1, each
 * from the same topic to a fresh target cluster. Writes test/bench/output/mirror.md and .json. It asserts nothing.
 */
const { values } = parseArgs({ options: { scale: { type: 'string', default: '1' } } });
const scale = Number(values.scale);
const outputFolder = fileURLToPath(new URL('./output/', import.meta.url));
const mirrors = { kplan: runKplan, 'MirrorMaker 2': runMirrorMaker };
type MirrorName = keyof typeof mirrors;

interface Row extends Arrival {
  readonly scenario: Scenario;
  readonly mirror: MirrorName;
}

const folder = await mkdtemp(join(tmpdir(), 'kplan-bench-'));
const rows: Row[] = [];
const source = await startCluster({ name: 'source', version: '3.9', jvm: 'default', heapMaxMb: 1024 });
try {
  for (const scenario of scenarios(scale)) {
    say(`${scenario.name}: ${scenario.records} records are written`);
    await loadTopic(source.bootstrap, scenario, folder);
    for (const mirror of Object.keys(mirrors) as MirrorName[]) {
      const row = { scenario, mirror, ...(await measure(mirror, { source, scenario, folder })) };
      rows.push(row);
      say(`  ${mirror}: ${line(row).join(', ')}`);
    }
  }
} finally {
  await source.stop();
  await rm(folder, { recursive: true, force: true });
}
await mkdir(outputFolder, { recursive: true });
await writeFile(join(outputFolder, 'mirror.json'), `${JSON.stringify(rows, null, 2)}\n`);
await writeFile(join(outputFolder, 'mirror.md'), table());
process.stdout.write(`\n${table()}`);
process.exit();

async function measure(mirror: MirrorName, run: Omit<MirrorRun, 'target'>): Promise<Arrival> {
  const target = await startCluster({ name: 'target', version: '4.1', jvm: 'default', heapMaxMb: 1024 });
  try {
    await loadTopic(target.bootstrap, warmUp, run.folder);
    return await mirrors[mirror]({ ...run, target });
  } finally {
    await target.stop();
  }
}

/** Records a second from the first one's arrival to the last one's commit: starting up is in the time from start to end. */
function recordsPerSecond({ scenario, startSeconds, wallSeconds }: Row): number {
  return Math.round(scenario.records / Math.max(wallSeconds - startSeconds, 0.05));
}

function line(row: Row): string[] {
  const { figures } = row;
  return [
    `${recordsPerSecond(row).toLocaleString('en')} records/s`,
    `${row.wallSeconds.toFixed(1)} s in all`,
    `${figures.cpuSeconds.toFixed(1)} CPU s`,
    `${figures.peakMemoryMb} MB`,
  ];
}

function table(): string {
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, brokers and mirror on the same machine, Node ${process.version}`;
  const lines = [
    `Measured by \`npm run bench${scale === 1 ? '' : ` -- --scale ${scale}`}\` (${machine}).`,
    '',
    '| source topic | mirror | records | records/s | start to end, s | CPU, s | peak memory, MB |',
    '|---|---|--:|--:|--:|--:|--:|',
    ...rows.map((row) =>
      [
        '',
        row.scenario.name,
        row.mirror,
        row.scenario.records.toLocaleString('en'),
        recordsPerSecond(row).toLocaleString('en'),
        row.wallSeconds.toFixed(1),
        row.figures.cpuSeconds.toFixed(1),
        row.figures.peakMemoryMb,
        '',
      ]
        .join(' | ')
        .trim(),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
