import { type LeaseName, leaseKey, leaseTransactionalId } from '../../src/state/keys.ts';
import { type Lease, type LeaseHolder, stateRecordVersion } from '../../src/state/records.ts';
import { encodeStateRecord } from '../../src/state/state-codec.ts';
import type { Clock } from '../engines/native/ports.ts';
import { FencedError } from '../kafka/cluster-fault.ts';
import { type HeldLease, heldLease } from './judge.ts';
import { LeaseLost } from './problems.ts';
import type { StateLog, StateWrite, StateWriter } from './state-log.ts';

export interface LeaseOptions {
  /** The migration's name. */
  readonly migration: string;
  readonly lease: LeaseName;
  readonly holder: LeaseHolder;
  /** How long the lease outlives its holder. */
  readonly leaseSeconds: number;
}

/** A lease that this process holds. Every record written through it is refused by the broker once another one holds it. */
export interface HeldByUs {
  readonly name: LeaseName;
  /** Aborted, with a `LeaseLost` as reason, as soon as the lease can be somebody else's. Nothing may be done after it. */
  readonly signal: AbortSignal;
  /** Writes in one transaction of the lease's epoch. Throws `LeaseLost`. */
  write(records: readonly StateWrite[]): Promise<void>;
  /** To be awaited before each request that epochs do not fence: the last lease write is then young enough. */
  assertFresh(): Promise<void>;
  /** Throws `LeaseLost` where it is over, also where a process that was stopped learns of it first by this. */
  assertHeld(): void;
  /** Gives the lease back and ends the renewals. Never throws: a lease that could not be given back runs out. */
  release(): Promise<void>;
}

export type Acquired =
  | { readonly result: 'held'; readonly held: HeldByUs }
  | { readonly result: 'locked'; readonly by: HeldLease };

/** Requests follow a lease write no older than this part of the lease, and renewals come as often. */
const freshPart = 1 / 3;
/** How often the taking starts anew because another process took the same transactional id between our requests. */
const attemptsMax = 7;
/** How often a holder's write is tried, spread over the lease. */
const writeAttemptsMax = 15;

const takenOver = new Error('Another process took it over, or it was over.');

/**
 * Takes a lease, or says who holds it. The lease is read before Init, so that a living holder is not fenced by one who
 * only asks; and again after it, for another process may have taken it in between. Where that happened both are told
 * apart by the record: the one whose record stands goes on (`rewrite`), the other one gives up.
 */
export async function acquireLease(log: StateLog, clock: Clock, options: LeaseOptions): Promise<Acquired> {
  for (let attempt = 1; ; attempt += 1) {
    const before = await heldLease(log, options.lease);
    if (before !== null) return { result: 'locked', by: before };
    const writer = await log.openWriter(leaseTransactionalId(options.migration, options.lease));
    const after = await heldLease(log, options.lease);
    if (after !== null) return { result: 'locked', by: after };
    const lease = newLease(options, clock);
    const writtenAtMs = clock.nowMs();
    try {
      await writer.write([{ key: leaseKey(options.lease), value: encodeStateRecord(lease) }]);
      return { result: 'held', held: hold(log, clock, options, { lease, writer, writtenAtMs }) };
    } catch (error) {
      if (!(error instanceof FencedError) || attempt === attemptsMax) throw error;
    }
    await clock.sleep(backoffMs(options.holder.id, attempt));
  }
}

/**
 * Two that fence each other in turn must not go on in step: how long one waits comes from its random id, and grows beyond
 * whatever their requests take.
 */
function backoffMs(id: string, attempt: number): number {
  return 2 ** (attempt - 1) * (20 + (Number.parseInt(id.slice(-2), 16) || 0));
}

function newLease(options: LeaseOptions, clock: Clock): Lease {
  return {
    v: stateRecordVersion,
    holder: options.holder,
    since: new Date(clock.nowMs()).toISOString(),
    leaseSeconds: options.leaseSeconds,
  };
}

interface Beginning {
  readonly lease: Lease;
  readonly writer: StateWriter;
  readonly writtenAtMs: number;
}

function hold(log: StateLog, clock: Clock, options: LeaseOptions, beginning: Beginning): HeldByUs {
  const lost = new AbortController();
  const ended = new AbortController();
  const leaseMs = options.leaseSeconds * 1000;
  const own = { key: leaseKey(options.lease), value: encodeStateRecord(beginning.lease) };
  let writer = beginning.writer;
  /** Our clock before the last lease write that succeeded: the broker's append time is never earlier. */
  let writtenAtMs = beginning.writtenAtMs;
  let queue: Promise<void> = Promise.resolve();

  function lose(cause: unknown): LeaseLost {
    const error = cause instanceof LeaseLost ? cause : new LeaseLost(log.cluster, options.lease, cause);
    if (!lost.signal.aborted) lost.abort(error);
    ended.abort();
    return error;
  }

  function assertHeld(): void {
    lost.signal.throwIfAborted();
    if (clock.nowMs() - writtenAtMs >= leaseMs) throw lose(new Error('It was not renewed in time.'));
  }

  /** One transaction after another; each carries the lease itself, so that every write is a renewal. */
  function write(records: readonly StateWrite[]): Promise<void> {
    const written = queue.then(async () => {
      const startedAtMs = clock.nowMs();
      assertHeld();
      await rewrite([...records, own]);
      writtenAtMs = startedAtMs;
    });
    queue = written.catch(() => undefined);
    return written;
  }

  /**
   * A write can fail though the lease is ours: a process that asked at the same time fenced us, then found our lease and
   * gave up; or the cluster did not answer. While our record stands and is not over we write again with a new epoch. All
   * records are whole values of their keys, so writing them twice changes nothing.
   */
  async function rewrite(records: readonly StateWrite[]): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (attempt > 1) await reopen();
        await writer.write(records);
        return;
      } catch (error) {
        const over = clock.nowMs() - writtenAtMs >= leaseMs;
        if (error instanceof LeaseLost || attempt === writeAttemptsMax || over) throw lose(error);
        await clock.sleep(leaseMs / writeAttemptsMax, ended.signal).catch(() => {});
      }
    }
  }

  /** The same order as in taking it: read, Init, read again. */
  async function reopen(): Promise<void> {
    if (!(await isOurs())) throw new LeaseLost(log.cluster, options.lease, takenOver);
    writer = await log.openWriter(leaseTransactionalId(options.migration, options.lease));
    if (!(await isOurs())) throw new LeaseLost(log.cluster, options.lease, takenOver);
  }

  async function isOurs(): Promise<boolean> {
    return (await heldLease(log, options.lease))?.lease.holder.id === options.holder.id;
  }

  async function renewWhileHeld(): Promise<void> {
    while (!ended.signal.aborted) {
      await clock.sleep(Math.max(0, writtenAtMs + leaseMs * freshPart - clock.nowMs()), ended.signal).catch(() => {});
      if (ended.signal.aborted) return;
      if (clock.nowMs() - writtenAtMs >= leaseMs * freshPart) await write([]);
    }
  }

  /** The renewal itself can hang; the lease is then lost when it is over, not when the request gives up. */
  async function watchWhileHeld(): Promise<void> {
    while (!ended.signal.aborted) {
      const leftMs = writtenAtMs + leaseMs - clock.nowMs();
      if (leftMs <= 0) lose(new Error('It was not renewed in time.'));
      else await clock.sleep(leftMs, ended.signal).catch(() => {});
    }
  }

  const renewing = renewWhileHeld().catch((error: unknown) => void lose(error));
  const watching = watchWhileHeld();

  async function release(): Promise<void> {
    ended.abort();
    await Promise.all([renewing, watching]);
    await queue;
    if (lost.signal.aborted || clock.nowMs() - writtenAtMs >= leaseMs) return;
    await writer.write([{ key: own.key, value: null }]).catch(() => undefined);
  }

  return {
    name: options.lease,
    signal: lost.signal,
    write,
    async assertFresh() {
      lost.signal.throwIfAborted();
      if (clock.nowMs() - writtenAtMs > leaseMs * freshPart) await write([]);
      lost.signal.throwIfAborted();
    },
    assertHeld,
    release,
  };
}
