/**
 * Lets one loop sleep until something has changed. A `notify` while it does not wait is kept for its next `wait`, so the
 * loop may await other things between its look at the state and the wait; it may wake for nothing.
 */
export interface Wakeup {
  notify(): void;
  wait(): Promise<void>;
}

export function createWakeup(): Wakeup {
  let notified = false;
  let wake: (() => void) | null = null;
  return {
    notify() {
      notified = true;
      wake?.();
    },
    async wait() {
      if (!notified) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = null;
      }
      notified = false;
    },
  };
}
