import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { ExecutionPlan } from './execution-plan.ts';

/** SHA-256 (hex) over the canonical JSON (RFC 8785) of the document; its own `digest` is left out. */
export function digestOf(document: Omit<ExecutionPlan, 'digest'> & { readonly digest?: unknown }): string {
  const { digest: _left, ...rest } = document;
  const text = canonicalize(rest);
  if (text === undefined) throw new Error('an execution plan is always a JSON object');
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
