import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { execa } from 'execa';
import { startCluster } from '../clusters/start-cluster.ts';
import { endOffsets } from '../fixtures/records.ts';
import { commitGroups, fillSource, writeOrders } from './data.ts';

/**
 * `npm run demo`: a Kafka cluster (3.9) migrated to another one (4.1) by the real commands, each shown before it runs; then
 * more records, a kill half-way, and the resume. Exit code 0 only where every command did what the demo says.
 */
const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const killDeadlineMs = 30_000;
const killPollMs = 5;
const leaseSeconds = 5;

const started = Date.now();
const folder = await mkdtemp(join(tmpdir(), 'kplan-demo-'));
const planFile = join(folder, 'move.yaml');
try {
  await demo();
} catch (error) {
  say(`The demo failed: ${error instanceof Error ? error.message : String(error)}`, 'red');
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit();

async function demo(): Promise<void> {
  say('Two clusters start: Kafka 3.9 (source) and 4.1 (target).');
  const [source, target] = await Promise.all([
    startCluster({ name: 'source', version: '3.9', properties: { 'log.cleaner.backoff.ms': 500 } }),
    startCluster({ name: 'target', version: '4.1' }),
  ]);
  try {
    say(
      'The source gets 310,000 records: orders (zstd), payments (transactions, some aborted), customers (compacted), clicks.',
    );
    await fillSource(source.bootstrap);
    await commitGroups(source.bootstrap);
    await writeFile(planFile, planText(source.bootstrap, target.bootstrap));
    say('The plan file:');
    process.stdout.write(`${planText(source.bootstrap, target.bootstrap).replaceAll(/^/gm, '    ')}\n`);
    await migrate();
    await killAndResume(source.bootstrap, target.bootstrap);
    say(
      `Done in ${Math.round((Date.now() - started) / 1000)} s. Nothing of it is left on this machine but Kafka's jars.`,
      'green',
    );
  } finally {
    await Promise.all([source.stop(), target.stop()]);
  }
}

async function migrate(): Promise<void> {
  await kplan('Check the plan file without a cluster.', ['validate', planFile]);
  await kplan('What would change? Nothing is touched.', ['plan', planFile, '--out', join(folder, 'move.kplan.json')]);
  await kplan('Exactly that plan is applied, and the records are moved.', ['apply', join(folder, 'move.kplan.json')]);
  await kplan('Where does a group that lags continue?', ['offsets', planFile, '--group', 'billing']);
  await kplan('Is what arrived what was sent?', ['verify', planFile]);
  await kplan('And nothing is left to do.', ['plan', planFile, '--detailed-exitcode']);
}

async function killAndResume(source: readonly string[], target: readonly string[]): Promise<void> {
  say('1,000,000 more orders are written, and the next apply is killed (SIGKILL) while they flow.');
  await writeOrders(source, 1_000_000);
  const before = await recordsAtTarget(target);
  const running = start(['apply', planFile, '--auto-approve', '--lease-seconds', String(leaseSeconds)]);
  const deadline = Date.now() + killDeadlineMs;
  while ((await recordsAtTarget(target)) === before) {
    if (Date.now() > deadline) throw new Error('no record arrived, so there was nothing to kill');
    await wait(killPollMs);
  }
  running.kill('SIGKILL');
  const { signal } = await running;
  if (signal !== 'SIGKILL') throw new Error('the apply ended before it could be killed');
  say(`Killed: ${(await recordsAtTarget(target)) - before} records were written, not all of them committed.`, 'yellow');
  await kplan('Run again, it waits for the dead one’s lease and goes on from what is committed.', [
    'apply',
    planFile,
    '--auto-approve',
    '--lock-timeout',
    String(leaseSeconds * 2),
  ]);
  await kplan('Still what was sent, no record twice and none missing.', ['verify', planFile]);
  await kplan('How the flow stands.', ['status', planFile]);
}

async function recordsAtTarget(bootstrap: readonly string[]): Promise<bigint> {
  const ends = await endOffsets({ bootstrap, topic: 'orders', isolation: 'read_uncommitted' });
  return [...ends.values()].reduce((sum, end) => sum + end, 0n);
}

/** Shows a command, runs it on this terminal, and throws where it does not exit with 0. */
async function kplan(why: string, args: readonly string[]): Promise<void> {
  say(why);
  const { exitCode } = await start(args);
  if (exitCode !== 0) throw new Error(`kplan ${args[0]} exited with ${exitCode}`);
}

function start(args: readonly string[]) {
  const shown = args.map((argument) => argument.replace(`${folder}/`, ''));
  process.stdout.write(`${styleText('bold', `$ kplan ${shown.join(' ')}`)}\n`);
  return execa(process.execPath, [main, ...shown], { cwd: folder, stdio: 'inherit', reject: false });
}

function say(line: string, color: 'cyan' | 'green' | 'yellow' | 'red' = 'cyan'): void {
  process.stdout.write(`\n${styleText(color, line)}\n`);
}

function planText(source: readonly string[], target: readonly string[]): string {
  return `version: 1
name: demo
clusters:
  old: { bootstrap: ${JSON.stringify(source)} }
  new: { bootstrap: ${JSON.stringify(target)} }
flows:
  - name: old-to-new
    source: old
    target: new
    topics: { include: [orders, payments, customers, "click*"] }
    mappings:
      - source: clicks
        target: web.clicks
        partitions: 4
        config: { set: { retention.ms: 604800000 } }
    groups: { include: ["*"] }
`;
}
