import type { FetchedPartition, FetchPosition, FetchRequest } from '../../runner/engines/native/ports.ts';
import type { SessionStep } from '../../runner/kafka/fetch-session.ts';
import { isEmpty } from './broker-reads.ts';

/** A partition as a broker remembers it for a session, with what it told of it last (`FetchSession.CachedPartition`). */
interface Remembered {
  readonly position: FetchPosition;
  highWatermark: bigint;
  logStart: bigint;
}

interface RememberedSession {
  readonly incarnation: number;
  epoch: number;
  /** In the order in which they are read: those that came with records go to the end. */
  readonly partitions: Map<string, Remembered>;
}

export interface SessionAnswer {
  readonly error: string | null;
  readonly sessionId: number;
  readonly partitions: readonly FetchedPartition[];
}

/** A request at the broker: looked at once when it comes, and again when it has waited. */
export interface SessionRead {
  /** Null: nothing is there yet, and the request waits. */
  look(waited: boolean): SessionAnswer | null;
}

/** What brokers remember of Fetch requests (`FetchSession.scala`). */
export interface FetchSessions {
  begin(broker: number, step: SessionStep, request: FetchRequest): SessionRead;
  /** As brokers do where others need the room. */
  forgetAll(): void;
}

const noPartitions = { sessionId: 0, partitions: [] };

export function createFetchSessions(
  fetch: (broker: number, request: FetchRequest) => FetchedPartition[],
  incarnationOf: (broker: number) => number,
): FetchSessions {
  const sessions = new Map<number, RememberedSession>();
  let idsGiven = 0;

  function opened(broker: number, { sessionId, epoch }: SessionStep): number | string {
    if (epoch === 0) {
      sessions.delete(sessionId);
      idsGiven += 1;
      sessions.set(idsGiven, { incarnation: incarnationOf(broker), epoch: 0, partitions: new Map() });
      return idsGiven;
    }
    const session = sessions.get(sessionId);
    if (session?.incarnation !== incarnationOf(broker)) return 'FETCH_SESSION_ID_NOT_FOUND';
    return session.epoch === epoch ? sessionId : 'INVALID_FETCH_SESSION_EPOCH';
  }

  return {
    begin(broker, step, request) {
      const id = opened(broker, step);
      const session = typeof id === 'number' ? sessions.get(id) : undefined;
      if (typeof id === 'string') return { look: () => ({ ...noPartitions, error: id }) };
      if (session === undefined) throw new Error('unreachable');
      remember(session, step);
      return {
        look(waited) {
          const positions = [...session.partitions.values()].map((one) => one.position);
          const partitions = fetch(broker, { ...request, positions });
          if (!waited && isEmpty(partitions)) return null;
          return { error: null, sessionId: id, partitions: partitions.filter((one) => isNews(session, one)) };
        },
      };
    },
    forgetAll: () => sessions.clear(),
  };
}

function keyOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}-${partition}`;
}

function remember(session: RememberedSession, { positions, forgotten }: SessionStep): void {
  session.epoch += 1;
  for (const one of forgotten) session.partitions.delete(keyOf(one));
  for (const position of positions) {
    const before = session.partitions.get(keyOf(position));
    const isKnown = before?.position.topicId === position.topicId;
    const told = { highWatermark: -1n, logStart: -1n, ...(isKnown ? before : {}) };
    session.partitions.set(keyOf(position), { ...told, position });
  }
}

/** Notes what is told now; an error is told each time, and what follows it as well. */
function isNews({ partitions }: RememberedSession, answer: FetchedPartition): boolean {
  const one = partitions.get(keyOf(answer));
  if (one === undefined) return false;
  const { error, highWatermark, logStartOffset: logStart, records, diverging } = answer;
  const isSame = one.highWatermark === highWatermark && one.logStart === logStart;
  one.highWatermark = error === null ? highWatermark : -1n;
  one.logStart = logStart;
  if (records.length > 0) {
    partitions.delete(keyOf(answer));
    partitions.set(keyOf(answer), one);
  }
  return error !== null || records.length > 0 || diverging !== undefined || !isSame;
}
