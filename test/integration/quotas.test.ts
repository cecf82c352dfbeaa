import { randomInt } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { entityKey } from '../../src/resources/quota/live-quota.ts';
import { type DeclaredFile, declaredFile } from '../fixtures/apply/declared-file.ts';

/** Addresses of 198.18.0.0/15 are nobody's (RFC 2544). */
const unusedAddress = () => `198.18.${randomInt(256)}.${randomInt(256)}`;

async function live(at: DeclaredFile, entity: object): Promise<Readonly<Record<string, number>> | undefined> {
  const quotas = await at.cluster.reader.describeQuotas();
  return quotas.find((one) => entityKey(one.entity) === entityKey(entity))?.limits;
}

async function applied(at: DeclaredFile, quotas: string): Promise<void> {
  await at.write(`quotas:\n  only:\n${quotas}\n`);
  const changed = await at.plan();
  assert.is(changed.code, 2, changed.io.out() + changed.io.err());
  const done = await at.apply();
  assert.is(done.code, 0, done.io.out());
  const again = await at.plan();
  assert.is(again.code, 0, again.io.out());
}

for (const shared of ['source', 'target'] as const) {
  test(`${shared}: quotas of every kind of entity are set, changed, removed, and the plan after each is empty`, async () => {
    const at = await declaredFile(shared);
    const user = `CN=${at.name},OU=a b*`;
    const ip = unusedAddress();
    const entities = {
      user: { user },
      both: { user, clientId: `${at.name}-c` },
      clientId: { clientId: at.name },
      default: { user: '<default>', clientId: at.name },
      ip: { ip },
    };
    const entry = (entity: object, rest: string) => `    - { entity: ${JSON.stringify(entity)}, ${rest} }`;
    await applied(
      at,
      [
        entry(
          entities.user,
          'limits: { producer_byte_rate: 1e6, consumer_byte_rate: 2000000, request_percentage: 12.5 }',
        ),
        entry(entities.both, 'limits: { controller_mutation_rate: 0.1 }'),
        entry(entities.clientId, 'limits: { consumer_byte_rate: 9007199254740991 }'),
        entry(entities.default, 'limits: { producer_byte_rate: 123456789012 }'),
        entry(entities.ip, 'limits: { connection_creation_rate: 2147483647 }'),
      ].join('\n'),
    );
    assert.equal(await live(at, entities.user), {
      consumer_byte_rate: 2_000_000,
      producer_byte_rate: 1_000_000,
      request_percentage: 12.5,
    });
    assert.equal(await live(at, entities.both), { controller_mutation_rate: 0.1 });
    assert.equal(await live(at, entities.clientId), { consumer_byte_rate: Number.MAX_SAFE_INTEGER });
    assert.equal(await live(at, entities.default), { producer_byte_rate: 123_456_789_012 });
    assert.equal(await live(at, entities.ip), { connection_creation_rate: 2_147_483_647 });

    const foreign = { entity: entities.user, limits: { controller_mutation_rate: 5 } };
    await at.cluster.quotas.alterQuotas([foreign], { validateOnly: false });
    await applied(
      at,
      [
        entry(entities.user, 'limits: { producer_byte_rate: 3000000, request_percentage: 12.50 }'),
        entry(entities.both, 'state: absent'),
        entry(entities.ip, 'limits: { connection_creation_rate: 1 }'),
      ].join('\n'),
    );
    assert.equal(
      await live(at, entities.user),
      { controller_mutation_rate: 5, producer_byte_rate: 3_000_000, request_percentage: 12.5 },
      'what left the limits is removed, what others set stays',
    );
    assert.is(await live(at, entities.both), undefined);
    assert.equal(await live(at, entities.clientId), { consumer_byte_rate: Number.MAX_SAFE_INTEGER }, 'left alone');
    assert.equal(await live(at, entities.ip), { connection_creation_rate: 1 });
    const left = await at.plan();
    assert.match(left.io.out(), new RegExp(`KP2115: quota/only/client-id%3D${at.name} is no longer`));

    const all = Object.values(entities).filter((one) => one !== entities.both);
    await applied(at, all.map((entity) => entry(entity, 'state: absent')).join('\n'));
    for (const entity of all) assert.is(await live(at, entity), undefined);
    await at.close();
  });

  test(`${shared}: a saved plan is stale once a limit moved, and is found done when it is applied again`, async () => {
    const at = await declaredFile(shared);
    const entity = { user: at.name };
    const quotas = (limits: string) =>
      `quotas:\n  only:\n    - { entity: { user: ${at.name} }, limits: { ${limits} } }\n`;
    await at.write(quotas('producer_byte_rate: 10'));
    assert.is((await at.plan('p.kplan.json')).code, 2);
    const meanwhile = { entity, limits: { producer_byte_rate: 11 } };
    await at.cluster.quotas.alterQuotas([meanwhile], { validateOnly: false });
    const stale = await at.apply('p.kplan.json');
    assert.is(stale.code, 3, stale.io.out());
    assert.match(stale.io.out(), `quota/only/user%3D${at.name} producer_byte_rate: was not set, is 11`);
    assert.equal(await live(at, entity), { producer_byte_rate: 11 });

    assert.is((await at.plan('q.kplan.json')).code, 2);
    for (const expected of ['"done":1', '"alreadyDone":1']) {
      const done = await at.apply('q.kplan.json');
      assert.is(done.code, 0, done.io.out());
      assert.match(done.io.out(), expected);
    }
    await at.cluster.quotas.alterQuotas([meanwhile], { validateOnly: false });
    const drifted = await at.plan();
    assert.is(drifted.code, 2);
    assert.match(drifted.io.out(), /Changed outside of kplan[\s\S]+producer_byte_rate = 10 -> 11/);
    await applied(at, `    - { entity: { user: ${at.name} }, state: absent }`);
    await at.close();
  });
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
  assert.match(refused.io.out(), /KP4008[\s\S]+no\.such\.host\.invalid/);
  assert.is(await live(at, { user: at.name }), undefined);
  await at.close();
});

test.run();
