import type { PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

/** Records that go by key need transactions: what of a source batch arrived in which target partition is known by them alone. */
export function checkByKey(planFile: PlanFile): PlacedMistake[] {
  return (planFile.flows ?? []).flatMap(({ delivery, mappings = [] }, index) =>
    mappings.flatMap(({ partitioning = 'preserve' }, at): PlacedMistake[] => {
      if (delivery !== 'idempotent' || partitioning === 'preserve') return [];
      const pointer = ['flows', index, 'mappings', at, 'partitioning'];
      const summary = '`partitioning` by key needs `delivery: transactional`, and this flow is `idempotent`.';
      return [{ code: 'KP2740', pointer, at: 'key', summary }];
    }),
  );
}
