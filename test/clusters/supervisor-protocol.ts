/** Parent to supervisor. `id` ties an answer to its request; `key` names a process for its whole life. */
export type SupervisorRequest = { readonly id: number } & (
  | { readonly action: 'own'; readonly folder: string }
  | { readonly action: 'remove'; readonly folder: string }
  | {
      readonly action: 'start';
      readonly key: string;
      readonly file: string;
      readonly args: readonly string[];
      readonly logFile: string;
    }
  | { readonly action: 'stop'; readonly key: string; readonly signal: 'SIGTERM' | 'SIGKILL' }
);

/** Supervisor to parent. `exited` comes unasked, whenever a process of its ends. */
export type SupervisorMessage =
  | { readonly id: number; readonly pid?: number; readonly error?: string }
  | { readonly exited: string };
