import type { PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';

/** One subject's offline checks: the mistakes of a plan file that obeys the schema. Pure; answers with pointers. */
export type Check = (planFile: PlanFile) => readonly PlacedMistake[];
