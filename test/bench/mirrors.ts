import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import { kafkaToolCommand } from '../clusters/kafka-tool.ts';
import { createTopic } from '../fixtures/records.ts';
import { mirrorMakerProperties } from './mirrormaker2.ts';

const mirrorMakerHeapMb = 1024;
const stopTimeoutMs = 20_000;
/** Of what a mirror printed, for the message where it fails. */
const saidCharactersMax = 4_000;

export interface MirrorRun {
  readonly source: readonly string[];
  readonly target: readonly string[];
  readonly topic: string;
  readonly partitions: number;
  readonly codec: string;
  /** kplan's program. */
  readonly kplan: string;
  /** For the Node that runs it. */
  readonly nodeFlags?: readonly string[];
  /** For files; unlike any other run's `name`. */
  readonly folder: string;
  readonly name: string;
  /** kplan ends where it has caught up, or goes on. MirrorMaker 2 always goes on. */
  readonly until: 'caught-up' | 'stopped';
  /** kplan's, and MirrorMaker 2 then commits each poll; default: a transaction a second. */
  readonly commitIntervalMs?: number;
}

/** A mirror at work, one process. */
export interface Mirror {
  readonly pid: number;
  readonly targetTopic: string;
  ended(): boolean;
  /** The end of what it printed. */
  said(): string;
  /** Asks it to stop, if it goes on; throws where it ended otherwise than it should. */
  stop(): Promise<void>;
}

/** By `kplan apply`, as a user runs it, to a topic of another name: both mirrors write to the same cluster. */
async function startKplan(run: MirrorRun): Promise<Mirror> {
  const { source, target, topic, folder, name, until, kplan, commitIntervalMs, nodeFlags = [] } = run;
  const targetTopic = `${topic}.${name}`;
  const plan = {
    version: 1,
    name,
    clusters: { source: { bootstrap: source }, target: { bootstrap: target } },
    flows: [
      {
        name: 'bench',
        source: 'source',
        target: 'target',
        topics: { include: [topic] },
        mappings: [{ source: topic, target: targetTopic }],
        ...(commitIntervalMs === undefined ? {} : { tuning: { commitIntervalMs } }),
      },
    ],
  };
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, JSON.stringify(plan));
  const follow = until === 'stopped' ? ['--follow'] : [];
  const args = [...nodeFlags, kplan, 'apply', file, '--auto-approve', '--format', 'json', ...follow];
  const running = execa(process.execPath, args, { reject: false, all: true, buffer: false });
  const said = tailOf(running.all);
  return {
    pid: running.pid ?? 0,
    targetTopic,
    ended: endOf(running),
    said,
    async stop() {
      if (until === 'stopped') running.kill('SIGTERM');
      const { exitCode } = await running;
      if (exitCode !== 0) throw new Error(`kplan apply exited with ${exitCode}:\n${said()}`);
    },
  };
}

/** By MirrorMaker 2 in dedicated mode; the target topic is made before, as an operator would. */
async function startMirrorMaker({ target, folder, name, ...run }: MirrorRun): Promise<Mirror> {
  await createTopic(target, run.topic, { partitions: run.partitions });
  const file = join(folder, `${name}.properties`);
  await writeFile(
    file,
    mirrorMakerProperties({ ...run, target, name, commitsOften: run.commitIntervalMs !== undefined }),
  );
  const flags = [`-Xmx${mirrorMakerHeapMb}m`];
  const command = await kafkaToolCommand('4.1', 'org.apache.kafka.connect.mirror.MirrorMaker', [file], flags);
  const running = execa(command.file, command.args, {
    reject: false,
    all: true,
    buffer: false,
    forceKillAfterDelay: stopTimeoutMs,
  });
  const said = tailOf(running.all);
  return {
    pid: running.pid ?? 0,
    targetTopic: run.topic,
    ended: endOf(running),
    said,
    async stop() {
      running.kill();
      await running;
    },
  };
}

/** Reads all of it, so that its writer never waits, and keeps the end. */
function tailOf(output: Readable): () => string {
  let tail = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-saidCharactersMax);
  });
  return () => tail;
}

function endOf(running: PromiseLike<unknown>): () => boolean {
  let ended = false;
  void running.then(() => {
    ended = true;
  });
  return () => ended;
}

/** In the order in which they are measured. */
export const mirrors = { kplan: startKplan, 'MirrorMaker 2': startMirrorMaker } as const satisfies Record<
  string,
  (run: MirrorRun) => Promise<Mirror>
>;
export type MirrorName = keyof typeof mirrors;
export const mirrorNames = Object.keys(mirrors) as MirrorName[];
