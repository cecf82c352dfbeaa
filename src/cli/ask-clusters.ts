import type { ClusterReader } from '../cluster/ports.ts';
import type { ClusterSnapshot } from '../cluster/snapshot.ts';
import { type Answer, type Answers, missingOf, type Question, type Questions } from '../execution-plan/questions.ts';

interface Asked {
  readonly questions: Questions;
  readonly snapshots: ReadonlyMap<string, ClusterSnapshot>;
  readonly readerOf: (cluster: string) => ClusterReader;
}

/** Asks all clusters at the same time what they would refuse of a plan; nothing is changed. Throws a ClusterFault. */
export async function askClusters({ questions, snapshots, readerOf }: Asked): Promise<Answers> {
  const answers = [...questions].map(
    async ([cluster, question]): Promise<[string, Answer]> => [
      cluster,
      await ask(question, readerOf(cluster), snapshots.get(cluster)),
    ],
  );
  return new Map(await Promise.all(answers));
}

/** Where the ACLs were read and there is no authorizer, rights need not be asked for. */
async function ask(question: Question, reader: ClusterReader, snapshot: ClusterSnapshot | undefined): Promise<Answer> {
  const { requests, accesses } = question;
  const isOpen = snapshot?.acls?.authorizer === false;
  const [refusals, held] = await Promise.all([
    requests === undefined ? [] : reader.validate(requests),
    isOpen || accesses.length === 0 ? new Map<string, readonly string[]>() : reader.heldRights(accesses),
  ]);
  const isMissing = missingOf(question, { refusals, held }).length > 0;
  return { refusals, held, principal: isMissing ? await reader.principal() : undefined };
}
