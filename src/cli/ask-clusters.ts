import type { ClusterReader } from '../cluster/ports.ts';
import type { HeldRights } from '../cluster/rights.ts';
import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import {
  type Answer,
  type Asked,
  missingOf,
  type PlannedChanges,
  type Question,
  questionsOf,
} from '../execution-plan/questions.ts';
import { mayHideGroups } from '../resources/group/hidden-groups.ts';

/** Asks all clusters at the same time what they would refuse of a plan; nothing is changed. Throws a ClusterFault. */
export async function askClusters(
  planned: PlannedChanges,
  readerOf: (cluster: string) => ClusterReader,
): Promise<Asked> {
  const questions = questionsOf(planned);
  const answers = [...questions].map(
    async ([cluster, question]): Promise<[string, Answer]> => [
      cluster,
      await ask(question, readerOf(cluster), planned.snapshots.get(cluster), (held) =>
        mayHideGroups(planned.migration.flows, cluster, held),
      ),
    ],
  );
  return { questions, answers: new Map(await Promise.all(answers)) };
}

/** Where the ACLs were read and there is no authorizer, rights need not be asked for. */
async function ask(
  question: Question,
  reader: ClusterReader,
  snapshot: ClusterSnapshot | undefined,
  mayHide: (held: HeldRights) => boolean,
): Promise<Answer> {
  const { requests, accesses } = question;
  const isOpen = snapshot?.acls?.authorizer === false;
  const [refusals, held] = await Promise.all([
    requests === undefined ? [] : reader.validate(requests),
    isOpen || accesses.length === 0 ? new Map<string, readonly string[]>() : reader.heldRights(accesses),
  ]);
  const isMissing = missingOf(question, { refusals, held }).length > 0;
  return { refusals, held, principal: isMissing || mayHide(held) ? await reader.principal() : undefined };
}
