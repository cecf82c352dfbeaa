import type { Socket } from 'node:net';
import { SilentListenerError } from './connection-fault.ts';

/**
 * Gives up on a broker that is silent: a request waits, and for so long no byte has come or gone. A request may take as
 * long as the network needs, so that a slow one is no dead one. A broker that throttles a client says for how long it will
 * not read from it (KIP-219): that time is added.
 */
export interface SilenceWatch {
  /** Sends a request that is waited for. */
  during<R>(send: () => Promise<R>): Promise<R>;
}

/** What a broker's announcement adds at most: the quota may be lifted meanwhile, and the broker would not tell. */
const throttleMsMax = 60_000;

export function watchSilence(socket: Socket, silenceMsMax: number): SilenceWatch {
  let waiting = 0;
  let limitMs = silenceMsMax;
  socket.setTimeout(limitMs);
  socket.on('timeout', () => {
    if (waiting > 0) socket.destroy(new SilentListenerError(`no answer for ${limitMs} ms`));
  });

  function heard(answer: unknown): void {
    const wantedMs = silenceMsMax + Math.min(throttleMsOf(answer), throttleMsMax);
    if (wantedMs === limitMs) return;
    limitMs = wantedMs;
    socket.setTimeout(limitMs);
  }

  return {
    async during(send) {
      waiting += 1;
      try {
        const answer = await send();
        heard(answer);
        return answer;
      } finally {
        waiting -= 1;
      }
    },
  };
}

function throttleMsOf(answer: unknown): number {
  if (typeof answer !== 'object' || answer === null || !('throttleTimeMs' in answer)) return 0;
  return typeof answer.throttleTimeMs === 'number' ? Math.max(0, answer.throttleTimeMs) : 0;
}
