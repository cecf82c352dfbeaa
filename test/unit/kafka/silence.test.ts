import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { watchSilence } from '../../../runner/kafka/silence.ts';
import { testsAtOnce } from '../../fixtures/tests-at-once.ts';

/** A busy machine may hold this process up for most of it between two pieces. */
const silenceMsMax = 1_500;
const pieceMs = 200;

/** A socket to a broker that the test plays. */
async function connected(use: (near: Socket, far: Socket) => Promise<void>): Promise<void> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = await once(server, 'connection');
  far.on('error', () => undefined).resume();
  try {
    await use(near, far);
  } finally {
    near.destroy();
    far.destroy();
    server.close();
  }
}

/** A request whose answer is complete when so many bytes have come. */
function request(near: Socket, bytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let come = 0;
    near.on('data', (chunk: Buffer) => {
      come += chunk.length;
      if (come >= bytes) resolve();
    });
    near.once('error', reject);
    near.write('request');
  });
}

async function errorOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: Error) => error.name,
  );
}

testsAtOnce({
  'a broker that does not answer is given up on; an idle connection is not': () =>
    connected(async (near) => {
      const silence = watchSilence(near, silenceMsMax);
      await pause(silenceMsMax * 2);
      assert.is(near.destroyed, false);
      assert.is(await errorOf(silence.during(() => request(near, 1))), 'SilentListenerError');
      assert.is(near.destroyed, true);
    }),

  'an answer that comes slowly is waited for, as long as it comes': () =>
    connected(async (near, far) => {
      const silence = watchSilence(near, silenceMsMax);
      const answered = errorOf(silence.during(() => request(near, 10)));
      for (let piece = 0; piece < 10; piece += 1) {
        await pause(pieceMs);
        far.write('x');
      }
      assert.is(await answered, 'none');
    }),

  'a large request that goes slowly is waited for': () =>
    connected(async (near, far) => {
      const silence = watchSilence(near, silenceMsMax);
      far.pause();
      const bytes = 16_777_216;
      let taken = 0;
      let slow = true;
      far.on('data', (chunk: Buffer) => {
        taken += chunk.length;
        if (slow) far.pause();
        if (taken >= bytes) far.write('x');
      });
      const answered = errorOf(
        silence.during(() => {
          near.write(Buffer.alloc(bytes - 'request'.length));
          return request(near, 1);
        }),
      );
      for (let piece = 0; piece < 10; piece += 1) {
        await pause(pieceMs);
        for (let chunk = 0; chunk < 16; chunk += 1) {
          far.resume();
          await pause(1);
        }
      }
      slow = false;
      far.resume();
      assert.is(await answered, 'none');
    }),
});

test.run();
