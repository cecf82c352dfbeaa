import type { CodeTable } from './code-definition.ts';

/** KP13xx: writing plan files (init, import, fmt). */
export const planWritingCodes = {
  KP1301: {
    title: 'The file is there already',
    severity: 'error',
    cause: 'A command that writes a new plan file was given the path of a file that exists.',
    fix: 'Name another file, or give --force to write over it.',
  },
  KP1302: {
    title: 'The file is not written',
    severity: 'error',
    cause: 'A plan file can not be written where it was wanted.',
    fix: 'Name a file in a folder that exists and that you may write to.',
  },
  KP1303: {
    title: 'No such cluster to import',
    severity: 'error',
    cause: 'import was told to read a cluster that the plan file named by --from does not define.',
    fix: 'Name a cluster of that plan file, or give its address: --cluster NAME=HOST:PORT.',
  },
  KP1304: {
    title: 'Can not be formatted',
    severity: 'error',
    cause: 'A comment stands where the canonical layout has no place for it; the file was left as it is.',
    fix: 'Put the comment on a line of its own above a key or a list entry.',
  },
  KP1305: {
    title: 'Too much for one plan file',
    severity: 'error',
    cause: 'What lives on the clusters is more than a plan file may hold.',
    fix: 'Import one cluster at a time, or fewer topics with --topics PATTERN.',
  },
  KP1306: {
    title: 'No topic to import',
    severity: 'warning',
    cause: 'A pattern of --topics matches no topic that can be imported.',
    fix: 'Correct the pattern; a plain one must match the whole name, with * for any characters.',
  },
} as const satisfies CodeTable;
