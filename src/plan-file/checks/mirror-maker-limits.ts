import type { Flow, PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';
import type { Check } from './check.ts';

/** What is true of MirrorMaker however it is tuned, where a flow asks for it. */
export const checkMirrorMakerLimits: Check = ({ flows = [] }: PlanFile) =>
  flows.flatMap((flow, index): PlacedMistake[] => {
    const { name, engine = 'native' } = flow;
    if (engine === 'native') return [];
    const mistakes: PlacedMistake[] = [];
    if (engine === 'mirrormaker2' && flow.groups !== undefined) {
      const summary = `Groups of flow ${name} will continue before their next record, not at it.`;
      mistakes.push({ code: 'KP2725', pointer: ['flows', index, 'groups'], at: 'key', summary });
    }
    if ((flow.naming ?? 'same') === 'same' && leadsBack(flow, flows)) {
      const summary = `Nothing keeps topics of flow ${name} from coming back to ${flow.source}.`;
      mistakes.push({ code: 'KP2726', pointer: ['flows', index, 'engine'], at: 'key', summary });
    }
    if (engine === 'mirrormaker1') {
      const summary = `Flow ${name} needs an installation of Kafka 3.9 or older to run MirrorMaker 1.`;
      mistakes.push({ code: 'KP2727', pointer: ['flows', index, 'engine'], at: 'value', summary });
    }
    return mistakes;
  });

/** Whether flows lead from the target back to the source; each cluster is visited once. */
function leadsBack(flow: Flow, flows: readonly Flow[]): boolean {
  const reached = new Set([flow.target]);
  for (const cluster of reached) {
    for (const next of flows) if (next.source === cluster) reached.add(next.target);
  }
  return reached.has(flow.source);
}
