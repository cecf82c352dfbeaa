import { bytesToEncode, hasReady, nextFrom } from './prepare.ts';
import type { Session } from './session.ts';
import type { TargetPartition } from './target-partition.ts';

/** Room for batches that are encoded again goes, where it is short, to the target partitions in the order in which they asked. */
export interface EncodeLine {
  /** Makes batches ready for those that wait, as far as there is room now. */
  serve(): void;
  /** Makes batches ready for it where it may have the room; true where it has one. Where it may not, it waits in the line. */
  hasReady(target: TargetPartition): boolean;
}

export function openEncodeLine(session: Session): EncodeLine {
  const waiting = new Set<TargetPartition>();

  function needsRoom(target: TargetPartition): boolean {
    const from = nextFrom(session, target);
    return from !== undefined && bytesToEncode(session, from) > 0;
  }

  return {
    serve() {
      for (const one of waiting) {
        if (!hasReady(session, one) && needsRoom(one)) return;
        waiting.delete(one);
      }
    },
    hasReady(target) {
      if (target.ready.length > 0) return true;
      if (waiting.size === 0 || !needsRoom(target)) {
        if (hasReady(session, target)) return true;
        if (!needsRoom(target)) return false;
      }
      waiting.add(target);
      return false;
    },
  };
}
