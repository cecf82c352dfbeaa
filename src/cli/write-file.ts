import { randomUUID } from 'node:crypto';
import { link, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Diagnostic, diagnostic } from '../diagnostics/diagnostic.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'that is a folder',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'nothing can be written there',
  ENOSPC: 'the disk is full',
};

const usualMode = 0o644;
const permissionBits = 0o777;

/**
 * Writes a plan file whole or not at all; a kill leaves what was there. `path` is relative to `cwd`; a link is followed,
 * and the permissions of a file that is written over are kept. Without `overwrite`, a file that is there stays (KP1301).
 *
 * @returns why the file could not be written; undefined where it was
 */
export async function writePlanFile(
  path: string,
  cwd: string,
  text: string,
  options: { readonly overwrite: boolean },
): Promise<Diagnostic | undefined> {
  const target = await realpath(resolve(cwd, path)).catch(() => resolve(cwd, path));
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    const found = await stat(target).catch(() => undefined);
    if (found !== undefined && !options.overwrite) return alreadyThere(path);
    const mode = found === undefined ? usualMode : found.mode & permissionBits;
    await writeFile(temporary, text, { mode, flag: 'wx', flush: true });
    await (options.overwrite ? rename(temporary, target) : link(temporary, target));
    return undefined;
  } catch (fault) {
    const code = fault instanceof Error && 'code' in fault ? String(fault.code) : 'unknown error';
    if (code === 'EEXIST') return alreadyThere(path);
    const why = reasons[code] ?? code;
    return diagnostic('KP1302', { file: path, summary: `${path} can not be written: ${why}.` });
  } finally {
    await rm(temporary, { force: true });
  }
}

function alreadyThere(path: string): Diagnostic {
  return diagnostic('KP1301', { file: path, summary: `${path} is there already.` });
}
