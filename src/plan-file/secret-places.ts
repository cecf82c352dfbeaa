import type { Pointer } from './location.ts';

const secretKeys = new Set(['password', 'key', 'token', 'clientSecret']);

/** True for values below a cluster's tls and auth: none of them is ever repeated in a message. */
export function isNearSecrets(pointer: Pointer): boolean {
  return pointer[0] === 'clusters' && (pointer[2] === 'auth' || pointer[2] === 'tls');
}

/** True where a password, key, token or client secret stands. */
export function isSecret(pointer: Pointer): boolean {
  return isNearSecrets(pointer) && pointer.length === 4 && secretKeys.has(String(pointer[3]));
}
