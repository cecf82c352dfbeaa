import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { type KafkaVersion, kafkaReleases } from './options.ts';

const dependencyPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
const pomFile = fileURLToPath(new URL('./pom.xml', import.meta.url));
const fetchTimeoutMs = 600_000;

/** Where Kafka's jars are kept between runs, outside the checkout: XDG_CACHE_HOME or ~/.cache, then kplan-test. */
export function cacheFolder(): string {
  const cache = process.env.XDG_CACHE_HOME;
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'kplan-test');
}

function jarsFolder(version: KafkaVersion): string {
  return join(cacheFolder(), `kafka-${kafkaReleases[version]}`);
}

/** Whether the jars of `version` are there. A folder of that name is always complete: see `fetchJars`. */
export async function hasJars(version: KafkaVersion): Promise<boolean> {
  return readdir(jarsFolder(version)).then(
    (files) => files.length > 0,
    () => false,
  );
}

let fetching: Promise<unknown> = Promise.resolve();

/**
 * Fetches the jars of `version` with Maven where they are not there yet, one version at a time (both write to Maven's
 * local repository). They come into a folder beside, which is then renamed: a killed fetch leaves nothing that looks good.
 */
export function ensureJars(version: KafkaVersion): Promise<void> {
  const done = fetching.then(async () => {
    if (!(await hasJars(version))) {
      await fetchJars(version);
    }
  });
  fetching = done.catch(() => undefined);
  return done;
}

async function fetchJars(version: KafkaVersion): Promise<void> {
  const folder = jarsFolder(version);
  await mkdir(dirname(folder), { recursive: true });
  const partial = await mkdtemp(`${folder}.partial-`);
  try {
    await copyDependencies(kafkaReleases[version], partial);
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (!(await hasJars(version))) {
      throw error;
    }
  }
}

async function copyDependencies(release: string, outputFolder: string): Promise<void> {
  const { failed, all } = await execa(
    'mvn',
    [
      '--batch-mode',
      '--quiet',
      `--file=${pomFile}`,
      `${dependencyPlugin}:copy-dependencies`,
      `-Dkafka.version=${release}`,
      '-DincludeScope=runtime',
      `-DoutputDirectory=${outputFolder}`,
    ],
    { reject: false, all: true, timeout: fetchTimeoutMs },
  );
  if (failed) {
    throw new Error(`Maven could not fetch the jars of Kafka ${release}:\n${all}`);
  }
}

/** Java's class path of Kafka `version` with its tools, Connect and MirrorMaker 2. Fetches the jars where needed. */
export async function classPath(version: KafkaVersion): Promise<string> {
  await ensureJars(version);
  return join(jarsFolder(version), '*');
}
