import type { DiagnosticCode } from '../diagnostics/codes.ts';
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import type { Pointer } from '../plan-file/location.ts';
import type { Flow, PlanFile } from '../plan-file/plan-file.generated.ts';
import type { Place } from './place.ts';

interface NotYet {
  readonly code: DiagnosticCode;
  /** Where the plan file asks for it; none: it does not. */
  readonly find: (planFile: PlanFile) => readonly Pointer[];
  readonly summary: string;
}

const mirrorMakerTuning = ['streams', 'tasksMax', 'producer', 'consumer'] as const;

/** What the plan file format has and this version does not do. A line goes away with the part that does it. */
const notYet: readonly NotYet[] = [
  {
    code: 'KP1201',
    find: inFlows((flow) => (flow.engine === undefined || flow.engine === 'native' ? [] : [['engine']])),
    summary: 'This version mirrors with the native engine only.',
  },
  {
    code: 'KP1214',
    find: inFlows((flow) =>
      mirrorMakerTuning.flatMap((key) => (flow.tuning?.[key] === undefined ? [] : [['tuning', key]])),
    ),
    summary: 'This tuning is for MirrorMaker, which this version does not drive.',
  },
  {
    code: 'KP1207',
    find: inFlows((flow) => (flow.groups?.sync === 'at-cutover' ? [['groups', 'sync']] : [])),
    summary: 'This version keeps groups in sync continuously.',
  },
  {
    code: 'KP1210',
    find: (planFile) => topLevel(planFile, 'cutovers'),
    summary: 'This version does not run cutovers.',
  },
  {
    code: 'KP1212',
    find: (planFile) =>
      Object.entries(planFile.clusters).flatMap(([name, cluster]) =>
        cluster.auth?.mechanism === 'aws-msk-iam' ? [['clusters', name, 'auth', 'mechanism']] : [],
      ),
    summary: 'This version can not authenticate by AWS IAM.',
  },
  {
    code: 'KP1213',
    find: bothDirections,
    summary: 'This version can not tell what came from the other side, so it mirrors one direction only.',
  },
];

/** Everything that the plan file asks for and this version can't do, each at its line: refused, never ignored. */
export function notYetSupported(planFile: PlanFile, place: Place): readonly Diagnostic[] {
  return notYet.flatMap(({ code, find, summary }) =>
    find(planFile).map((pointer) => diagnostic(code, { summary, ...place(pointer, 'key') })),
  );
}

function inFlows(find: (flow: Flow) => readonly Pointer[]): NotYet['find'] {
  return (planFile) =>
    (planFile.flows ?? []).flatMap((flow, index) => find(flow).map((pointer) => ['flows', index, ...pointer]));
}

/** An empty section asks for nothing. */
function topLevel(planFile: PlanFile, key: 'cutovers'): Pointer[] {
  return Object.values(planFile[key] ?? {}).flat().length === 0 ? [] : [[key]];
}

/**
 * Two flows that lead there and back, kept apart by the names of the mirrored topics alone: the engine would have to
 * know what came from where. Without `prefixed`, the offline checks and `checkTargets` find what would go round.
 */
function bothDirections(planFile: PlanFile): Pointer[] {
  const flows = planFile.flows ?? [];
  return flows.flatMap((flow, index) => {
    const opposite = flows.find((other) => other.source === flow.target && other.target === flow.source);
    const byName = flow.naming === 'prefixed' || opposite?.naming === 'prefixed';
    return opposite !== undefined && byName ? [['flows', index, 'source']] : [];
  });
}
