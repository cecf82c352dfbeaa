import { buildBatch, type NewRecord } from '../../runner/records/build.ts';
import { type Codec, codecs } from '../../runner/records/header.ts';
import type { Random } from './random.ts';
import { appendMarker, appendStored, type SimulatedPartition } from './simulated-partition.ts';

/** Writes to a source partition what brokers of all kinds hold there: the engine must take it as it comes. */
export interface SourceWriter {
  /** One batch, marker or piece of a transaction. */
  write(log: SimulatedPartition): void;
  /** Ends the transactions that are open. */
  finish(log: SimulatedPartition): void;
}

const producersMax = 3;

export function createSourceWriter(random: Random, nowMs: () => number): SourceWriter {
  let written = 0;
  return {
    write(log) {
      const producerId = BigInt(7_000 + random.between(1, producersMax));
      const producer = { producerId, producerEpoch: 0 };
      const open = log.open.has(producerId);
      if (open && random.chance(0.4)) {
        appendMarker(log, random.chance(0.3) ? 'ABORT' : 'COMMIT', producer, BigInt(nowMs()));
        return;
      }
      const transactional = open || random.chance(0.3);
      const base = random.chance(0.1) ? log.end + BigInt(random.between(1, 20)) : log.end;
      appendStored(log, anyBatch(base, transactional ? producerId : null), base);
    },
    finish(log) {
      for (const producerId of [...log.open.keys()]) {
        appendMarker(log, random.chance(0.3) ? 'ABORT' : 'COMMIT', { producerId, producerEpoch: 0 }, BigInt(nowMs()));
      }
    },
  };

  function anyBatch(base: bigint, producerId: bigint | null): Buffer {
    const count = random.chance(0.5) ? 1 : random.between(1, 40);
    const compacted = random.chance(0.15);
    const records: NewRecord[] = [];
    let offset = base;
    for (let i = 0; i < count; i += 1) {
      if (compacted) offset += BigInt(random.between(0, 3));
      records.push({ ...anyRecord(), offset });
      offset += 1n;
    }
    const last = Number(offset - base) - 1;
    const empty = compacted && random.chance(0.2);
    const codec: Codec = random.chance(0.5) ? 'none' : random.pick(codecs);
    return buildBatch({
      records: empty ? [] : records,
      codec: empty ? 'none' : codec,
      baseOffset: base,
      lastOffsetDelta: last + (compacted ? random.between(0, 3) : 0),
      ...(random.chance(0.1) ? { logAppendTime: BigInt(nowMs()) } : {}),
      ...(producerId === null ? {} : { stamp: { producerId, producerEpoch: 0, baseSequence: 0, transactional: true } }),
    });
  }

  function anyRecord(): NewRecord {
    written += 1;
    const value = Buffer.alloc(random.chance(0.05) ? random.between(0, 3_000) : random.between(0, 60), `${written} `);
    const header = {
      key: Buffer.from(`h${random.between(0, 2)}`),
      value: random.chance(0.2) ? null : Buffer.from('v'),
    };
    return {
      key: random.chance(0.2) ? null : Buffer.from(`key ${written}`),
      value: random.chance(0.1) ? null : value,
      headers: Array.from({ length: random.between(0, 2) }, () => header),
      timestamp: BigInt(nowMs() - random.between(0, 100_000)),
    };
  }
}
