import { codes } from '../diagnostics/codes.ts';
import { type Diagnostic, diagnostic, type Severity } from '../diagnostics/diagnostic.ts';
import type { Place } from '../migration/place.ts';

type Level = Severity | 'off';

/** `policies.rules` of the plan file. */
export type RuleSwitches = Readonly<Record<string, Level | ExplainedSwitch>>;

interface ExplainedSwitch {
  readonly level: Level;
  readonly reason?: string;
  /** The last day on which it holds, UTC. */
  readonly until?: string;
}

/**
 * Gives each finding the severity that `policies.rules` wants at `now` (RFC 3339, UTC). Only what planning warns of or
 * notes (KP2xxx) can be switched: an error says that apply would fail or do harm. A switch whose last day is over does
 * nothing but say so.
 */
export function switchRules(
  diagnostics: readonly Diagnostic[],
  rules: RuleSwitches,
  place: Place,
  now: string,
): readonly Diagnostic[] {
  const wanted = Object.entries(rules).map(([code, one]) => ({
    code,
    ...(typeof one === 'string' ? { level: one } : one),
  }));
  const isOver = ({ until }: { readonly until?: string }) =>
    until !== undefined && until < now.slice(0, now.indexOf('T'));
  const held = new Map(wanted.filter((one) => !isOver(one)).map((one) => [one.code, one]));
  const over = wanted.filter((one) => isSwitchable(one.code) && isOver(one));
  const notices = over.map(({ code, until }) => {
    const summary = `The switch of ${code} held until ${until}.`;
    return diagnostic('KP2730', { summary, ...place(['policies', 'rules', code], 'key') });
  });
  const switched = [...diagnostics, ...notices].flatMap((one) => {
    const found = isSwitchable(one.code) ? held.get(one.code) : undefined;
    return found === undefined ? [one] : switchedTo(one, found);
  });
  const mistakes = wanted
    .filter(({ code }) => !isSwitchable(code))
    .map(({ code }) => {
      const why = code in codes ? 'is an error that can not be switched' : 'is no rule';
      return diagnostic('KP2117', { summary: `${code} ${why}.`, ...place(['policies', 'rules', code], 'key') });
    });
  return [...switched, ...mistakes];
}

/** The reason stands with what is still shown. */
function switchedTo(one: Diagnostic, { level, reason }: ExplainedSwitch): Diagnostic[] {
  if (level === 'off') return [];
  const details = [one.detail, reason === undefined ? undefined : `policies.rules says ${level}: ${reason}`];
  const detail = details.filter((text) => text !== undefined).join('\n');
  return [{ ...one, severity: level, ...(detail === '' ? {} : { detail }) }];
}

/** Whether `policies.rules` may name the code. */
export function isSwitchable(code: string): boolean {
  const known = Object.entries(codes).find(([name]) => name === code)?.[1];
  return code.startsWith('KP2') && known !== undefined && known.severity !== 'error';
}
