import type { Io, OutputFormat } from '../io.ts';
import { applyJsonView } from './apply-json.ts';
import { applyLinesView } from './apply-lines.ts';
import type { ApplyView } from './apply-shown.ts';
import { applyTasksView } from './apply-tasks.ts';

/** JSON; on a terminal live tasks; in a log, with --follow, and where a terminal does not tell its width, plain lines. */
export function applyView(
  { format, follow = false }: { readonly format: OutputFormat; readonly follow?: boolean },
  io: Io,
  now: () => number,
): ApplyView {
  if (format === 'json') return applyJsonView(io, now);
  const isLive = !follow && io.interactive && !io.quiet && process.stderr.isTTY && process.stderr.columns > 0;
  return isLive ? applyTasksView(io, now) : applyLinesView(io, now);
}
