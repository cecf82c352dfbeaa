import type { Pointer } from './location.ts';

/** Where Kafka's settings stand: their values are taken as they are written. */
const settingPaths: readonly (readonly string[])[] = [
  ['defaults', 'config', 'set', 'ANY'],
  ['flows', 'ANY', 'mappings', 'ANY', 'config', 'set', 'ANY'],
  ['flows', 'ANY', 'tuning', 'producer', 'ANY'],
  ['flows', 'ANY', 'tuning', 'consumer', 'ANY'],
  ['topics', 'ANY', 'ANY', 'config', 'ANY'],
];

/** True where a value of Kafka's settings stands. */
export function isSettingValue(pointer: Pointer): boolean {
  return settingPaths.some(
    (path) =>
      path.length === pointer.length && path.every((segment, index) => segment === 'ANY' || segment === pointer[index]),
  );
}
