import { InvalidArgumentError } from 'commander';
import { compilePattern } from '../../migration/patterns.ts';
import { addressProblem } from '../../plan-file/checks/connections.ts';
import type { OutputFormat } from '../io.ts';
import { type CommandArguments, example, type GlobalFlags } from './command-arguments.ts';

/** A cluster to read. Without `bootstrap` it is one of the plan file that `--from` names. */
export interface ClusterChoice {
  readonly name: string;
  readonly bootstrap?: readonly string[];
}

export interface ImportOptions {
  /** Empty: all clusters of the plan file that `from` names. */
  readonly clusters: readonly ClusterChoice[];
  /** A plan file whose `clusters` say how to connect. */
  readonly from?: string;
  /** The migration's name; absent: made of the clusters' names. */
  readonly name?: string;
  /** Patterns of topics; empty: all. */
  readonly topics: readonly string[];
  /** Where the plan file is written; absent: standard output. */
  readonly out?: string;
  /** Writes over a file that is there. */
  readonly force: boolean;
  readonly format: OutputFormat;
}

interface ImportFlags extends GlobalFlags {
  readonly cluster?: readonly ClusterChoice[];
  readonly from?: string;
  readonly name?: string;
  readonly topics?: readonly string[];
  readonly out?: string;
  readonly force?: boolean;
}

export const importArguments: CommandArguments<ImportOptions> = {
  name: 'import',
  describe: (command) =>
    command
      .description('write a plan file that declares what lives on clusters, for no changes there')
      .option('--cluster <name=bootstrap>', 'a cluster and its brokers (host:port,...); can be repeated', cluster)
      .option('--from <file>', 'take connections from the clusters of this plan file; --cluster NAME chooses some')
      .option('--name <name>', "the migration's name (default: made of the clusters' names)", migrationName)
      .option('--topics <pattern>', 'only topics that match; can be repeated', pattern)
      .option('--out <path>', 'where the plan file is written (default: standard output)')
      .option('--force', 'write over a file that is there')
      .addHelpText(
        'after',
        example([
          'kplan import --cluster msk=kafka-1.msk.example.com:9092 --out plans/msk.yaml',
          'kplan import --from plans/dc-to-msk.yaml --cluster dc --topics "orders*"',
        ]),
      ),
  parse: (command) => {
    const {
      cluster: clusters = [],
      topics = [],
      from,
      name,
      out,
      force = false,
      format,
    } = command.optsWithGlobals<ImportFlags>();
    if (from === undefined && clusters.length === 0) {
      command.error('error: --cluster NAME=HOST:PORT or --from FILE must say which clusters are read');
    }
    const unknown = clusters.find((one) => one.bootstrap === undefined);
    if (from === undefined && unknown !== undefined) {
      command.error(`error: --cluster ${unknown.name} needs an address (${unknown.name}=HOST:PORT) or --from FILE`);
    }
    return {
      clusters,
      ...(from === undefined ? {} : { from }),
      ...(name === undefined ? {} : { name }),
      topics,
      ...(out === undefined ? {} : { out }),
      force,
      format,
    };
  },
};

const clusterName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/u;

function cluster(text: string, before: readonly ClusterChoice[] = []): readonly ClusterChoice[] {
  const at = text.indexOf('=');
  const name = at === -1 ? text : text.slice(0, at);
  if (!clusterName.test(name)) throw new InvalidArgumentError('A cluster is named by letters, digits, - and _.');
  if (before.some((one) => one.name === name)) throw new InvalidArgumentError(`Cluster ${name} is given twice.`);
  if (at === -1) return [...before, { name }];
  const addresses = text
    .slice(at + 1)
    .split(',')
    .map((one) => one.trim());
  const bootstrap = addresses.filter((one) => one !== '');
  const wrong = bootstrap.find((one) => addressProblem(one) !== undefined);
  if (wrong !== undefined) throw new InvalidArgumentError(`${wrong} ${addressProblem(wrong)}.`);
  if (bootstrap.length === 0) throw new InvalidArgumentError('It names no broker, as in msk=kafka-1:9092.');
  return [...before, { name, bootstrap }];
}

function migrationName(text: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,62}$/u.test(text)) return text;
  throw new InvalidArgumentError('A migration is named by at most 63 small letters, digits and -.');
}

function pattern(text: string, before: readonly string[] = []): readonly string[] {
  const compiled = compilePattern(text);
  if ('error' in compiled) throw new InvalidArgumentError(`${text} is no pattern: ${compiled.error}.`);
  return [...before, text];
}
