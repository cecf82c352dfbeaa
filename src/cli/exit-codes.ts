/** The exit codes of every command: a contract with CI jobs. */
export const exitCodes = {
  done: 0,
  error: 1,
  /** `plan --detailed-exitcode`: there are changes; `drift`: there is drift. */
  changes: 2,
  /** The saved plan is stale. */
  stale: 3,
  /** Locked by someone else. */
  locked: 4,
  /** Verification found a difference. */
  different: 5,
  /** A person must decide: a loss, a blocked or rolled-back cutover. */
  decide: 6,
  /** The time limit was reached; safe to run again. */
  timeLimit: 7,
  sigint: 130,
  sigterm: 143,
} as const;
