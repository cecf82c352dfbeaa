import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ClusterFault } from '../../../runner/kafka/cluster-fault.ts';
import { tokenLimits, tokenSource } from '../../../runner/kafka/oauth-token.ts';

const request = {
  tokenEndpoint: 'https://id.example/token',
  clientId: 'kplan',
  clientSecret: 's3cr3t',
  scope: 'kafka',
};

function endpoint(answer: () => Response) {
  const asked: RequestInit[] = [];
  const send: typeof fetch = async (_url, init) => {
    asked.push(init ?? {});
    return answer();
  };
  return { send, asked };
}

async function faultOf(send: typeof fetch): Promise<ClusterFault> {
  const error = await tokenSource('dc', request, () => 0, send)().catch((thrown: unknown) => thrown);
  if (error instanceof ClusterFault) return error;
  throw new Error('no fault');
}

test('the credentials go into the header, grant and scope into the body', async () => {
  const { send, asked } = endpoint(() => Response.json({ access_token: 'tok', expires_in: 3600 }));
  assert.is(await tokenSource('dc', request, () => 0, send)(), 'tok');
  const [init] = asked;
  assert.is(new Headers(init?.headers).get('authorization'), `Basic ${btoa('kplan:s3cr3t')}`);
  assert.is(String(init?.body), 'grant_type=client_credentials&scope=kafka');
  assert.is(init?.redirect, 'error');
});

test('a token is kept until a minute before it ends', async () => {
  let nowMs = 0;
  const { send, asked } = endpoint(() => Response.json({ access_token: 'tok', expires_in: 3600 }));
  const token = tokenSource('dc', request, () => nowMs, send);
  await token();
  nowMs = 3_600_000 - tokenLimits.renewBeforeMs - 1;
  await token();
  assert.is(asked.length, 1);
  nowMs += 1;
  await token();
  assert.is(asked.length, 2);
});

test('refusals and nonsense are faults that hold no secret and nothing of the answer', async () => {
  const answers = [
    () => new Response('s3cr3t is wrong', { status: 401 }),
    () => new Response('<html>s3cr3t</html>'),
    () => Response.json({ error: 's3cr3t' }),
    () => Response.json({ access_token: '' }),
    () => {
      throw new Error('s3cr3t');
    },
  ];
  for (const answer of answers) {
    const fault = await faultOf(endpoint(answer).send);
    assert.is(fault.diagnostic.code, 'KP3015');
    assert.match(fault.message, 'id.example');
    assert.not.match(JSON.stringify(fault.diagnostics) + fault.stack, 's3cr3t');
  }
});

test('an endpoint is not asked again sooner than it says', async () => {
  const said = (after: string) => endpoint(() => new Response('', { status: 429, headers: { 'retry-after': after } }));
  assert.is((await faultOf(said('7').send)).retryAfterMs, 7_000);
  assert.is((await faultOf(said('Thu, 01 Jan 2099 00:00:00 GMT').send)).retryAfterMs, undefined);
});

test('an endpoint that is down is asked again, a refusal is not', async () => {
  assert.is((await faultOf(endpoint(() => new Response('', { status: 503 })).send)).retriable, true);
  assert.is((await faultOf(endpoint(() => new Response('', { status: 401 })).send)).retriable, false);
  for (const status of [408, 429])
    assert.ok((await faultOf(endpoint(() => new Response('', { status })).send)).retriable);
});

test.run();
