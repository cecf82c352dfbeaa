import type { DiagnosticCode } from '../../diagnostics/codes.ts';
import type { Flow, PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';
import type { Check } from './check.ts';

interface TuningRule {
  readonly code: DiagnosticCode;
  readonly client: 'producer' | 'consumer';
  readonly setting: string;
  /** The values that neither lose nor reorder records. */
  readonly safe: readonly string[];
}

/** What MirrorMaker's own documentation asks of a mirror without losses; a setting that is not written is kplan's to set. */
const rules: readonly TuningRule[] = [
  { code: 'KP2720', client: 'producer', setting: 'acks', safe: ['all', '-1'] },
  { code: 'KP2721', client: 'producer', setting: 'max.in.flight.requests.per.connection', safe: ['1'] },
  { code: 'KP2722', client: 'producer', setting: 'retries', safe: ['2147483647'] },
  { code: 'KP2723', client: 'producer', setting: 'max.block.ms', safe: ['9223372036854775807'] },
  { code: 'KP2724', client: 'consumer', setting: 'enable.auto.commit', safe: ['false'] },
];

/** Settings of MirrorMaker's clients that may lose or reorder records. */
export const checkMirrorMakerTuning: Check = (planFile: PlanFile) =>
  (planFile.flows ?? []).flatMap((flow, index) => rules.flatMap((rule) => against(rule, flow, index)));

function against({ code, client, setting, safe }: TuningRule, flow: Flow, index: number): PlacedMistake[] {
  const value = flow.tuning?.[client]?.[setting];
  const isNative = flow.engine === undefined || flow.engine === 'native';
  if (isNative || value === undefined || safe.includes(String(value).trim().toLowerCase())) return [];
  const pointer = ['flows', index, 'tuning', client, setting];
  return [{ code, pointer, at: 'value', summary: `\`${setting}\` is ${value}, where only ${safe[0]} is safe.` }];
}
