import { randomUUID } from 'node:crypto';
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { NoFileError, SavePlanError } from './save-plan-error.ts';

/** A plan names every topic and address of a cluster: its owner reads it, nobody else. */
const ownerOnly = 0o600;

/**
 * Writes the file whole or not at all: a reader never sees a part of it, and a kill leaves the older one. `out` is
 * relative to `cwd`; a link stays one, and what is no file (a pipe, a device) stays what it is. Throws a SavePlanError.
 */
export async function savePlan(out: string, cwd: string, document: string): Promise<void> {
  const given = resolve(cwd, out);
  const path = await realpath(given).catch(() => given);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const there = await stat(path).catch(() => null);
    if (there !== null && !there.isFile() && !there.isDirectory()) throw new NoFileError();
    await writeFile(temporary, document, { mode: ownerOnly, flag: 'wx', flush: true });
    await rename(temporary, path);
  } catch (fault) {
    await rm(temporary, { force: true });
    throw new SavePlanError(out, fault);
  }
}
