/**
 * Keys of the state topic. A name within a key is its last part or is encoded with encodeURIComponent, so that no name
 * can look like another key.
 */
export type StateKey =
  | { readonly kind: 'lease'; readonly lease: LeaseName }
  | { readonly kind: 'journal'; readonly run: string; readonly step: string }
  | { readonly kind: 'applied'; readonly address: string }
  | { readonly kind: 'flow'; readonly flow: string }
  | { readonly kind: 'wanted'; readonly flow: string }
  | { readonly kind: 'loss'; readonly flow: string; readonly topic: string; readonly partition: number }
  /** Written only to read the broker's clock; never has a value. */
  | { readonly kind: 'probe' };

/** `control`, or `flow/<flow>` with the flow's name encoded. */
export type LeaseName = 'control' | `flow/${string}`;

/** Key of the record whose append time tells what the broker's clock says. */
export const probeKey = 'probe';

export function stateTopic(name: string): string {
  return `__kplan.${name}.state`;
}

export function positionsTopic(name: string): string {
  return `__kplan.${name}.positions`;
}

export function flowLease(flow: string): LeaseName {
  return `flow/${encodeURIComponent(flow)}`;
}

/**
 * Init on this id fences the lease's older holder and aborts what it left open. Names of migrations and flows have no
 * dots, so that none looks like the id of a flow's mirror or of another migration.
 */
export function leaseTransactionalId(name: string, lease: LeaseName): string {
  return `kplan.${name}.lease.${lease.replace('/', '.')}`;
}

export function leaseKey(lease: LeaseName): string {
  return `lease/${lease}`;
}

/** `run` holds no slash; a step's id may. */
export function journalKey(run: string, step: string): string {
  return `journal/${run}/${step}`;
}

export function appliedKey(address: string): string {
  return `applied/${address}`;
}

export function flowKey(flow: string): string {
  return `flow/${encodeURIComponent(flow)}`;
}

export function wantedKey(flow: string): string {
  return `wanted/${encodeURIComponent(flow)}`;
}

/** Of the source's partition. */
export function lossKey(
  flow: string,
  { topic, partition }: { readonly topic: string; readonly partition: number },
): string {
  return `loss/${encodeURIComponent(flow)}/${encodeURIComponent(topic)}/${partition}`;
}

/** Null for a key that this version does not know: it is left as it is. */
export function parseStateKey(key: string): StateKey | null {
  if (key === probeKey) return { kind: 'probe' };
  const slash = key.indexOf('/');
  const rest = key.slice(slash + 1);
  if (slash < 0 || rest === '') return null;
  switch (key.slice(0, slash)) {
    case 'lease':
      return rest === 'control' || isFlowLease(rest) ? { kind: 'lease', lease: rest } : null;
    case 'applied':
      return { kind: 'applied', address: rest };
    case 'flow':
      return ofFlow('flow', rest);
    case 'wanted':
      return ofFlow('wanted', rest);
    case 'loss':
      return lossOf(rest);
    case 'journal': {
      const end = rest.indexOf('/');
      return end < 0 ? null : { kind: 'journal', run: rest.slice(0, end), step: rest.slice(end + 1) };
    }
    default:
      return null;
  }
}

function ofFlow(kind: 'flow' | 'wanted', rest: string): StateKey | null {
  const flow = decoded(rest);
  return flow === null ? null : { kind, flow };
}

function lossOf(rest: string): StateKey | null {
  const [flow = '', topic = '', number = '', ...more] = rest.split('/');
  const [flowName, topicName] = [decoded(flow), decoded(topic)];
  if (!flowName || !topicName || !/^\d+$/.test(number) || more.length > 0) return null;
  return { kind: 'loss', flow: flowName, topic: topicName, partition: Number(number) };
}

/** Null where it is not what encodeURIComponent writes. */
function decoded(text: string): string | null {
  try {
    const name = decodeURIComponent(text);
    return encodeURIComponent(name) === text ? name : null;
  } catch {
    return null;
  }
}

function isFlowLease(name: string): name is `flow/${string}` {
  return name.startsWith('flow/');
}
