import type { FetchPosition } from '../engines/native/ports.ts';

/** What one Fetch request says of its session (KIP-227). Epoch 0 begins one, -1 is a request without. */
export interface SessionStep {
  readonly sessionId: number;
  readonly epoch: number;
  /** New ones and those that changed; with epoch 0 or -1 all. */
  readonly positions: readonly FetchPosition[];
  /** What the broker need not look at any more. */
  readonly forgotten: readonly FetchPosition[];
}

/** The broker remembers what it was asked for, so that a request names changes only, and its answer news only. */
export interface FetchSession {
  /** The next request, after which the broker looks at exactly these positions. */
  next(wanted: readonly FetchPosition[]): SessionStep;
  /** The broker took it and remembers it under this id; 0: it remembers nothing. */
  answered(sessionId: number): void;
  /** Nobody knows what the broker took, or it knows nothing of the session: the next request begins a new one. */
  lost(): void;
}

export function withoutSession(positions: readonly FetchPosition[]): SessionStep {
  return { sessionId: 0, epoch: -1, positions, forgotten: [] };
}

interface Told {
  position: FetchPosition;
  /** Number of the request that last wanted it. */
  wantedIn: number;
}

const epochMax = 2 ** 31 - 1;

export function createFetchSession(): FetchSession {
  let sessionId = 0;
  let epoch = 0;
  let requests = 0;
  let toldCount = 0;
  /** By topic and partition. */
  const told = new Map<string, (Told | undefined)[]>();

  function clear(): void {
    sessionId = 0;
    epoch = 0;
    toldCount = 0;
    told.clear();
  }

  function tell(position: FetchPosition): boolean {
    const topic = position.topicId ?? position.topic;
    const ofTopic = told.get(topic) ?? [];
    told.set(topic, ofTopic);
    const before = ofTopic[position.partition];
    if (before === undefined) {
      ofTopic[position.partition] = { position, wantedIn: requests };
      toldCount += 1;
      return true;
    }
    const isNews = !isSame(before.position, position);
    before.position = position;
    before.wantedIn = requests;
    return isNews;
  }

  function forget(): FetchPosition[] {
    const forgotten: FetchPosition[] = [];
    for (const ofTopic of told.values()) {
      for (const [partition, one] of ofTopic.entries()) {
        if (one === undefined || one.wantedIn === requests) continue;
        forgotten.push(one.position);
        ofTopic[partition] = undefined;
        toldCount -= 1;
      }
    }
    return forgotten;
  }

  return {
    next(wanted) {
      requests += 1;
      const positions = wanted.filter(tell);
      const forgotten = toldCount > wanted.length ? forget() : [];
      return { sessionId, epoch, positions, forgotten };
    },
    answered(id) {
      if (id === 0) return clear();
      sessionId = id;
      epoch = epoch === epochMax ? 1 : epoch + 1;
    },
    lost: clear,
  };
}

function isSame(a: FetchPosition, b: FetchPosition): boolean {
  return a.offset === b.offset && a.lastEpoch === b.lastEpoch && a.maxBytes === b.maxBytes;
}
