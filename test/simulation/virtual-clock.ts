import type { Clock } from '../../runner/engines/native/ports.ts';

/** Time that passes only when nothing else is left to do. */
export interface VirtualClock extends Clock {
  /** Calls `action` at that time; actions of one time in the order of their calls. */
  at(timeMs: number, action: () => void): void;
  /** Lets time pass until the promise is settled. Fails where nothing is scheduled any more, or time goes too far. */
  run<T>(promise: Promise<T>): Promise<T>;
}

interface Scheduled {
  readonly timeMs: number;
  readonly order: number;
  readonly action: () => void;
}

/** A flow that takes longer than this of virtual time hangs. */
const runMsMax = 3_600_000;

/** Then the event loop has its turn, so that signals and rejections are seen. */
const actionsWithoutPauseMax = 1_000;

export function createVirtualClock(startMs: number): VirtualClock {
  let nowMs = startMs;
  let order = 0;
  let actions = 0;
  const scheduled: Scheduled[] = [];
  const clock: VirtualClock = {
    nowMs: () => nowMs,
    at(timeMs, action) {
      push(scheduled, { timeMs: Math.max(Math.ceil(timeMs), nowMs), order: order++, action });
    },
    sleep(durationMs, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        signal?.addEventListener('abort', () => resolve(), { once: true });
        clock.at(nowMs + durationMs, resolve);
      });
    },
    run(promise) {
      let settled = false;
      const done = promise.finally(() => {
        settled = true;
      });
      done.catch(() => {});
      const deadlineMs = nowMs + runMsMax;
      return new Promise((resolve, reject) => {
        const step = () => {
          if (settled) resolve(done);
          else {
            try {
              next(deadlineMs);
              goOn(step);
            } catch (error) {
              reject(error);
            }
          }
        };
        afterMicrotasks(step);
      });
    },
  };
  return clock;

  function next(deadlineMs: number): void {
    const one = pop(scheduled);
    if (one === undefined) throw new Error('the simulation hangs: nothing is scheduled');
    if (one.timeMs > deadlineMs) throw new Error('the simulation takes too long');
    nowMs = one.timeMs;
    one.action();
  }

  function goOn(step: () => void): void {
    actions += 1;
    if (actions % actionsWithoutPauseMax === 0) setImmediate(step);
    else afterMicrotasks(step);
  }
}

/**
 * Node runs all microtasks there are, also those that they queue, before the next tick: `action` then finds everybody
 * waiting for time to pass. Cheaper than a turn of the event loop.
 */
function afterMicrotasks(action: () => void): void {
  queueMicrotask(() => process.nextTick(action));
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order);
}

/** `heap` is a binary heap, the next one first. */
function push(heap: Scheduled[], one: Scheduled): void {
  let at = heap.length;
  while (at > 0) {
    const parent = (at - 1) >>> 1;
    const above = heap[parent] as Scheduled;
    if (!isBefore(one, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = one;
}

function pop(heap: Scheduled[]): Scheduled | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = at * 2 + 1;
    const right = heap[child + 1];
    if (right !== undefined && isBefore(right, heap[child] as Scheduled)) child += 1;
    const below = heap[child];
    if (below === undefined || !isBefore(below, last)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
  return first;
}
