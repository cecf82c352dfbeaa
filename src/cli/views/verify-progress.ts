import type { VerifyProgress } from '../../../runner/verify/verify-request.ts';
import type { Io } from '../io.ts';

const intervalMs = 1_000;

/** Progress on stderr: one line that is written over on a terminal, a line now and then elsewhere; none where quiet. */
export function verifyProgress(
  io: Pick<Io, 'stderr' | 'interactive' | 'quiet'>,
  nowMs: () => number,
): { readonly show: (progress: VerifyProgress) => void; readonly end: () => void } {
  let shownAtMs = nowMs();
  let shown = false;
  return {
    show({ flow, records, partitionsDone, partitions }) {
      if (io.quiet || nowMs() - shownAtMs < intervalMs) return;
      shownAtMs = nowMs();
      shown = true;
      const text = `${flow}: ${records.toLocaleString('en-US')} records, ${partitionsDone} of ${partitions} partitions`;
      io.stderr(io.interactive ? `\r\u001b[2K${text}` : `${text}\n`);
    },
    end() {
      if (shown && io.interactive) io.stderr('\r\u001b[2K');
    },
  };
}
