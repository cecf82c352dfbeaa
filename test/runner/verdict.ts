/** What uvu prints after a file's last test. */
export interface UvuSummary {
  readonly total: number;
  readonly passed: number;
  readonly skipped: number;
}

/** How a test file's process ended. */
export interface FileEnd {
  readonly output: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Killed by the runner: it took too long, or did not exit after its tests. */
  readonly killed: 'timeout' | 'lingering' | undefined;
  readonly timeoutMs: number;
}

export interface Verdict {
  readonly passed: number;
  readonly failed: number;
  /** Why the file failed, where uvu's own output doesn't tell. */
  readonly problem?: string;
}

const summaryPattern = / {2}Total: +(\d+)\s+Passed: +(\d+)\s+Skipped: +(\d+)\s+Duration: /g;

/** The last summary in `output`, or nothing where uvu didn't come to it. */
export function readSummary(output: string): UvuSummary | undefined {
  const match = [...output.matchAll(summaryPattern)].at(-1);
  return match === undefined
    ? undefined
    : { total: Number(match[1]), passed: Number(match[2]), skipped: Number(match[3]) };
}

/**
 * Counts a file's tests. Besides a test that failed, a file fails by: dying, taking too long, not exiting, running no test
 * (a forgotten `test.run()`), skipping one (`skip` or `only`), and a hook that threw, about which uvu says nothing.
 */
export function judge(end: FileEnd): Verdict {
  const summary = readSummary(end.output);
  const passed = summary?.passed ?? 0;
  const failedTests = (summary?.total ?? 0) - passed;
  const problem = problemOf(end, summary, failedTests);
  if (problem === undefined) {
    return { passed, failed: failedTests };
  }
  return { passed, failed: Math.max(1, failedTests), problem };
}

function problemOf(end: FileEnd, summary: UvuSummary | undefined, failedTests: number): string | undefined {
  if (end.killed === 'timeout') {
    return `killed: not done after ${end.timeoutMs / 1000} s`;
  }
  if (end.killed === 'lingering') {
    return 'killed: its tests were done but it did not exit; something was left open (a connection, a timer, a server)';
  }
  if (summary === undefined) {
    const how = end.signal === null ? `exited with ${end.exitCode}` : `died by ${end.signal}`;
    return `${how} before its tests were done; does it call test.run()?`;
  }
  if (summary.total === 0) {
    return 'ran no test; does it call test.run()?';
  }
  if (summary.skipped > 0) {
    return `left out ${summary.skipped} tests by skip or only`;
  }
  if (failedTests > 0 && end.exitCode === 0) {
    return `${failedTests} tests did not run; a hook (before, after) threw, which uvu does not report`;
  }
  if (failedTests === 0 && end.exitCode !== 0) {
    return `its tests passed, yet it ended with ${end.signal ?? end.exitCode}`;
  }
  return undefined;
}
