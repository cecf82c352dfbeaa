/**
 * A process of its own that holds the brokers of one test process: it starts them, and when the test process is gone,
 * however it went (the IPC channel closes, after a SIGKILL too), it kills them and removes their data folders.
 * It runs in its own process group, so that a Ctrl-C meant for the tests leaves it time to clean up.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { SupervisorMessage, SupervisorRequest } from './supervisor-protocol.ts';

/** A broker that doesn't end by SIGTERM within this time is killed. */
const stopTimeoutMs = 30_000;

const processes = new Map<string, ChildProcess>();
const folders = new Set<string>();

function send(message: SupervisorMessage): void {
  if (process.connected) {
    process.send?.(message, undefined, {}, () => undefined);
  }
}

async function start(request: SupervisorRequest & { action: 'start' }): Promise<number> {
  const log = openSync(request.logFile, 'a');
  const child = spawn(request.file, request.args, { stdio: ['ignore', log, log] });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  processes.set(request.key, child);
  child.once('exit', () => {
    processes.delete(request.key);
    send({ exited: request.key });
  });
  if (child.pid === undefined) {
    throw new Error(`${request.file} has no process id`);
  }
  return child.pid;
}

async function stop(key: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const child = processes.get(key);
  if (child === undefined) {
    return;
  }
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  child.kill(signal);
  await gone;
  clearTimeout(timer);
}

async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  folders.delete(folder);
}

async function act(request: SupervisorRequest): Promise<SupervisorMessage> {
  if (request.action === 'own') {
    folders.add(request.folder);
  } else if (request.action === 'remove') {
    await removeFolder(request.folder);
  } else if (request.action === 'start') {
    return { id: request.id, pid: await start(request) };
  } else {
    await stop(request.key, request.signal);
  }
  return { id: request.id };
}

async function answer(request: SupervisorRequest): Promise<void> {
  try {
    send(await act(request));
  } catch (error) {
    send({ id: request.id, error: error instanceof Error ? error.message : String(error) });
  }
}

const atWork = new Set<Promise<void>>();

/** Requests that came before the parent's end are finished first, so that no process starts behind our back. */
async function cleanUp(): Promise<void> {
  await Promise.all([...atWork, ...[...processes.keys()].map((key) => stop(key, 'SIGKILL'))]);
  await Promise.all([...processes.keys()].map((key) => stop(key, 'SIGKILL')));
  await Promise.allSettled([...folders].map(removeFolder));
  process.exit(0);
}

process.on('message', (request: SupervisorRequest) => {
  const work = answer(request).finally(() => atWork.delete(work));
  atWork.add(work);
});
process.on('disconnect', () => void cleanUp());
process.on('SIGTERM', () => void cleanUp());
process.on('SIGINT', () => void cleanUp());
