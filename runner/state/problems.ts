import { diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type { LeaseName } from '../../src/state/keys.ts';
import type { StateProblem } from '../../src/state/state-codec.ts';
import { ClusterFault } from '../kafka/cluster-fault.ts';
import type { HeldLease } from './judge.ts';

/** Why a lease's signal was aborted: from here on another process may hold it. */
export class LeaseLost extends ClusterFault {
  override readonly name = 'LeaseLost';

  constructor(cluster: string, lease: LeaseName, cause: unknown) {
    const found = diagnostic('KP4003', {
      summary: `The lease ${lease} on cluster ${cluster} was lost; nothing was done after that.`,
      detail: cause instanceof Error ? cause.message : undefined,
    });
    super({ cluster, request: 'renew lease', errorName: 'LEASE_LOST', retry: 'never' }, [found]);
  }
}

/** Throws where the state holds what this kplan cannot read: acting on a part of it could undo a newer one's work. */
export function refuseProblems(cluster: string, topic: string, problems: readonly StateProblem[]): void {
  const newer = problems.find((one) => one.problem === 'newer');
  const problem = newer ?? problems[0];
  if (problem === undefined) return;
  const where = `The record ${problem.key} in topic ${topic} of cluster ${cluster}`;
  const found =
    problem.problem === 'newer'
      ? diagnostic('KP4004', { summary: `${where} has version ${problem.version}: this is an older kplan.` })
      : diagnostic('KP4005', { summary: `${where} is none that kplan writes.` });
  throw new ClusterFault({ cluster, request: 'read state', errorName: 'STATE_UNREADABLE', retry: 'never' }, [found]);
}

/** What the loser of a lease is told: who holds it, since when, doing what, and how long it can last at most. */
export function lockedDiagnostic(migration: string, name: LeaseName, by: HeldLease) {
  const { holder, since } = by.lease;
  const seconds = Math.ceil(by.remainingMs / 1000);
  return diagnostic('KP4002', {
    summary: `${migration} is locked by ${holder.who} since ${since}.`,
    detail: `It runs: ${holder.command}. If it is dead, its lease (${name}) is over in ${seconds} s at the latest.`,
  });
}
