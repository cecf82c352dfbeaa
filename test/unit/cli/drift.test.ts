import { tmpdir } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { drift } from '../../../src/cli/commands/drift.ts';
import { recordedIo } from '../../fixtures/apply/recorded-io.ts';

for (const format of ['text', 'json', 'markdown', 'junit', 'sarif'] as const) {
  test(`where kplan can not tell, the exit code is 1, ${format} too`, async () => {
    const io = recordedIo(tmpdir());
    assert.is(await drift({ file: 'there-is-no-such-file.yaml', format }, io), 1);
    assert.match(io.out() + io.err(), 'KP1009');
  });
}

test.run();
