import { join } from 'node:path';
import type { ResolvedClusterOptions } from './options.ts';

/** The `java` to run: JAVA_HOME's, else the one on the PATH. */
export function javaFile(): string {
  const home = process.env.JAVA_HOME;
  return home === undefined || home === '' ? 'java' : join(home, 'bin', 'java');
}

/** A JVM that is to be up soon and gone soon: serial collector, first compiler only. */
export const fastStartFlags: readonly string[] = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

/** slf4j-simple writes warnings with their time to stderr. */
export const logFlags: readonly string[] = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
];

/** Flags of a broker's JVM. */
export function brokerFlags({
  heapMaxMb,
  jvm,
  jvmFlags,
}: Pick<ResolvedClusterOptions, 'heapMaxMb' | 'jvm' | 'jvmFlags'>): string[] {
  return [`-Xmx${heapMaxMb}m`, ...(jvm === 'fast-start' ? fastStartFlags : []), ...jvmFlags, ...logFlags];
}
