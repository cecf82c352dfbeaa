import { inspect } from 'node:util';
import type { SASLOptions } from '@platformatic/kafka';

/** Everything a connection to one cluster needs; secrets are read, so it must not be printed: JSON and inspect leave them out. */
export interface ConnectionSettings {
  /** The cluster's name in the plan file. */
  readonly cluster: string;
  readonly clientId: string;
  /** `host:port`, asked in this order. */
  readonly bootstrap: readonly string[];
  readonly tls?: TlsSettings;
  readonly sasl?: SaslSettings;
  /** What a broker calls itself (`host:port`) to where it is reached from here. */
  readonly addressMap: ReadonlyMap<string, string>;
}

export interface TlsSettings {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
}

export type SaslSettings =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: 'OAUTHBEARER';
      /** A token that is valid now; asked for again for each connection and each re-authentication. */
      readonly token: () => Promise<string>;
    };

/** Settings without what is secret: for messages, logs and JSON. */
export interface SettingsDescription {
  readonly cluster: string;
  readonly clientId: string;
  readonly bootstrap: readonly string[];
  readonly tls: boolean;
  readonly mechanism: string | null;
  readonly addressMap: Readonly<Record<string, string>>;
}

export function describeSettings(settings: ConnectionSettings): SettingsDescription {
  return {
    cluster: settings.cluster,
    clientId: settings.clientId,
    bootstrap: settings.bootstrap,
    tls: settings.tls !== undefined,
    mechanism: settings.sasl?.mechanism ?? null,
    addressMap: Object.fromEntries(settings.addressMap),
  };
}

/** Makes settings that cannot be printed by accident: `JSON.stringify` and `inspect` show the description only. */
export function connectionSettings(parts: Omit<ConnectionSettings, 'clientId'>): ConnectionSettings {
  const { cluster, bootstrap, addressMap, tls, sasl } = parts;
  const settings: ConnectionSettings = {
    cluster,
    clientId: 'kplan',
    bootstrap,
    addressMap,
    ...(tls === undefined ? {} : { tls: shownAs({ ...tls }, () => ({ serverName: tls.serverName })) }),
    ...(sasl === undefined ? {} : { sasl: shownAs({ ...sasl }, () => ({ mechanism: sasl.mechanism })) }),
  };
  return shownAs(settings, () => describeSettings(settings));
}

function shownAs<T extends object>(value: T, describe: () => object): T {
  Object.defineProperty(value, 'toJSON', { value: describe, enumerable: false });
  Object.defineProperty(value, inspect.custom, { value: describe, enumerable: false });
  return Object.freeze(value);
}

/** The SASL part as @platformatic/kafka takes it. */
export function saslOptions(sasl: SaslSettings): SASLOptions {
  return sasl.mechanism === 'OAUTHBEARER'
    ? { mechanism: sasl.mechanism, token: sasl.token }
    : { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password };
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `host:port` or `[v6]:port`; undefined where it is not one. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]/]+)):(\d{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

export function addressText(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** Where an address that the cluster names is reached from here. */
export function reachedAt(settings: ConnectionSettings, named: Address): Address {
  const mapped = settings.addressMap.get(addressText(named));
  return (mapped === undefined ? undefined : parseAddress(mapped)) ?? named;
}
