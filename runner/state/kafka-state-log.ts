import { diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { probeKey, stateTopic } from '../../src/state/keys.ts';
import type { Clock, ProducerIdentity, TransactionalLog } from '../engines/native/ports.ts';
import { brokerFault } from '../kafka/broker-fault.ts';
import { ClusterFault } from '../kafka/cluster-fault.ts';
import { buildBatch } from '../records/build.ts';
import { nextSequence } from '../records/restamp.ts';
import { appendBatch, batchParts, produceFault } from './append-batch.ts';
import { readLog } from './read-log.ts';
import type { StateLog, StateWrite, StateWriter } from './state-log.ts';

/** The brokers abort what a dead writer left open after this; nobody waits for it. */
const transactionTimeoutMs = 15_000;
/**
 * Records of more bytes are compressed: a flow that is handed over is one record, members and all, and of some 5,800 topics it
 * would be larger than a message may be (`max.message.bytes`). Every broker and every reader knows gzip.
 */
const compressedFromBytes = 65_536;
/** How often it is looked for: brokers learn of a new topic one after the other, and any of them may be asked. */
const looksMax = 30;
const lookPauseMs = 200;

/** The state topic `__kplan.<migration>.state` on a real cluster; it must be there. */
export function kafkaStateLog(log: TransactionalLog, clock: Clock, migration: string): StateLog {
  const topic = stateTopic(migration);
  return {
    cluster: log.cluster,
    topic,
    async read() {
      for (let count = 1; ; count += 1) {
        const view = await readLog(log, topic, clock);
        if (view !== null) return view;
        if (count === looksMax) throw produceFault(log, topic, 'UNKNOWN_TOPIC_OR_PARTITION');
        await clock.sleep(lookPauseMs);
      }
    },
    async brokerTimeMs() {
      const batch = batchOf([{ key: probeKey, value: null }], clock);
      const appendTimeMs = await appendBatch(log, clock, { topic, producer: null, batch });
      if (appendTimeMs < 0n) throw wrongTimestampType(log, topic);
      return Number(appendTimeMs);
    },
    async openWriter(transactionalId) {
      return openWriter(log, clock, topic, await log.initProducer(transactionalId, transactionTimeoutMs));
    },
  };
}

function openWriter(log: TransactionalLog, clock: Clock, topic: string, producer: ProducerIdentity): StateWriter {
  let sequence = 0;
  return {
    async write(records) {
      await log.addPartitions(producer, [{ topic, partition: 0 }]);
      for (const part of batchParts(records, bytesOf)) {
        await appendBatch(log, clock, { topic, producer, batch: batchOf(part, clock, { producer, sequence }) });
        sequence = nextSequence(sequence, part.length);
      }
      const { mayComeAgain } = await log.endTransaction(producer, 'commit');
      if (mayComeAgain) throw answerLost(log, topic);
    },
  };
}

function bytesOf({ key, value }: StateWrite): number {
  return Buffer.byteLength(key) + Buffer.byteLength(value ?? '');
}

function batchOf(
  records: readonly StateWrite[],
  clock: Clock,
  by?: { readonly producer: ProducerIdentity; readonly sequence: number },
): Buffer {
  const timestamp = BigInt(clock.nowMs());
  const bytes = records.reduce((sum, one) => sum + bytesOf(one), 0);
  return buildBatch({
    codec: bytes < compressedFromBytes ? 'none' : 'gzip',
    records: records.map(({ key, value }) => ({
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      timestamp,
    })),
    ...(by === undefined ? {} : { stamp: stampOf(by.producer, by.sequence) }),
  });
}

function stampOf({ producerId, producerEpoch }: ProducerIdentity, baseSequence: number) {
  return { producerId, producerEpoch, baseSequence, transactional: true };
}

/** What is written is written, but the next write must not be ended by this one's commit: it wants a new epoch. */
function answerLost({ cluster }: TransactionalLog, topic: string): ClusterFault {
  return brokerFault({ cluster, request: 'EndTxn' }, { errorName: 'NETWORK_EXCEPTION', resource: topic });
}

function wrongTimestampType({ cluster }: TransactionalLog, topic: string): ClusterFault {
  return new ClusterFault({ cluster, request: 'Produce', errorName: 'INVALID_CONFIG', retry: 'never' }, [
    diagnostic('KP4006', {
      summary: `Topic ${topic} on cluster ${cluster} does not have message.timestamp.type=LogAppendTime.`,
      fix: `Set message.timestamp.type=LogAppendTime on topic ${topic}: leases are judged by the broker's clock.`,
    }),
  ]);
}
