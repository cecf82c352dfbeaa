import { recordBuffers } from '../records/record-buffers.ts';
import { type BrokerConnection, openConnection } from './connection.ts';
import { openRecordConnection } from './record-connection.ts';
import { type Address, addressText, type ConnectionSettings } from './settings.ts';

/**
 * Connections of one cluster, by broker and purpose: a broker answers one connection's requests in order, so that what
 * waits long (Fetch) must not stand before what is urgent. Opened when used, opened again after a loss.
 */
export interface ConnectionPool {
  /**
   * Runs `operation` on a connection to the address for this purpose. With `connectionsMax` 1 all requests of a purpose
   * go one way in the order of the calls (producing needs that); more lets independent waits stand side by side.
   */
  use<R>(address: Address, purpose: Purpose, operation: (connection: BrokerConnection) => Promise<R>): Promise<R>;
  close(): Promise<void>;
}

export interface Purpose {
  readonly name: string;
  readonly connectionsMax: number;
  /** What its requests or their answers carry. */
  readonly carries?: 'records';
}

type Open = (settings: ConnectionSettings, address: Address, purpose: Purpose) => Promise<BrokerConnection>;

/** What one cluster's connections keep of buffers that are not in use. */
const spareBytesMax = 32 * 1_048_576;

function openFor(): Open {
  const buffers = recordBuffers(spareBytesMax);
  return (settings, address, { carries }) =>
    carries === 'records' ? openRecordConnection(settings, address, buffers) : openConnection(settings, address);
}

interface Slot {
  readonly opening: Promise<BrokerConnection>;
  connection: BrokerConnection | undefined;
  users: number;
}

export function connectionPool(settings: ConnectionSettings, open: Open = openFor()): ConnectionPool {
  const slots = new Map<string, Slot[]>();

  function take(address: Address, purpose: Purpose): Slot {
    const key = `${addressText(address)} ${purpose.name}`;
    const living = (slots.get(key) ?? []).filter((one) => one.connection?.isOpen() !== false);
    slots.set(key, living);
    const leastUsed = living.toSorted((a, b) => a.users - b.users)[0];
    if (leastUsed !== undefined && (leastUsed.users === 0 || living.length >= purpose.connectionsMax)) return leastUsed;
    const slot: Slot = { opening: open(settings, address, purpose), connection: undefined, users: 0 };
    living.push(slot);
    slot.opening.then(
      (connection) => {
        slot.connection = connection;
      },
      () => {
        slots.set(
          key,
          (slots.get(key) ?? []).filter((one) => one !== slot),
        );
      },
    );
    return slot;
  }

  /**
   * One connection to a broker broke: those that nobody waits on may have broken with it, without a word (a firewall that
   * forgot them). The next request would find out only when it has waited in vain.
   */
  function dropIdle(address: Address): void {
    for (const [key, all] of slots) {
      if (!key.startsWith(`${addressText(address)} `)) continue;
      const idle = all.filter(({ users }) => users === 0);
      slots.set(
        key,
        all.filter((one) => !idle.includes(one)),
      );
      for (const { connection } of idle) connection?.close().catch(() => {});
    }
  }

  return {
    async use(address, purpose, operation) {
      const slot = take(address, purpose);
      slot.users += 1;
      try {
        return await operation(await slot.opening);
      } finally {
        slot.users -= 1;
        if (slot.connection?.isOpen() === false) dropIdle(address);
      }
    },
    async close() {
      const all = [...slots.values()].flat();
      slots.clear();
      await Promise.allSettled(all.map(async (one) => (await one.opening).close()));
    },
  };
}
