import type { LiveCluster } from './live.ts';
import type { Step } from './step.ts';

const name = 'ledger';

interface DeclaredAcl {
  readonly principal: string;
  readonly resource: { readonly type: string; readonly name: string; readonly pattern?: string };
  readonly operations: readonly string[];
  readonly permission?: string;
  readonly host?: string;
}

const literal = (...operations: string[]): DeclaredAcl => ({
  principal: 'User:CN=a b,O=*',
  resource: { type: 'topic', name },
  operations,
});
const prefixed: DeclaredAcl = {
  principal: 'User:b',
  resource: { type: 'group', name: `${name}-`, pattern: 'prefixed' },
  operations: ['all'],
  host: '10.0.0.1',
};
const denied: DeclaredAcl = {
  principal: 'User:b',
  resource: { type: 'transactional-id', name },
  operations: ['write'],
  permission: 'deny',
};
const rare: readonly DeclaredAcl[] = [
  { principal: 'User:b', resource: { type: 'delegation-token', name }, operations: ['describe'] },
  { principal: 'User:b', resource: { type: 'user', name: `${name}:user` }, operations: ['create-tokens'] },
];

const wish = (...acls: readonly DeclaredAcl[]) => ({ acls: { only: acls } });
const absent = (...acls: readonly DeclaredAcl[]) => ({
  acls: { only: acls.map((one) => ({ ...one, state: 'absent' })) },
});

const literalAddress = (operation: string) =>
  `acl/only/User%3ACN%3Da%20b%2CO%3D%2A/topic/literal/${name}/${operation}/allow/%2A`;
const prefixedAddress = `acl/only/User%3Ab/group/prefixed/${name}-/all/allow/10.0.0.1`;
const deniedAddress = `acl/only/User%3Ab/transactional-id/literal/${name}/write/deny/%2A`;
const tokenAddress = `acl/only/User%3Ab/delegation-token/literal/${name}/describe/allow/%2A`;
const userAddress = `acl/only/User%3Ab/user/literal/${name}%3Auser/create-tokens/allow/%2A`;

const literalLive = (operation: string) => `User:CN=a b,O=* topic literal ${name} ${operation} allow *`;
const prefixedLive = `User:b group prefixed ${name}- all allow 10.0.0.1`;
const deniedLive = `User:b transactional-id literal ${name} write deny *`;
const rareLive = [
  `User:b delegation-token literal ${name} describe allow *`,
  `User:b user literal ${name}:user create-tokens allow *`,
];
const foreign = {
  principal: 'User:other',
  type: 'topic',
  pattern: 'literal',
  name,
  operation: 'read',
  permission: 'allow',
  host: '*',
};
const foreignLive = `User:other topic literal ${name} read allow *`;

/** Every way in which declared ACLs change. An ACL is there or not: another operation is another ACL. */
export function aclSteps(live: LiveCluster): readonly Step[] {
  const lives = (...expected: readonly string[]): Step['lives'] => [[() => live.acls(name), [...expected].sort()]];
  return [
    {
      what: 'literal, for two operations',
      wish: wish(literal('read', 'describe-configs')),
      changes: { [literalAddress('read')]: 'create', [literalAddress('describe-configs')]: 'create' },
      lives: lives(literalLive('read'), literalLive('describe-configs')),
    },
    {
      what: 'prefixed, from one host',
      wish: wish(literal('read', 'describe-configs'), prefixed),
      changes: { [prefixedAddress]: 'create' },
      lives: lives(literalLive('read'), literalLive('describe-configs'), prefixedLive),
    },
    {
      what: 'a denial, while others add theirs',
      outside: () => live.admin.acls.createAcls([foreign]),
      wish: wish(literal('read', 'describe-configs'), prefixed, denied),
      changes: { [deniedAddress]: 'create' },
      lives: lives(literalLive('read'), literalLive('describe-configs'), prefixedLive, deniedLive, foreignLive),
    },
    {
      what: 'of tokens and users; an operation that left the file is left alone',
      wish: wish(literal('read'), prefixed, denied, ...rare),
      changes: { [tokenAddress]: 'create', [userAddress]: 'create' },
      told: ['KP2115'],
      lives: lives(
        literalLive('read'),
        literalLive('describe-configs'),
        prefixedLive,
        deniedLive,
        ...rareLive,
        foreignLive,
      ),
    },
    {
      what: 'absent, but for one',
      wish: absent(literal('read', 'describe-configs'), denied, ...rare),
      changes: {
        [literalAddress('read')]: 'delete',
        [literalAddress('describe-configs')]: 'delete',
        [deniedAddress]: 'delete',
        [tokenAddress]: 'delete',
        [userAddress]: 'delete',
      },
      told: ['KP2115'],
      lives: lives(prefixedLive, foreignLive),
    },
    {
      what: 'absent, and not there',
      wish: absent(literal('read'), denied),
      changes: {},
      told: ['KP2115'],
      lives: lives(prefixedLive, foreignLive),
    },
  ];
}
