import type { PlanFile } from '../plan-file/plan-file.generated.ts';
import { validateSchema } from '../plan-file/validate-schema.generated.ts';

/** An entry of a plan file made from what lives on a cluster. */
export interface Imported<Entry> {
  readonly entry: Entry;
  /** What the entry could not take over, and why: sentences for comments above it. */
  readonly remarks: readonly string[];
}

/** What one cluster gave for one section of the plan file. */
export interface ImportedSection<Entry> {
  readonly entries: readonly Imported<Entry>[];
  /** Remarks on the section as a whole. */
  readonly remarks: readonly string[];
}

/** For the offline checks, which look at one section. */
export const noSections: PlanFile = { version: 1, name: 'import', clusters: {} };

/** Whether the plan file's schema takes the entry. */
export function obeysSchema(section: 'acls' | 'quotas', entry: object): boolean {
  return validateSchema({ ...noSections, clusters: { any: { bootstrap: ['any:1'] } }, [section]: { any: [entry] } });
}

const namedMax = 20;

/** Names for a remark: the first of them, and how many more there are. */
export function namesOf(names: readonly string[]): string {
  const more = names.length > namedMax ? `, and ${names.length - namedMax} more` : '';
  return names.slice(0, namedMax).join(', ') + more;
}

/** Text by its code units: the same order on every machine. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
