import type { Socket } from 'node:net';
import { SilentListenerError } from './connection-fault.ts';

/** Knows whether somebody waits for an answer on a connection. */
export interface SilenceWatch {
  /** Sends a request that is waited for. */
  during<R>(send: () => Promise<R>): Promise<R>;
}

/**
 * Gives up on a broker that is silent: a request waits, and for so long no byte has come or gone. A request may take as
 * long as the network needs, so that a slow one is no dead one.
 */
export function watchSilence(socket: Socket, silenceMsMax: number): SilenceWatch {
  let waiting = 0;
  socket.setTimeout(silenceMsMax);
  socket.on('timeout', () => {
    if (waiting > 0) socket.destroy(new SilentListenerError(`no answer for ${silenceMsMax} ms`));
  });
  return {
    async during(send) {
      waiting += 1;
      try {
        return await send();
      } finally {
        waiting -= 1;
      }
    },
  };
}
