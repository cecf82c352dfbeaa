import { createHash } from 'node:crypto';
import { access, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './jars.ts';
import { type KafkaVersion, kafkaReleases } from './options.ts';
import { probeMachine } from './probe.ts';

/**
 * Kafka's classes as a JVM has them once they are parsed and verified (class data sharing, JEP 350): with it a broker of 4.1
 * is up after 1.2 instead of 2.4 seconds of CPU time, and most files of a run start some. It is of one release and one Java;
 * a JVM that can not use it goes without, and says nothing of it.
 */
async function archiveFile(version: KafkaVersion): Promise<string> {
  const { java } = await probeMachine();
  const javaHash = createHash('sha256').update(java).digest('hex').slice(0, 12);
  return join(cacheFolder(), `kafka-${kafkaReleases[version]}-java-${javaHash}.jsa`);
}

/** Flags of a JVM that uses the archive of `version`; none where there is no archive. */
export async function archiveFlags(version: KafkaVersion): Promise<readonly string[]> {
  const file = await archiveFile(version);
  return (await isThere(file)) ? [`-XX:SharedArchiveFile=${file}`, '-Xlog:cds=off', '-Xlog:class+path=off'] : [];
}

/**
 * Makes the archive of `version` where it is not there yet: `runOnce` is to run a broker with the flag that it gets, and to
 * stop it by SIGTERM. The file gets its name when it is whole.
 */
export async function ensureClassArchive(
  version: KafkaVersion,
  runOnce: (flag: string) => Promise<unknown>,
): Promise<void> {
  const file = await archiveFile(version);
  if (await isThere(file)) {
    return;
  }
  const partial = `${file}.partial-${process.pid}`;
  try {
    await runOnce(`-XX:ArchiveClassesAtExit=${partial}`);
    if (await isThere(partial)) {
      await rename(partial, file);
    }
  } finally {
    await rm(partial, { force: true });
  }
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
