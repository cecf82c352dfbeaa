import type { Clock } from '../../../runner/engines/native/ports.ts';
import { ClusterFault, FencedError } from '../../../runner/kafka/cluster-fault.ts';
import type { StateLog } from '../../../runner/state/state-log.ts';
import { diagnostic } from '../../../src/diagnostics/diagnostic.ts';
import type { StateRecord } from '../../../src/state/state-codec.ts';

/** A state topic in memory, shared by the processes of a test. */
export interface FakeTopic {
  readonly records: StateRecord[];
  readonly epochs: Map<string, number>;
}

export interface FakeOptions {
  readonly topic: FakeTopic;
  readonly clock: Clock;
  /** What every request waits for first: latency, a broken network, or the end of the process (never). */
  readonly before?: (request: 'read' | 'time' | 'init' | 'write') => Promise<void>;
}

export function fakeTopic(): FakeTopic {
  return { records: [], epochs: new Map() };
}

/** Epochs and append times as a broker keeps them; transactions are whole. */
export function fakeStateLog({ topic, clock, before = async () => {} }: FakeOptions): StateLog {
  return {
    cluster: 'msk',
    topic: '__kplan.test.state',
    async read() {
      await before('read');
      return { records: [...topic.records], recordsSeen: [...topic.records] };
    },
    async brokerTimeMs() {
      await before('time');
      return clock.nowMs();
    },
    async openWriter(transactionalId) {
      await before('init');
      const epoch = (topic.epochs.get(transactionalId) ?? -1) + 1;
      topic.epochs.set(transactionalId, epoch);
      return {
        async write(records) {
          await before('write');
          if (topic.epochs.get(transactionalId) !== epoch) throw fenced();
          topic.records.push(...records.map((one) => ({ ...one, appendTimeMs: clock.nowMs() })));
        },
      };
    },
  };
}

export function unreachable(): ClusterFault {
  return new ClusterFault({ cluster: 'msk', request: 'Produce', errorName: 'NETWORK_EXCEPTION', retry: 'later' }, [
    diagnostic('KP3001', { summary: 'No broker of msk answered.' }),
  ]);
}

function fenced(): FencedError {
  return new FencedError({ cluster: 'msk', request: 'Produce', errorName: 'PRODUCER_FENCED', retry: 'never' }, [
    diagnostic('KP3001', { summary: 'Fenced.' }),
  ]);
}
