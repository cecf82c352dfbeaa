import { ClusterFault, FencedError } from '../kafka/cluster-fault.ts';
import { LeaseLost } from '../state/problems.ts';

/** A cluster's fault, after which other groups may still be brought along. Throws any other error, and a lost lease. */
export function faultOf(error: unknown): ClusterFault {
  if (error instanceof ClusterFault && !(error instanceof LeaseLost)) return error;
  throw error;
}

/** A fault that is about what was asked for: it was not done, and would not be if it was asked for again. Throws any other. */
export function refusalOf(error: unknown): ClusterFault {
  const fault = faultOf(error);
  if (fault instanceof FencedError || fault.retriable) throw fault;
  return fault;
}
