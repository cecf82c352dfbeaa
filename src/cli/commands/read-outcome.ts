import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Interrupt, Io } from '../io.ts';

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
    if (io.signal.aborted) return { result: 'interrupted', exitCode: interruptedCode(io.signal) };
    if (error instanceof ClusterFault) return { result: 'refused', diagnostics: error.diagnostics };
    throw error;
  }
}

/** 130 for SIGINT, 143 for SIGTERM. */
function interruptedCode({ reason }: { readonly reason: Interrupt }): number {
  return reason.signal === 'SIGTERM' ? exitCodes.sigterm : exitCodes.sigint;
}
