import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import type { Interrupt, Io } from '../io.ts';
import { signalExitCodes } from '../terminal.ts';

/** What a command that only reads came to; `interrupted` where the first interrupt ended it. */
export type ReadOutcome<Result> =
  | { readonly result: 'read'; readonly value: Result }
  | { readonly result: 'refused'; readonly diagnostics: readonly Diagnostic[]; readonly planFileText?: string }
  | { readonly result: 'interrupted'; readonly exitCode: number };

/** Turns a cluster's fault into its diagnostics and an interrupt into its exit code; throws everything else. */
export async function readOutcome<Result>(
  io: Io,
  read: () => Promise<ReadOutcome<Result>>,
): Promise<ReadOutcome<Result>> {
  try {
    return await read();
  } catch (error) {
    if (io.signal.aborted) {
      const { signal }: Interrupt = io.signal.reason;
      return { result: 'interrupted', exitCode: signalExitCodes[signal] };
    }
    if (error instanceof ClusterFault) return { result: 'refused', diagnostics: error.diagnostics };
    throw error;
  }
}
