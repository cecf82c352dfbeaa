import type { PlannedRequests, Refusal } from '../cluster/requests.ts';
import type { Access, HeldRights } from '../cluster/rights.ts';
import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Migration } from '../migration/migration.ts';
import { isRightRefused, missingAccesses, refusedAccess } from '../resources/acl/missing-rights.ts';
import { missingRightsDiagnostics } from '../resources/acl/missing-rights-words.ts';
import { neededAccesses } from '../resources/acl/needed-accesses.ts';
import { hiddenGroupsNote, mayHideGroups } from '../resources/group/hidden-groups.ts';
import type { Change } from './execution-plan.ts';
import { plannedRequests } from './planned-requests.ts';
import { refusalDiagnostics } from './refusal-diagnostics.ts';

/** What a cluster is asked about a plan. */
export interface Question {
  /** Absent where the plan sends none. */
  readonly requests?: PlannedRequests | undefined;
  readonly accesses: readonly Access[];
}

export interface Answer {
  readonly refusals: readonly Refusal[];
  readonly held: HeldRights;
  /** Who kplan is to the brokers; absent where that is not known, or of no interest. */
  readonly principal?: string | undefined;
}

/** By cluster. */
export type Questions = ReadonlyMap<string, Question>;

/** What was asked, and what came back, by cluster. */
export interface Asked {
  readonly questions: Questions;
  readonly answers: ReadonlyMap<string, Answer>;
}

export interface PlannedChanges {
  readonly migration: Migration;
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  readonly changes: readonly Change[];
  /** Addresses of changes that can not be applied anyway: brokers are not asked to say the same. */
  readonly faulty: ReadonlySet<string>;
}

export function questionsOf({ migration, snapshots, changes, faulty }: PlannedChanges): Questions {
  const requests = plannedRequests(changes.filter((change) => !faulty.has(change.address)));
  return new Map(
    [...snapshots].map(([name, snapshot]) => {
      const ofCluster = requests.get(name);
      const accesses = neededAccesses({ migration, changes, requests: ofCluster }, snapshot);
      return [name, { requests: ofCluster, accesses }];
    }),
  );
}

/** What kplan may not do: by what the brokers tell of its rights, and by what they refuse for want of one. */
export function missingOf({ accesses }: Question, { refusals, held }: Omit<Answer, 'principal'>): readonly Access[] {
  const refused = refusals.filter(isRightRefused).flatMap((one) => refusedAccess(one) ?? []);
  return [...missingAccesses(accesses, held), ...refused];
}

/** What is said of the answers: of the plan's changes by their address, of rights by their cluster. */
export function answerDiagnostics(
  { migration }: { readonly migration: Migration },
  { questions, answers }: Asked,
  at: { readonly change: (one: Diagnostic) => Diagnostic; readonly cluster: (name: string) => Partial<Diagnostic> },
): readonly Diagnostic[] {
  return [...questions].flatMap(([cluster, question]) => {
    const [answer, definition] = [answers.get(cluster), migration.clusters[cluster]];
    if (answer === undefined || definition === undefined) return [];
    const { refusals, principal, held } = answer;
    const who = { cluster, definition, principal };
    const hidden = mayHideGroups(migration.flows, cluster, held) ? [hiddenGroupsNote(who)] : [];
    const refused = refusals.filter((one) => !isRightRefused(one));
    const missing = missingRightsDiagnostics({ ...who, missing: missingOf(question, answer) });
    return [
      ...refusalDiagnostics(cluster, refused).map(at.change),
      ...[...missing, ...hidden].map((one) => ({ ...one, ...at.cluster(cluster) })),
    ];
  });
}
