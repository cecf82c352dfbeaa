import { appendRun } from '../../../src/offset-map/append.ts';
import type { Segment } from '../../../src/offset-map/segment.ts';
import { createAlarm } from './alarm.ts';
import { checkSourceTopics } from './check-source-topics.ts';
import type { Delivery } from './delivery.ts';
import {
  aheadBytesMax,
  aheadRunsMax,
  aheadWindowBytesMax,
  positionsBytesPerSecondMax,
  producerKnownMs,
} from './limits.ts';
import { hasMoved, type MirroredPartition } from './partition.ts';
import { bytesToEncode, prepareNext } from './prepare.ts';
import { allHalted, awaitAnswers, fail, reached, type Session, throwIfFailed } from './session.ts';
import type { ReadyBatch, TargetPartition } from './target-partition.ts';
import { type PositionToWrite, positionOf, reportCommit, writePositions } from './write-positions.ts';

/**
 * Records outside of any transaction, seen at once and never twice. Before any is sent its place is told (`ahead`), in a
 * position that is written and acknowledged; the next ones are told while these are sent:
 *
 *   source   | stored, known to stand | ahead: sent, answered or not | ahead: to be sent | ready | queued
 *            ^ nextSource of the stored position                     |                   ^ announcedSource
 *
 * Whoever goes on finds by the target's log how much of `ahead` arrived (`settle-ahead.ts`). A clean end leaves it empty.
 */
export function openIdempotent(session: Session): Delivery {
  const { flow, partitions, work } = session;
  const { tuning, until, signal } = flow.options;
  const due = createAlarm(session);
  const pause = createAlarm(session);
  const storedAhead = new Set<MirroredPartition>();
  let writing = false;
  /** Index of the partition whose records are told of first. */
  let rotation = 0;

  function isUnsaved(one: MirroredPartition): boolean {
    return one.fresh || one.writtenSource !== one.committedSource || storedAhead.has(one);
  }

  /** Makes batches ready, as many as may be told of now: one of each partition in turn. What found no room is first next time. */
  function prepareWindow(): void {
    let left = aheadWindowBytesMax;
    let first: MirroredPartition | null = null;
    const line = [...partitions.slice(rotation), ...partitions.slice(0, rotation)]
      .filter(({ queue }) => queue.length > 0)
      .map((partition) => ({ partition, room: aheadBytesMax - onTheWay(partition).bytes }));
    const hasMore = ({ partition, room }: (typeof line)[number]) => partition.queue.length > 0 && room > 0;
    for (let turn = line.filter(hasMore); turn.length > 0 && left > 0; turn = turn.filter(hasMore)) {
      for (const one of turn) {
        if (left <= 0 || !session.budget.mayEncode(bytesToEncode(session, one.partition))) {
          first ??= one.partition;
          one.room = 0;
          continue;
        }
        const before = one.partition.queuedBytes;
        prepareNext(session, one.partition);
        one.room -= before - one.partition.queuedBytes;
        left -= before - one.partition.queuedBytes;
      }
    }
    if (first !== null) rotation = partitions.indexOf(first);
  }

  async function write(written: readonly MirroredPartition[], announce: boolean): Promise<void> {
    const windows = written.map((one) => (announce ? windowOf(one) : emptyWindow(one)));
    const positions = written.map((one, index) => {
      const { producerId, producerEpoch } = session.producer;
      const { runs, nextSource } = windows[index] ?? emptyWindow(one);
      const sourceEpochs = one.epochs.filter(({ from }) => from >= one.writtenSource && from < nextSource);
      const ahead = { producerId, producerEpoch, sequence: one.to.writtenSequence, runs, nextSource, sourceEpochs };
      return positionOf(session, one, { nextTarget: one.to.writtenTarget, ahead });
    });
    const [bytes] = await Promise.all([writePositions(session, positions, false), checkSourceTopics(session, written)]);
    for (const [index, one] of positions.entries()) {
      const window = windows[index];
      one.noteWritten();
      if (window === undefined) continue;
      one.partition.announcedSource = window.endSource;
      if (window.runs.length > 0) storedAhead.add(one.partition);
      else storedAhead.delete(one.partition);
    }
    pause.clear();
    const pauseMs = (bytes * 1000) / positionsBytesPerSecondMax;
    if (pauseMs >= 1) pause.set(pauseMs);
    const news = positions.filter((one: PositionToWrite) => one.isNews);
    if (news.length > 0) reportCommit(session, news);
  }

  return {
    transactional: false,
    isUrgent: false,
    async admit() {
      if (writing || (pause.isSet && !pause.rang)) return;
      prepareWindow();
      const news = partitions.filter((one) => one.fresh || hasUnannounced(one));
      const written = due.rang ? partitions.filter((one) => isUnsaved(one) || hasUnannounced(one)) : news;
      if (due.rang) due.clear();
      else if (partitions.some(isUnsaved)) due.set(tuning.commitIntervalMs);
      if (written.length === 0) return;
      writing = true;
      write(written, true)
        .catch((error: unknown) => fail(session, error))
        .finally(() => {
          writing = false;
          work.notify();
        });
    },
    take(target) {
      const first = target.ready.peek(0);
      if (first === undefined || firstSourceOf(first) >= first.from.announcedSource) return undefined;
      return isUnknownProducer(target, flow.options.clock.nowMs()) ? undefined : target.ready.shift();
    },
    taken(ready) {
      flow.progress.written(ready.recordCount, ready.batch.length);
      flow.progress.ended('commit');
    },
    mustCommit() {
      if (!writing && !partitions.some((one) => isUnsaved(one) || hasMoved(one))) return false;
      if (signal.aborted) return true;
      return (until === 'caught-up' || allHalted(session)) && reached(session, 'nextSource');
    },
    async commit() {
      while (writing) await work.wait();
      await awaitAnswers(session);
      await write(partitions.filter(isUnsaved), false);
      throwIfFailed(session);
    },
    close() {
      due.clear();
      pause.clear();
    },
  };
}

/**
 * A leader lets a producer that it does not know begin with any sequence (`ProducerAppendInfo.checkSequence`): behind a first
 * batch that it refuses, the second one would take its place. So the first is answered before the second is sent, at the
 * beginning and after a pause in which the leader may have forgotten us.
 */
function isUnknownProducer({ unanswered, answeredAtMs }: TargetPartition, nowMs: number): boolean {
  return unanswered.length > 0 && nowMs - answeredAtMs > producerKnownMs;
}

/** What a position tells of a partition's records that may come. */
interface Window {
  readonly runs: readonly Segment[];
  /** The position once they stand. */
  readonly nextSource: bigint;
  /** The first source offset of the batch that they do not tell of. */
  readonly endSource: bigint;
}

/** What is on its way, and what is ready as far as the record has room: one batch at least. */
function windowOf(partition: MirroredPartition): Window {
  const runs: Segment[] = [];
  const { unanswered, ready, writtenTarget } = partition.to;
  let target = writtenTarget;
  let nextSource = partition.writtenSource;
  const add = (batch: ReadyBatch) => {
    nextSource = batch.next;
    for (const { source, length } of batch.runs) {
      appendRun(runs, { source, target, length: BigInt(length) });
      target += BigInt(length);
    }
  };
  for (let i = 0; i < unanswered.length; i += 1) {
    const sent = unanswered.peek(i);
    if (sent !== undefined) add(sent.ready);
  }
  for (let i = 0; i < ready.length; i += 1) {
    const batch = ready.peek(i);
    if (batch === undefined) break;
    const isTold = firstSourceOf(batch) < partition.announcedSource;
    if (!isTold && runs.length > 0 && runs.length + batch.runs.length > aheadRunsMax) {
      return { runs, nextSource, endSource: firstSourceOf(batch) };
    }
    add(batch);
  }
  return { runs, nextSource, endSource: partition.nextReady };
}

/** Nothing is on its way and nothing more will be sent without being told of again. */
function emptyWindow(partition: MirroredPartition): Window {
  return { runs: [], nextSource: partition.writtenSource, endSource: partition.nextSource };
}

function onTheWay({ to: { unanswered, ready } }: MirroredPartition): { readonly bytes: number } {
  let bytes = 0;
  for (let i = 0; i < unanswered.length; i += 1) bytes += unanswered.peek(i)?.ready.batch.length ?? 0;
  for (let i = 0; i < ready.length; i += 1) bytes += ready.peek(i)?.batch.length ?? 0;
  return { bytes };
}

function hasUnannounced({ to, announcedSource }: MirroredPartition): boolean {
  const last = to.ready.last();
  return last !== undefined && firstSourceOf(last) >= announcedSource;
}

function firstSourceOf({ runs }: ReadyBatch): bigint {
  const first = runs[0];
  if (first === undefined) throw new Error('a batch without records is never made ready');
  return first.source;
}
