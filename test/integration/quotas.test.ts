import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { entityKey } from '../../src/resources/quota/live-quota.ts';
import { type DeclaredFile, declaredFile } from '../fixtures/apply/declared-file.ts';

async function live(at: DeclaredFile, entity: object): Promise<Readonly<Record<string, number>> | undefined> {
  const quotas = await at.cluster.reader.describeQuotas();
  return quotas.find((one) => entityKey(one.entity) === entityKey(entity))?.limits;
}

test('a limit that the brokers refuse fails before anything is done, with their words', async () => {
  const at = await declaredFile('target');
  await at.write(`quotas:
  only:
    - { entity: { user: ${at.name} }, limits: { producer_byte_rate: 10 } }
    - { entity: { ip: "no.such.host.invalid" }, limits: { connection_creation_rate: 1 } }
`);
  const refused = await at.apply();
  assert.is(refused.code, 1, refused.io.out());
  assert.match(refused.io.out(), /KP2401[\s\S]+no\.such\.host\.invalid/);
  assert.is(await live(at, { user: at.name }), undefined);
  await at.close();
});

test.run();
