import type { DiagnosticCode } from '../../src/diagnostics/codes.ts';
import { type Diagnostic, diagnostic } from '../../src/diagnostics/diagnostic.ts';
import type { RetryPace } from './error-table.ts';

/** Where something failed: enough for a person to find the broker and for a log to be searched. */
export interface FaultPlace {
  /** The cluster's name in the plan file. */
  readonly cluster: string;
  /** Kafka's name of the request (`Fetch`), or what was done (`connect`). */
  readonly request: string;
  /** `host:port`, where one broker was asked. */
  readonly broker?: string | undefined;
}

export interface FaultParts extends FaultPlace {
  readonly code: DiagnosticCode;
  /** Kafka's name of the error; `NETWORK_EXCEPTION` where no answer came. */
  readonly errorName: string;
  readonly retry: RetryPace;
  /** So long it asks not to be asked again. */
  readonly retryAfterMs?: number | undefined;
  readonly summary: string;
  readonly detail?: string | undefined;
  readonly fix?: string | undefined;
}

/** How often and how long a request was tried before its fault was given up on. */
export interface Attempts {
  readonly count: number;
  readonly elapsedMs: number;
}

/**
 * A request that a cluster did not do. `diagnostics` says it to people (one, but where several values of a connection's
 * settings are missing); it never holds a secret, for secrets never enter a fault.
 */
export class ClusterFault extends Error {
  override readonly name: string = 'ClusterFault';
  readonly cluster: string;
  readonly request: string;
  readonly broker: string | undefined;
  readonly errorName: string;
  readonly retry: RetryPace;
  readonly retryAfterMs: number | undefined;
  readonly diagnostics: readonly [Diagnostic, ...Diagnostic[]];

  constructor(
    place: FaultPlace & Pick<FaultParts, 'errorName' | 'retry' | 'retryAfterMs'>,
    diagnostics: readonly [Diagnostic, ...Diagnostic[]],
  ) {
    super(diagnostics.map((one) => one.summary).join(' '));
    this.cluster = place.cluster;
    this.request = place.request;
    this.broker = place.broker;
    this.errorName = place.errorName;
    this.retry = place.retry;
    this.retryAfterMs = place.retryAfterMs;
    this.diagnostics = diagnostics;
  }

  get diagnostic(): Diagnostic {
    return this.diagnostics[0];
  }

  get retriable(): boolean {
    return this.retry !== 'never';
  }
}

/** Another process has taken over this transactional id: stop, and change nothing more. */
export class FencedError extends ClusterFault {
  override readonly name = 'FencedError';
}

export function clusterFault(parts: FaultParts): ClusterFault {
  const { code, summary, detail, fix } = parts;
  const found = diagnostic(code, { summary, detail, fix });
  return code === 'KP3016' ? new FencedError(parts, [found]) : new ClusterFault(parts, [found]);
}

/** The same fault after it was given up on: how often it was tried stands in its detail. */
export function afterAttempts(fault: ClusterFault, attempts: Attempts): ClusterFault {
  if (attempts.count < 2) return fault;
  const seconds = (attempts.elapsedMs / 1000).toFixed(1);
  const tried = `Tried ${attempts.count} times in ${seconds} s.`;
  const [first, ...rest] = fault.diagnostics;
  const detail = first.detail === undefined ? tried : `${first.detail} ${tried}`;
  return new ClusterFault(fault, [{ ...first, detail }, ...rest]);
}
