import type { PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';
import { isCalendarDay } from './calendar-day.ts';

/** The last days of switched rules. Which codes can be switched is said where they are switched. */
export function checkRuleSwitches(planFile: PlanFile): PlacedMistake[] {
  return Object.entries(planFile.policies?.rules ?? {}).flatMap(([code, wanted]): PlacedMistake[] => {
    if (typeof wanted === 'string' || wanted.until === undefined || isCalendarDay(wanted.until)) return [];
    const pointer = ['policies', 'rules', code, 'until'];
    const fix = 'Write it like 2027-03-31.';
    return [{ code: 'KP1128', pointer, at: 'value', summary: `\`${wanted.until}\` is no day of the calendar.`, fix }];
  });
}
