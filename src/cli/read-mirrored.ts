import { readPositions } from '../../runner/engines/native/positions.ts';
import { ClusterFault } from '../../runner/kafka/cluster-fault.ts';
import type { Cluster } from '../../runner/kafka/open.ts';
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import { keyHashOf } from '../migration/key-hash.ts';
import type { Flow, PlanFile } from '../plan-file/plan-file.generated.ts';
import { positionsTopic } from '../state/keys.ts';
import type { MirroredPlaces, StateSnapshot } from '../state/records.ts';

/**
 * How records of the flows were placed, where some of them go by key, or did: only then is the positions topic read, which
 * may be large. What a cluster refuses is a note: no plan fails for it, and apply looks itself.
 */
export async function readMirrored(
  { name, flows = [] }: Pick<PlanFile, 'name' | 'flows'>,
  state: StateSnapshot,
  logOf: (cluster: string) => Cluster['log'],
): Promise<{
  readonly mirrored: ReadonlyMap<string, readonly MirroredPlaces[]>;
  readonly notes: readonly Diagnostic[];
}> {
  const mirrored = new Map<string, readonly MirroredPlaces[]>();
  const notes: Diagnostic[] = [];
  for (const flow of flows.filter((one) => mayHaveChanged(one, state))) {
    try {
      const positions = await readPositions(logOf(flow.target), positionsTopic(name), flow.name);
      mirrored.set(
        flow.name,
        positions.map(({ record: { source, byKey } }) => (byKey === undefined ? { source } : { source, byKey })),
      );
    } catch (error) {
      if (!(error instanceof ClusterFault)) throw error;
      const summary = `Of ${flow.target}, the positions of flow ${flow.name} could not be looked at.`;
      notes.push(diagnostic('KP2719', { summary, detail: error.diagnostic.summary }));
    }
  }
  return { mirrored, notes };
}

/** A flow without a record in the state was never mirrored. */
function mayHaveChanged({ name, mappings = [] }: Flow, { flows }: StateSnapshot): boolean {
  const known = flows.get(name);
  return known !== undefined && (known.byKey === true || mappings.some((one) => keyHashOf(one) !== undefined));
}
