import { fail, type Session } from './session.ts';

/** Rings once, so long after it was first set, and wakes the writer. */
export interface Alarm {
  readonly isSet: boolean;
  readonly rang: boolean;
  /** Changes nothing where it is set already. */
  set(durationMs: number): void;
  clear(): void;
}

export function createAlarm(session: Session): Alarm {
  let timer: AbortController | null = null;
  let rang = false;
  return {
    get isSet() {
      return timer !== null;
    },
    get rang() {
      return rang;
    },
    set(durationMs) {
      if (timer !== null) return;
      const mine = new AbortController();
      timer = mine;
      session.flow.options.clock.sleep(durationMs, mine.signal).then(
        () => {
          if (mine.signal.aborted) return;
          rang = true;
          session.work.notify();
        },
        (error: unknown) => {
          if (!mine.signal.aborted) fail(session, error);
        },
      );
    },
    clear() {
      timer?.abort();
      timer = null;
      rang = false;
    },
  };
}
