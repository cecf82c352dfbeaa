import type { PlanFile } from '../plan-file.generated.ts';
import type { PlacedMistake } from '../schema-mistakes.ts';
import { isCalendarDay } from './calendar-day.ts';

/** Where a flow starts, and what it answers to foreign writers. */
export function checkDelivery(planFile: PlanFile): PlacedMistake[] {
  return (planFile.flows ?? []).flatMap((flow, index): PlacedMistake[] => {
    const { start, delivery, onLoss } = flow;
    const mistakes: PlacedMistake[] = [];
    if (typeof start === 'object' && !isTimestamp(start.timestamp)) {
      const summary = `\`${start.timestamp}\` is no RFC 3339 time from 1970 on.`;
      mistakes.push({ code: 'KP1128', pointer: ['flows', index, 'start', 'timestamp'], at: 'value', summary });
    }
    if (delivery === 'idempotent' && onLoss?.foreignWriter === 'continue') {
      const summary = 'With `delivery: idempotent`, records of a foreign writer cannot be told from ours.';
      mistakes.push({ code: 'KP1124', pointer: ['flows', index, 'onLoss', 'foreignWriter'], at: 'value', summary });
    }
    return mistakes;
  });
}

const rfc3339 =
  /^(?<day>\d{4}-\d{2}-\d{2})[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/u;

/**
 * RFC 3339 with a day that the calendar has, from 1970 on: to Kafka smaller numbers are names of places (-1 the end). Leap
 * seconds are not taken.
 */
export function isTimestamp(text: string): boolean {
  const day = rfc3339.exec(text)?.groups?.day;
  return day !== undefined && isCalendarDay(day) && Date.parse(text) >= 0;
}
