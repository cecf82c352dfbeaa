import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { SupervisorMessage, SupervisorRequest } from './supervisor-protocol.ts';

type WithoutId<T> = T extends { id: number } ? Omit<T, 'id'> : never;
type Order = WithoutId<SupervisorRequest>;

interface Waiting {
  readonly resolve: (pid: number | undefined) => void;
  readonly reject: (error: Error) => void;
}

let supervisor: ChildProcess | undefined;
let lastId = 0;
const waiting = new Map<number, Waiting>();
const exits = new EventEmitter();

/**
 * Orders something of this process's supervisor (test/clusters/supervisor.ts), which is started by the first order.
 * Resolves to a process id for `start`. Does not keep this process alive but while an order is at work.
 */
export function order(request: Order): Promise<number | undefined> {
  supervisor ??= startSupervisor();
  const child = supervisor;
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    child.channel?.ref();
    child.send({ ...request, id });
  });
}

/** Calls `listener` once, when the process that was started as `key` has ended. Returns how to stop listening. */
export function onProcessExit(key: string, listener: () => void): () => void {
  exits.once(key, listener);
  return () => exits.off(key, listener);
}

function startSupervisor(): ChildProcess {
  const child = fork(fileURLToPath(new URL('./supervisor.ts', import.meta.url)), {
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.on('message', (message: SupervisorMessage) => receive(child, message));
  child.once('exit', () => {
    supervisor = undefined;
    for (const { reject } of waiting.values()) {
      reject(new Error('the supervisor of the test brokers died'));
    }
    waiting.clear();
  });
  child.unref();
  return child;
}

function receive(child: ChildProcess, message: SupervisorMessage): void {
  if ('exited' in message) {
    exits.emit(message.exited);
    return;
  }
  const asked = waiting.get(message.id);
  waiting.delete(message.id);
  if (waiting.size === 0) {
    child.channel?.unref();
  }
  if (message.error === undefined) {
    asked?.resolve(message.pid);
  } else {
    asked?.reject(new Error(message.error));
  }
}
