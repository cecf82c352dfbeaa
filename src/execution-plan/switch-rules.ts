import { codes } from '../diagnostics/codes.ts';
import { type Diagnostic, diagnostic, type Severity } from '../diagnostics/diagnostic.ts';
import type { Place } from '../migration/place.ts';

export type RuleSeverities = Readonly<Record<string, Severity | 'off'>>;

/**
 * Gives each finding the severity that `policies.rules` wants. Only what planning warns of or notes (KP2xxx) can be
 * switched: an error says that apply would fail or do harm.
 */
export function switchRules(
  diagnostics: readonly Diagnostic[],
  rules: RuleSeverities,
  place: Place,
): readonly Diagnostic[] {
  const refused = Object.keys(rules).filter((code) => !isSwitchable(code));
  const switched = diagnostics.flatMap((one) => {
    const severity = isSwitchable(one.code) ? (rules[one.code] ?? one.severity) : one.severity;
    return severity === 'off' ? [] : [{ ...one, severity }];
  });
  const mistakes = refused.map((code) => {
    const why = code in codes ? 'is an error that can not be switched' : 'is no rule';
    return diagnostic('KP2117', { summary: `${code} ${why}.`, ...place(['policies', 'rules', code], 'key') });
  });
  return [...switched, ...mistakes];
}

function isSwitchable(code: string): boolean {
  const known = Object.entries(codes).find(([name]) => name === code)?.[1];
  return code.startsWith('KP2') && known !== undefined && known.severity !== 'error';
}
