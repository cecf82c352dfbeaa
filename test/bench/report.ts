import { cpus, totalmem } from 'node:os';
import { partNames } from './cpu-profile.ts';
import { commitIntervalMs, type LatencyRow } from './latency.ts';
import { type MirroringRow, recordsPerSecond } from './mirroring.ts';
import type { ProfileRow } from './profile.ts';
import type { QuietRow } from './quiet.ts';
import type { ReplicationRow } from './replication.ts';

export interface BenchResults {
  readonly mirroring: readonly MirroringRow[];
  readonly latency: readonly LatencyRow[];
  readonly replication: readonly ReplicationRow[];
  readonly quiet: readonly QuietRow[];
  readonly profiles: readonly ProfileRow[];
}

/** The results as Markdown, with what kplan's are to the others'. */
export function report(results: BenchResults, command: string): string {
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, brokers and mirror on the same machine, Node ${process.version}`;
  return [
    `Measured by \`${command}\` (${machine}).`,
    ...(results.mirroring.length === 0 ? [] : mirroringTable(results.mirroring)),
    ...(results.latency.length === 0 ? [] : latencyTable(results.latency)),
    ...(results.replication.length === 0 ? [] : replicationTable(results.replication)),
    ...(results.quiet.length === 0 ? [] : quietTable(results.quiet)),
    ...(results.profiles.length === 0 ? [] : profileTable(results.profiles)),
    '',
  ].join('\n');
}

function table(header: readonly string[], rows: readonly (readonly string[])[], textColumns: number): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, index) => (index < textColumns ? '---' : '--:'));
  return ['', line(header), `|${rule.join('|')}|`, ...rows.map(line)];
}

function mirroringTable(rows: readonly MirroringRow[]): string[] {
  const header = [
    'source topic',
    'mirror',
    'records',
    'records/s',
    'MB/s stored',
    'start to end, s',
    'CPU, s',
    'peak memory, MB',
  ];
  const cells = rows.map((row) => [
    row.scenario,
    row.mirror,
    count(row.records),
    count(recordsPerSecond(row)),
    count(row.storedBytes / 1e6 / (row.wallSeconds - row.startSeconds)),
    row.wallSeconds.toFixed(1),
    row.figures.cpuSeconds.toFixed(1),
    count(row.figures.peakMemoryMb),
  ]);
  return [...table(header, cells, 2), '', ...[...Map.groupBy(rows, (row) => row.scenario)].map(comparison)];
}

function comparison([scenario, rows]: readonly [string, readonly MirroringRow[]]): string {
  const ours = rows.find((row) => row.mirror === 'kplan');
  const theirs = rows.find((row) => row.mirror === 'MirrorMaker 2');
  if (ours === undefined || theirs === undefined) return `- ${scenario}: not compared`;
  const speed = recordsPerSecond(ours) / recordsPerSecond(theirs);
  const cpu = theirs.figures.cpuSeconds / ours.figures.cpuSeconds;
  const memory = theirs.figures.peakMemoryMb / ours.figures.peakMemoryMb;
  return `- ${scenario}: ${speed.toFixed(1)} times the records/s, 1/${cpu.toFixed(0)} of the CPU, 1/${memory.toFixed(1)} of the memory`;
}

function latencyTable(rows: readonly LatencyRow[]): string[] {
  const header = ['mirror', 'load, records/s', 'records read', 'p50, ms', 'p99, ms', 'cores busy'];
  const cells = rows.map((row) => [
    row.mirror === 'none' ? 'none, read at the source' : row.mirror,
    count(row.recordsPerSecond),
    count(row.records),
    count(row.p50),
    count(row.p99),
    row.cores?.toFixed(2) ?? '-',
  ]);
  return [
    '',
    `From the producer to a reader of committed records at the target, after a warm-up; kplan with \`commitIntervalMs: ${commitIntervalMs}\`:`,
    ...table(header, cells, 1),
  ];
}

function replicationTable(rows: readonly ReplicationRow[]): string[] {
  const rate = ({ storedBytes, seconds }: ReplicationRow) => storedBytes / 1e6 / seconds;
  const cells = rows.map((row) => [row.by, count(row.storedBytes / 1e6), row.seconds.toFixed(1), count(rate(row))]);
  const [theirs, ours] = [rows.find((row) => row.by === 'Kafka'), rows.find((row) => row.by === 'kplan')];
  const share = ours === undefined || theirs === undefined ? Number.NaN : rate(ours) / rate(theirs);
  return [
    '',
    'The same uncompressed topic from one broker of a cluster to the other, as replicas and as a mirror:',
    ...table(['by', 'MB', 's', 'MB/s'], cells, 1),
    '',
    `- kplan reaches ${share.toFixed(2)} of the stored bytes a second of Kafka's own replication`,
  ];
}

function quietTable(rows: readonly QuietRow[]): string[] {
  const header = ['state', 'partitions', 'records/s', 'cores busy', 'of the source', 'kB/s sent', 'kB/s received'];
  const cells = rows.map((row) => [
    row.state,
    count(row.partitions),
    count(row.recordsPerSecond),
    row.cores.toFixed(3),
    row.sourceCores?.toFixed(3) ?? '-',
    (row.sentBytesPerSecond / 1000).toFixed(1),
    (row.receivedBytesPerSecond / 1000).toFixed(1),
  ]);
  return ['', 'kplan follows many partitions of which few have records:', ...table(header, cells, 1)];
}

/**
 * What the main thread does not account for is done by V8's helpers: they collect garbage and compile. On a busy machine its
 * samples count more than the CPU time, for they go on while it waits for a core: shares are of the larger of both.
 */
function profileTable(rows: readonly ProfileRow[]): string[] {
  const busy = partNames.filter((name) => name !== 'idle');
  const mainMs = ({ times }: ProfileRow) => busy.reduce((sum, name) => sum + times[name], 0);
  const allMs = (row: ProfileRow) => Math.max(row.figures.cpuSeconds * 1000, mainMs(row));
  const share = (ms: number, row: ProfileRow) => `${((ms * 100) / allMs(row)).toFixed(0)} %`;
  const line = (name: string, cell: (row: ProfileRow) => string) => [name, ...rows.map(cell)];
  const lines = [
    ...busy.map((name) => line(name, (row) => share(row.times[name], row))),
    line("V8's other threads", (row) => share(allMs(row) - mainMs(row), row)),
    line(
      'of all: in the kernel',
      ({ figures }) => `${((figures.systemSeconds * 100) / figures.cpuSeconds).toFixed(0)} %`,
    ),
    line('CPU, s', ({ figures }) => figures.cpuSeconds.toFixed(1)),
    line('CPU, microseconds a record', ({ figures, records }) => ((figures.cpuSeconds * 1e6) / records).toFixed(2)),
  ];
  const header = ['part', ...rows.map((row) => row.scenario)];
  return [
    '',
    'Where the CPU time of one `kplan apply` goes, by what its main thread was at work on:',
    ...table(header, lines, 1),
  ];
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
