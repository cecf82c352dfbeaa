import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type { FlowWork } from '../steps/step-handler.ts';

export interface FollowPace {
  readonly watchIntervalMs: number;
  readonly transactionsIntervalMs: number;
  readonly groupsIntervalMs: number;
  readonly outagePauseMs: number;
  readonly retentionAskedAgainMs: number;
}

export interface FollowContext extends FlowWork {
  /** A name for what discovery makes, in the journal; unique, without a slash. */
  readonly nextRun: () => string;
  readonly pace: FollowPace;
  /** What goes on is told once. */
  readonly tell: (diagnostic: Diagnostic) => void;
}

/** Tells each diagnostic once; of those told the last so many are remembered. */
const rememberedMax = 10_000;

export function tellOnce(emit: FlowWork['emit']): FollowContext['tell'] {
  const told = new Set<string>();
  return (diagnostic) => {
    const key = `${diagnostic.code} ${diagnostic.summary}`;
    if (told.has(key)) return;
    if (told.size >= rememberedMax) told.clear();
    told.add(key);
    emit({ event: 'diagnostic', diagnostic });
  };
}
