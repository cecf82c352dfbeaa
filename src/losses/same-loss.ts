import type { DiagnosticCode } from '../diagnostics/codes.ts';
import type { LossRecord } from '../state/records.ts';

/** What tells a loss from another one at the same partition. */
export type KnownLoss = Pick<LossRecord, 'code' | 'summary' | 'offsets'>;

/**
 * By code the offset that a loss keeps as long as nobody goes on after it, the first one that it has; all else that it tells may
 * move on, as where a log begins or ends.
 */
const staysSame: Readonly<Partial<Record<DiagnosticCode, readonly string[]>>> = {
  KP5001: ['position'],
  KP5003: ['position'],
  KP5004: ['offset', 'lastStable'],
  KP5005: ['nextTarget'],
};

/** Whether a decision about one is one about the other, of the same partition. One without such an offset is told by its words. */
export function isSameLoss(a: KnownLoss, b: KnownLoss): boolean {
  return a.code === b.code && markOf(a) === markOf(b);
}

function markOf({ code, summary, offsets = {} }: KnownLoss): string {
  const names = Object.entries(staysSame).find(([one]) => one === code)?.[1] ?? [];
  const mark = names.find((name) => offsets[name] !== undefined);
  return mark === undefined ? summary : `offset ${offsets[mark]}`;
}
