import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pMap from 'p-map';
import { systemClock } from '../../runner/engines/native/clock.ts';
import type { LogReader, TopicPartition } from '../../runner/engines/native/ports.ts';
import { bytesBeforeLengthCounts, fieldAt, headerBytes, lastOffsetOf } from '../../runner/records/header.ts';
import { fetchBytes } from '../../runner/verify/limits.ts';
import { type MirroredTopics, mirroredTopics } from '../fixtures/mirrored-topics.ts';
import { createTopic } from '../fixtures/records.ts';
import { load } from './load.ts';
import { mirrorScenarios, type Scenario } from './scenarios.ts';
import { storedBytes } from './stored-bytes.ts';
import { type BenchWorld, inWorld } from './world.ts';

/**
 * `npm run bench:verify [-- NAME ... --scale 0.1]`: what share of the speed of bare fetches verification reaches. Both
 * sides of a mirrored topic are fetched and dropped, then verified, in one process and by the same connections, in turn;
 * the median of each counts. Writes test/bench/output/verify.md, with the load of the machine meanwhile. Asserts nothing.
 */
const { values, positionals } = parseArgs({
  options: {
    scale: { type: 'string', default: '0.4' },
    rounds: { type: 'string', default: '5' },
    output: { type: 'string', default: fileURLToPath(new URL('./output/', import.meta.url)) },
  },
  allowPositionals: true,
});
const scenarios: Readonly<Record<string, Scenario>> = mirrorScenarios(Number(values.scale));
const names = positionals.length === 0 ? ['compressed', 'uncompressed', 'one-record'] : positionals;
const rounds = Number(values.rounds);

interface Timing {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

interface VerifyRow {
  readonly scenario: string;
  readonly records: number;
  readonly bytes: number;
  readonly bare: Timing;
  readonly verify: Timing;
}

const rows: VerifyRow[] = [];
await inWorld({ scale: Number(values.scale), kplan: '' }, async (world) => {
  for (const name of names) {
    const scenario = scenarios[name];
    if (scenario === undefined) throw new Error(`no scenario ${name}: ${Object.keys(scenarios).join(', ')}`);
    rows.push(await measure(world, scenario));
  }
});
const text = report(rows);
await mkdir(values.output, { recursive: true });
await writeFile(`${values.output}/verify.md`, text);
process.stdout.write(`\n${text}`);
process.exit();

async function measure({ source, target, folder, say }: BenchWorld, scenario: Scenario): Promise<VerifyRow> {
  const { topic, partitions, records } = scenario;
  say(`${scenario.name}: ${records} records are written and mirrored`);
  for (const { bootstrap } of [source, target]) await createTopic(bootstrap, topic, { partitions });
  await load(source.bootstrap, scenario, folder);
  const bootstrap = { source: source.bootstrap, target: target.bootstrap };
  const mirrored = await mirroredTopics(bootstrap, [{ source: topic, target: topic, partitions }], {
    tuning: { commitIntervalMs: 1_000, fetchMaxBytes: 16_777_216, memoryMaxMb: 256 },
  });
  try {
    await mirrored.mirror();
    const bytes = (await storedBytes(source.bootstrap, topic)) + (await storedBytes(target.bootstrap, topic));
    const bare: Timing[] = [];
    const verify: Timing[] = [];
    // The first round is not measured: brokers and this process compile what they do often.
    for (let round = 0; round <= rounds; round += 1) {
      const timings = {
        bare: await timed(() => fetchBoth(mirrored)),
        verify: await timed(() => verifyAll(mirrored, records)),
      };
      if (round === 0) continue;
      bare.push(timings.bare);
      verify.push(timings.verify);
    }
    const row = { scenario: scenario.name, records, bytes, bare: median(bare), verify: median(verify) };
    say(`  bare ${row.bare.seconds.toFixed(2)} s, verify ${row.verify.seconds.toFixed(2)} s`);
    return row;
  } finally {
    await mirrored.close();
  }
}

async function verifyAll(mirrored: MirroredTopics, records: number): Promise<void> {
  const { partitions } = await mirrored.verify();
  const compared = partitions.reduce((sum, one) => sum + one.records, 0n);
  if (compared !== BigInt(records) || partitions.some((one) => !one.equal)) throw new Error('not equal');
}

/** As many fetches at once as verification has, each answer dropped as soon as its last offset is known. */
async function fetchBoth(mirrored: MirroredTopics): Promise<void> {
  const positions = await mirrored.positions();
  const logs = positions.flatMap(({ record }) => [
    { log: mirrored.source.log, partition: record.source, to: record.nextSource },
    { log: mirrored.target.log, partition: record.target, to: record.nextTarget },
  ]);
  await pMap(logs, ({ log, partition, to }) => fetchAll(log, partition, to), { concurrency: 16 });
}

async function fetchAll(log: LogReader, { topic, partition }: TopicPartition, to: bigint): Promise<void> {
  const leader = (await log.describeTopics([topic])).get(topic)?.leaders[partition] ?? -1;
  for (let offset = 0n; offset < to; ) {
    const [fetched] = await log.fetch(leader, {
      positions: [{ topic, partition, offset, maxBytes: fetchBytes }],
      maxBytes: fetchBytes,
      minBytes: 1,
      maxWaitMs: 0,
      isolation: 'read_committed',
    });
    if (fetched !== undefined) offset = nextOf(fetched.records) ?? offset;
    fetched?.release();
  }
}

/** The offset behind the last whole batch, by the lengths of the batches alone. */
function nextOf(records: Buffer): bigint | undefined {
  let last: number | undefined;
  for (let at = 0; records.length - at >= headerBytes; ) {
    const end = at + records.readInt32BE(at + fieldAt.batchLength) + bytesBeforeLengthCounts;
    if (end > records.length) break;
    last = at;
    at = end;
  }
  return last === undefined ? undefined : lastOffsetOf(records.subarray(last)) + 1n;
}

async function timed(work: () => Promise<void>): Promise<Timing> {
  const startedMs = systemClock.nowMs();
  const cpu = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (systemClock.nowMs() - startedMs) / 1000, cpuSeconds: (user + system) / 1e6 };
}

function median(timings: readonly Timing[]): Timing {
  const middle = timings.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(timings.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}

function report(all: readonly VerifyRow[]): string {
  const command = ['npm run bench:verify', ...process.argv.slice(2)].join(' ');
  const load = loadavg()
    .map((one) => one.toFixed(1))
    .join(', ');
  const lines = all.map(({ scenario, records, bytes, bare, verify }) => {
    const cells = [
      scenario,
      records.toLocaleString('en'),
      Math.round(bytes / 1e6).toLocaleString('en'),
      `${bare.seconds.toFixed(2)} (${bare.cpuSeconds.toFixed(2)})`,
      `${verify.seconds.toFixed(2)} (${verify.cpuSeconds.toFixed(2)})`,
      Math.round(records / verify.seconds).toLocaleString('en'),
      `${Math.round((100 * bare.seconds) / verify.seconds)} %`,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `Measured by \`${command}\` (${cpus().length} cores, brokers on the same machine, Node ${process.version}; load ${load}).`,
    '',
    '| topic | records | MB, both sides | bare fetches, s (CPU) | verify, s (CPU) | records/s | share of the bare speed |',
    '|---|--:|--:|--:|--:|--:|--:|',
    ...lines,
    '',
  ].join('\n');
}
