import { deepEqual, match } from 'node:assert/strict';
import { test } from 'uvu';
import { report } from '../../../runner/steps/mirror.ts';
import type { FlowWork } from '../../../runner/steps/step-handler.ts';
import type { Diagnostic } from '../../../src/diagnostics/diagnostic.ts';

const flow = { name: 'old-to-new', source: 'old', target: 'new' };

test('source partitions that are left out are told of by a warning with the first names', () => {
  const told: Diagnostic[] = [];
  const emit: FlowWork['emit'] = (event) => {
    if (event.event === 'diagnostic') told.push(event.diagnostic);
  };
  const sources = Array.from({ length: 8 }, (_, partition) => ({ topic: 'orders', partition }));
  for (const until of ['caught-up', 'stopped'] as const) {
    report({ event: 'left-out', flow: flow.name, sources }, flow, { emit }, until);
  }
  deepEqual(
    told.map(({ severity, code, address }) => `${severity} ${code} ${address}`),
    ['warning KP5026 flow/old-to-new', 'warning KP5026 flow/old-to-new'],
  );
  match(told[0]?.summary ?? '', /^No leader on cluster old answers for orders-0, .*orders-4 and 3 more: /);
});

test.run();
