import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import { printable } from '../diagnostics/printable.ts';
import type { ExecutionPlan } from '../execution-plan/execution-plan.ts';
import { fieldsOf, isChanged } from './change-fields.ts';
import { type Drifted, driftedOf, driftWords, outcomeWords } from './drift-outcome.ts';

/** What `kplan drift --format json` prints: schema/drift.v1.schema.json. */
export interface DriftDocument {
  readonly formatVersion: string;
  /** The migration's name. */
  readonly migration: string;
  readonly drifted: boolean;
  readonly drift: readonly Drifted[];
  /** Errors of the plan, since they keep apply from setting anything back. */
  readonly diagnostics: readonly Diagnostic[];
}

const formatVersion = '1.0';

/** What drifted, and what apply would do about it. `hasApplied`: whether the state holds anything to compare with. */
export function driftDocument(plan: ExecutionPlan, hasApplied: boolean): DriftDocument {
  const drift = driftedOf(plan);
  const summary = `Of ${plan.migration.name} nothing is stored as applied, so nothing can have drifted.`;
  const diagnostics = [
    ...(hasApplied ? [] : [diagnostic('KP4204', { summary })]),
    ...plan.diagnostics.filter((one) => one.severity === 'error'),
  ];
  return { formatVersion, migration: plan.migration.name, drifted: drift.length > 0, drift, diagnostics };
}

type PlaceOfAddress = (address: string) => Pick<Diagnostic, 'file' | 'line' | 'column'>;

const codeOf = { create: 'KP4203', update: 'KP4201', delete: 'KP4202', 'no-op': 'KP4201' } as const;

/** Each drifted resource as a finding, for reports that know findings only. */
export function driftDiagnostics(document: DriftDocument, placeOf: PlaceOfAddress): readonly Diagnostic[] {
  return document.drift.map((one) =>
    diagnostic(codeOf[one.action], {
      address: one.address,
      summary: `${one.address} ${driftWords[one.action]} outside of kplan; ${outcomeWords[one.apply]}.`,
      detail: fieldsOf(one).filter(isChanged).map(fieldText).join('\n'),
      ...placeOf(one.address),
    }),
  );
}

function fieldText({ name, before, after }: ReturnType<typeof fieldsOf>[number]): string {
  return printable(`${name}: applied ${valueText(before)}, lives ${valueText(after)}`);
}

function valueText(value: unknown): string {
  if (value === undefined) return 'none';
  return value === null ? 'the default' : JSON.stringify(value);
}
