import { type LeaseName, leaseKey } from '../../src/state/keys.ts';
import type { Lease } from '../../src/state/records.ts';
import { foldState } from '../../src/state/state-codec.ts';
import type { StateLog, StateView } from './state-log.ts';

/** Who holds a lease, and for how long at most if its holder died at this moment. */
export interface HeldLease {
  readonly lease: Lease;
  readonly renewedAtMs: number;
  readonly remainingMs: number;
}

/** The lease's newest record, or null where nobody took it or its holder gave it back. */
export function newestLease(
  view: StateView,
  name: LeaseName,
): { readonly lease: Lease; readonly renewedAtMs: number } | null {
  const own = view.recordsSeen.filter(({ key }) => key === leaseKey(name));
  return foldState(own).snapshot.leases.get(name) ?? null;
}

/** Reads who holds the lease now, by the broker's clock alone; null where it is free or over. */
export async function heldLease(log: StateLog, name: LeaseName): Promise<HeldLease | null> {
  const newest = newestLease(await log.read(), name);
  if (newest === null) return null;
  const remainingMs = newest.renewedAtMs + newest.lease.leaseSeconds * 1000 - (await log.brokerTimeMs());
  return remainingMs > 0 ? { ...newest, remainingMs } : null;
}
