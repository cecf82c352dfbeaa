import type { ProgressSnapshot } from '../cluster/progress.ts';
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';
import { flowAddress } from '../execution-plan/address.ts';
import { type HeldBack, heldBack, isAbandoned, type MirroredNames, noticeOf } from '../rules/open-transactions.ts';

/** Open transactions that were told: their producers, and of which of them nobody is left to end them. */
export type ToldTransactions = ReadonlySet<string>;

/**
 * Which open transactions hold a followed flow back (for longer than a minute): told when one comes, when nobody is left to
 * end one, and when all are over; not for getting older. A partition that does not tell ends nothing.
 */
export function tellHeldBack(
  flow: MirroredNames,
  progress: ProgressSnapshot,
  nowMs: number,
  told: ToldTransactions,
): { readonly told: ToldTransactions; readonly diagnostics: readonly Diagnostic[] } {
  const held = heldBack(flow, progress, nowMs);
  const found = new Set(held.map(nameOf));
  const now = isWhole(progress) ? found : new Set([...told, ...found]);
  const address = flowAddress(flow.name);
  const notice = noticeOf(flow, held);
  if (notice !== undefined && [...found].some((one) => !told.has(one))) {
    return { told: now, diagnostics: [diagnostic('KP4028', { address, ...notice })] };
  }
  if (now.size > 0 || told.size === 0) return { told: now, diagnostics: [] };
  const summary = `No open transaction holds back flow ${flow.name} any more.`;
  return { told: now, diagnostics: [diagnostic('KP4029', { address, summary })] };
}

function nameOf(held: HeldBack): string {
  return `${held.transaction.producerId} ${isAbandoned(held) ? 'abandoned' : 'open'}`;
}

function isWhole({ ends, unread }: ProgressSnapshot): boolean {
  return (
    !unread.some(({ what }) => what !== 'group offsets') && [...ends.values()].every((all) => !all.includes(undefined))
  );
}
