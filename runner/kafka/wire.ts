import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions as TlsOptions } from 'node:tls';
import { type Callback, type Connection, Reader, type ResponseParser, Writer } from '@platformatic/kafka';
import type { RecordBuffers } from '../records/record-buffers.ts';
import { NotKafkaError } from './connection-fault.ts';
import {
  createIncoming,
  createReceiver,
  expectEnd,
  fill,
  type Incoming,
  next,
  type Parsing,
  taggedFields,
} from './incoming.ts';
import type { Address } from './settings.ts';

/**
 * A socket to one broker for requests and answers that hold records. It stands in for the client's `Connection` in its
 * request functions, and spares what costs most there: records of a request are not copied, those of an answer (see
 * `streamed`) are read by the kernel straight into the buffer where they stay.
 */
export interface Wire extends Pick<Connection, 'send'> {
  isOpen(): boolean;
  /** Why it was closed, where it was not by `close`. */
  lost(): Error | undefined;
  close(): Promise<void>;
  /** Closes it at once; what waits for an answer fails. */
  destroy(error: Error): void;
  readonly socket: Socket;
}

export interface WireOptions {
  readonly address: Address;
  readonly clientId: string;
  readonly tls: TlsOptions | undefined;
  readonly connectTimeoutMs: number;
  readonly buffers: RecordBuffers;
}

/** Of an answer that is not streamed: those hold no records. */
const answerBytesMax = 64 * 1_048_576;
/** Of the first answer, which is one to ApiVersions: where something else speaks, its text reads as a huge length. */
const firstAnswerBytesMax = 1_048_576;
/** Neighbours that are smaller are written as one piece. */
const pieceBytesMin = 4_096;

interface Pending {
  readonly correlationId: number;
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly parser: ResponseParser<unknown>;
  readonly tagged: boolean;
  readonly callback: Callback<unknown>;
}

interface StreamedParser<R> extends ResponseParser<R> {
  readonly stream: (incoming: Incoming) => Parsing<R>;
}

/** The parser of an answer that is read while it comes; only a `Wire` can use it. */
export function streamed<R>(stream: (incoming: Incoming) => Parsing<R>): StreamedParser<R> {
  const parser = (): R => {
    throw new Error('this answer is read by a Wire alone');
  };
  return Object.assign(parser, { stream });
}

/** Connects, with TLS where there are options for it. Throws what the socket says. */
export async function openWire(options: WireOptions): Promise<Wire> {
  const pending: Pending[] = [];
  let correlationId = 0;
  let lost: Error | undefined;
  const incoming = createIncoming(options.buffers);
  const socket = await connectSocket(options, incoming, readAnswers(incoming, pending));
  socket.on('error', (error) => {
    lost ??= error;
  });
  socket.on('close', () => {
    for (const { callback } of pending.splice(0)) callback(lost ?? new Error('Connection closed'));
  });
  return {
    isOpen: () => socket.readyState === 'open',
    lost: () => lost,
    destroy: (error) => void socket.destroy(error),
    socket,
    send(apiKey, apiVersion, createPayload, parser, requestTagged, tagged, callback) {
      const payload = createPayload();
      if (payload instanceof Promise) throw new TypeError('requests on a wire are made at once');
      if (socket.readyState !== 'open') return callback(lost ?? new Error('Connection closed'));
      correlationId = (correlationId + 1) & 0x7fffffff;
      const request = Writer.create().appendInt16(apiKey).appendInt16(apiVersion).appendInt32(correlationId);
      request.appendString(options.clientId, false);
      if (requestTagged) request.appendTaggedFields();
      pending.push({
        correlationId,
        apiKey,
        apiVersion,
        parser,
        tagged,
        callback: callback as Callback<unknown>,
      });
      write(socket, request.appendFrom(payload).prependLength().buffers);
    },
    close: () =>
      new Promise((resolve) => {
        if (socket.closed) return resolve();
        socket.once('close', () => resolve());
        socket.destroySoon();
      }),
  };
}

async function connectSocket(options: WireOptions, incoming: Incoming, answers: Parsing<never>): Promise<Socket> {
  const { address, tls, connectTimeoutMs } = options;
  const receiver = createReceiver(incoming, answers);
  const settings = {
    ...address,
    noDelay: true,
    onread: {
      buffer: () => receiver.room(),
      callback(byteCount: number) {
        try {
          receiver.received(byteCount);
        } catch (error) {
          socket.destroy(error instanceof Error ? error : new Error(String(error)));
        }
        return true;
      },
    },
  };
  const socket: Socket = tls === undefined ? connectTcp(settings) : connectTls({ ...tls, ...settings });
  const timer = setTimeout(() => socket.destroy(new Error('Connecting timed out.')), connectTimeoutMs);
  try {
    await once(socket, tls === undefined ? 'connect' : 'secureConnect');
    return socket;
  } finally {
    clearTimeout(timer);
  }
}

/** Answers come in the order of the requests. Ends with an error where the bytes are no answers: nothing behind can be read. */
function* readAnswers(incoming: Incoming, pending: Pending[]): Parsing<never> {
  for (let bytesMax: number = firstAnswerBytesMax; ; bytesMax = 2 ** 31) {
    incoming.left = 8;
    const at = yield* next(incoming, 8);
    const length = incoming.bytes.readInt32BE(at);
    if (length < 4 || length > bytesMax) throw new NotKafkaError(`an answer of ${length} bytes`);
    const [request] = pending;
    if (request?.correlationId !== incoming.bytes.readInt32BE(at + 4)) throw new RangeError('an answer to no request');
    incoming.left = length - 4;
    if (request.tagged) yield* taggedFields(incoming);
    if ('stream' in request.parser) {
      const answer = yield* (request.parser as StreamedParser<unknown>).stream(incoming);
      expectEnd(incoming);
      pending.shift();
      request.callback(null, answer);
    } else {
      const bytes = yield* whole(incoming);
      pending.shift();
      parseWhole(request, bytes);
    }
  }
}

function* whole(incoming: Incoming): Parsing<Buffer> {
  if (incoming.left > answerBytesMax) throw new RangeError(`an answer of ${incoming.left} bytes`);
  const bytes = Buffer.allocUnsafe(incoming.left);
  yield* fill(incoming, bytes);
  return bytes;
}

function parseWhole(request: Pending, bytes: Buffer): void {
  const { correlationId, apiKey, apiVersion, parser } = request;
  let answer: unknown;
  try {
    answer = parser(correlationId, apiKey, apiVersion, Reader.from(bytes));
  } catch (error) {
    request.callback(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  request.callback(null, answer);
}

/** In one system call where the kernel takes it; the buffers belong to the socket until the answer. */
function write(socket: Socket, buffers: readonly Buffer[]): void {
  socket.cork();
  let small: Buffer[] = [];
  for (const buffer of buffers) {
    if (buffer.length < pieceBytesMin) {
      small.push(buffer);
      continue;
    }
    if (small.length > 0) socket.write(Buffer.concat(small));
    small = [];
    socket.write(buffer);
  }
  if (small.length > 0) socket.write(Buffer.concat(small));
  socket.uncork();
}
