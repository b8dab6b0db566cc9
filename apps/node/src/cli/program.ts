// The commands of `patina`: names, flags and help. What a command does is loaded when it runs, so
// that help and short commands start quickly.

import { Command, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { defineAccess } from './access-program.ts';
import type { DemoOptions } from './context.ts';
import {
  type Choose,
  countingNumber,
  createDefiner,
  type Definer,
  portNumber,
  scalarJson,
  seconds,
  withTexts,
  wordOf,
} from './define.ts';
import { exitCodes } from './exit-codes.ts';

const loadSql = () => import('./commands/sql.ts');
const loadFollow = () => import('./commands/follow.ts');
const loadSubs = () => import('./commands/subs.ts');
const loadCluster = () => import('./commands/cluster.ts');
const loadSync = () => import('./commands/sync.ts');
const loadSchema = () => import('./commands/schema.ts');
const loadDatabase = () => import('./commands/database.ts');
const loadTls = () => import('./commands/tls.ts');
const loadLog = () => import('./commands/log.ts');

/** Builds the whole command line. `choose` is called for the command that was given. */
export function buildProgram(choose: Choose): Command {
  const program = withTexts(new Command('patina'), {
    about: 'Replicated SQLite: every node reads and writes its own file, and all end up equal.',
    examples: {
      'agent -c node.toml': 'run a node',
      'query "SELECT * FROM airports LIMIT 5"': 'read from it',
      'cluster members': 'see who is there',
    },
  })
    .version(manifest.version)
    .configureHelp({ showGlobalOptions: true })
    .option(
      '-c, --config <file>',
      'configuration file (else PATINA_CONFIG, /etc/patina/config.toml)',
    )
    .option('--api-addr <ip:port>', 'the HTTP API, instead of api.addr')
    .option('--db-path <file>', 'the database, instead of db.path')
    .option('--admin-path <file>', 'the admin socket, instead of admin.path')
    .option('--json', 'print JSON instead of tables and sentences');
  const codes = Object.values(exitCodes).map(({ code, meaning }) => `  ${code}  ${meaning}`);
  program.addHelpText('after', `\nExit codes:\n${codes.join('\n')}`);
  const define = createDefiner(program, choose);
  defineAgent(program, define);
  defineSql(program, define);
  defineFollow(program, define);
  defineSubs(program, define);
  defineCluster(program, define);
  defineSync(program, define);
  defineSchema(program, define);
  defineDatabase(program, define);
  defineTls(program, define);
  defineAccess(program, define);
  defineConfig(program, define);
  return program;
}

function defineAgent(program: Command, { leaf }: Definer): void {
  leaf(
    program,
    'agent',
    {
      about: 'Run a node until a signal stops it; a second signal ends it at once.',
      examples: {
        'agent -c /etc/patina/config.toml': 'run a node with this configuration',
        'agent -c node.toml --db-path ./data/node.db': 'with a database of your choice',
      },
    },
    async (context) => (await import('./commands/agent.ts')).runAgent(context),
  );
  leaf(
    program,
    'demo',
    {
      about: 'Run a cluster on this machine with real flight data, under .patina/demo.',
      examples: {
        demo: 'three nodes; kill one and watch',
        'demo --once --fresh': 'prove that all nodes end up equal, and end',
      },
    },
    ({ parts }, flags: DemoFlags) => {
      const { nodes, rate, port, fresh, once } = flags;
      const options: DemoOptions = {
        nodes,
        ratePerSecond: rate,
        port,
        fresh: fresh === true,
        once: once === true,
      };
      return parts.runDemo(options);
    },
  )
    .option('--nodes <count>', 'how many nodes', countingNumber, 3)
    .option('--rate <per-second>', 'live writes per second over all nodes', countingNumber, 50)
    .option('--port <port>', 'HTTP port of node 1; the others follow', portNumber, 8081)
    .option('--fresh', 'begin with empty databases')
    .option('--once', 'import, wait until all nodes are equal, print the proof, end');
}

interface DemoFlags {
  readonly nodes: number;
  readonly rate: number;
  readonly port: number;
  readonly fresh?: boolean;
  readonly once?: boolean;
}

interface SqlFlags {
  readonly timer?: boolean;
  readonly timeout?: number;
}

function defineSql(program: Command, { leaf }: Definer): void {
  const queryParams: string[] = [];
  const query = leaf(
    program,
    'query <sql>',
    {
      about: 'Run a query on a node and print its rows.',
      examples: {
        'query "SELECT * FROM airports" --columns': 'rows with a heading',
        'query "SELECT * FROM airports WHERE iata = ?" --param LAX': 'with a parameter',
        'query "SELECT count(*) FROM flights" --json --timeout 5': 'for a script',
      },
      json: 'as POST /v1/queries: {"columns":[...]}, {"row":[1,[...]]}..., {"eoq":{"time":s}}',
    },
    async (context, sql: string, flags: SqlFlags & { readonly columns?: boolean }) =>
      (await loadSql()).runQuery(context, sql, { ...flags, params: queryParams }),
  );
  addSqlFlags(query, queryParams)
    .option('--columns', 'print the names of the columns (the default on a terminal)')
    .option('--no-columns', 'leave them out');
  const execParams: string[] = [];
  const exec = leaf(
    program,
    'exec <sql>',
    {
      about: 'Run a statement that writes, in a transaction of its own.',
      examples: {
        'exec "DELETE FROM flights WHERE delay IS NULL"': 'prints Rows affected: N',
        'exec "INSERT INTO t VALUES (?, ?)" --param-json 1 --param one': 'with parameters',
      },
      json: '{"results":[{"rows_affected":n,"time":s}],"time":s,"version":n|null,"actor_id":id}',
    },
    async (context, sql: string, flags: SqlFlags) =>
      (await loadSql()).runExec(context, sql, { ...flags, params: execParams }),
  );
  addSqlFlags(exec, execParams);
}

interface FollowFlags {
  readonly from?: string;
  readonly details?: boolean;
}

function defineFollow(program: Command, { leaf }: Definer): void {
  const params: string[] = [];
  const subscribe = leaf(
    program,
    'subscribe <sql>',
    {
      about: 'Print the rows of a query, then every change of them: + new, ~ changed, - gone.',
      examples: {
        'subscribe "SELECT * FROM airports"': 'until Ctrl-C',
        'subscribe "SELECT * FROM airports WHERE iata = ?" --param LAX': 'with a parameter',
        'subscribe "SELECT * FROM flights" --json --details': 'for a script that goes on later',
      },
      json: 'as POST /v1/subscriptions: {"columns"}, {"row"}..., {"eoq"}, {"change"}...',
    },
    async (context, sql: string, flags: FollowFlags) =>
      (await loadFollow()).runSubscribe(context, sql, { ...flags, params }),
  );
  addFollowFlags(addParamFlags(subscribe, params));
  const updates = leaf(
    program,
    'updates <table>',
    {
      about: 'Print the keys of the rows of a table that change: ~ there, - gone.',
      examples: {
        'updates airports': 'until Ctrl-C',
        'updates flights --filter "delay > 60" --images': 'some rows, with all their columns',
      },
      json: 'as POST /v1/updates: {"notify":["update"|"delete",[key...]]}...',
    },
    async (
      context,
      table: string,
      flags: FollowFlags & { readonly filter?: string; readonly images?: boolean },
    ) => (await loadFollow()).runUpdates(context, table, flags),
  );
  addFollowFlags(updates)
    .option('--filter <sql>', 'an expression over the columns; only rows where it is true')
    .option('--images', 'print whole rows, not only keys');
}

function addFollowFlags(command: Command): Command {
  return command
    .option('--from <cursor>', 'go on after this cursor, without the rows')
    .option('--details', 'with --json: origins and cursors as well');
}

function defineSubs(program: Command, { group, leaf }: Definer): void {
  const subs = group(program, 'subs', {
    about: 'The live queries of this node.',
    examples: { 'subs list': 'what is followed, and what it costs' },
  });
  leaf(
    subs,
    'list',
    {
      about: 'Print the live queries of the node.',
      examples: { 'subs list': 'a table', 'subs list --json': 'for a script' },
      json: '{"subscriptions":[{"id","hash","sql","mode","state","subscribers","rows",...}]}',
    },
    async (context) => (await loadSubs()).runSubsList(context),
  );
  leaf(
    subs,
    'info [id]',
    {
      about: 'Print all that is known of one live query, by its id or by the hash of its SQL.',
      examples: {
        'subs info 9f8b1f6e-0c3d-4c55-9a57-2f1f3a8e0d11': 'one query',
        'subs info --hash 1f3c5a7e9b2d4f60': 'all with the same SQL',
      },
      json: '{"subscriptions":[{"id","hash","sql","mode","state","subscribers","rows",...}]}',
    },
    async (
      context,
      id: string | undefined,
      flags: { readonly id?: string; readonly hash?: string },
    ) => (await loadSubs()).runSubsInfo(context, { id: id ?? flags.id, hash: flags.hash }),
  )
    .option('--id <id>', 'the same as the argument')
    .option('--hash <hash>', '16 hex digits, as in the header corro-query-hash');
  const params: string[] = [];
  const explain = leaf(
    subs,
    'explain [id]',
    {
      about: 'Print how a query is kept up to date, and why that way.',
      examples: {
        'subs explain 9f8b1f6e-0c3d-4c55-9a57-2f1f3a8e0d11': 'one that is open',
        'subs explain --sql "SELECT count(*) FROM flights"': 'one that is not',
      },
      json: '{"mode","sql","columns","ordered","reasons","tables","indexed_by","query_plan"}',
    },
    async (context, id: string | undefined, flags: { readonly sql?: string }) =>
      (await loadSubs()).runSubsExplain(context, { id, sql: flags.sql, params }),
  ).option('--sql <sql>', 'a statement, instead of an id');
  addParamFlags(explain, params);
  leaf(
    subs,
    'drop <id>',
    {
      about: 'End a live query, and the streams of all who follow it.',
      examples: { 'subs drop 9f8b1f6e-0c3d-4c55-9a57-2f1f3a8e0d11': 'they are told so' },
      json: '{"id"}',
    },
    async (context, id: string) => (await loadSubs()).runSubsDrop(context, id),
  );
}

/** Parameters of both kinds end up in one list, as JSON text, in the order in which they came. */
function addParamFlags(command: Command, params: string[]): Command {
  const text = new Option('--param <text>', 'the next parameter, as text (repeat it for more)');
  const json = new Option('--param-json <json>', 'the next parameter as a number, null or "text"');
  return command
    .addOption(text.argParser((given) => void params.push(JSON.stringify(given))))
    .addOption(json.argParser((given) => void params.push(scalarJson(given))));
}

function addSqlFlags(command: Command, params: string[]): Command {
  return addParamFlags(command, params)
    .option('--timeout <seconds>', 'give up after this long; 0 is never', seconds)
    .option('--timer', 'print how long it took, to standard error');
}

function defineCluster(program: Command, { group, leaf }: Definer): void {
  const cluster = group(program, 'cluster', {
    about: 'The members of the cluster, and this node among them.',
    examples: { 'cluster members': 'who is there, and how far away' },
  });
  leaf(
    cluster,
    'members',
    {
      about: 'Print the members as this node sees them.',
      examples: { 'cluster members': 'a table', 'cluster members --json': 'for a script' },
      json: '{"members":[{"actor_id","address","state","incarnation","rtt_ms","ring"}]}',
    },
    async (context) => (await loadCluster()).runMembers(context),
  );
  leaf(
    cluster,
    'states',
    {
      about: 'Print the raw states of the membership protocol, down members included.',
      examples: { 'cluster states': 'a table', 'cluster states --json': 'for a script' },
      json: '{"states":[{"actor_id","address","state","incarnation"}]}',
    },
    async (context) => (await loadCluster()).runStates(context),
  ).alias('membership-states');
  leaf(
    cluster,
    'rejoin',
    {
      about: 'Announce this node anew, with a higher incarnation.',
      examples: { 'cluster rejoin': 'after a partition, or after cluster leave' },
      json: '{"incarnation":n}',
    },
    async (context) => (await loadCluster()).runRejoin(context),
  );
  leaf(
    cluster,
    'leave',
    {
      about: 'Take this node out of the cluster; it goes on serving its database.',
      examples: { 'cluster leave': 'before work on the network' },
      json: '{}',
    },
    async (context) => (await loadCluster()).runLeave(context),
  );
}

function defineSync(program: Command, { group, leaf }: Definer): void {
  const sync = group(program, 'sync', {
    about: 'What this node has of every actor, and what it lacks.',
    examples: { 'sync state': 'heads and gaps', 'sync verify': 'memory against disk' },
  });
  leaf(
    sync,
    'state',
    {
      about: 'Print heads, missing versions and partial versions of every actor.',
      examples: { 'sync state': 'a table', 'sync state --json': 'all of it' },
      json:
        '{"actor_id","heads":{actor:n},"need":{actor:[{"start","end"}]},' +
        '"partial_need":{actor:{version:[{"start","end"}]}}}',
    },
    async (context) => (await loadSync()).runSyncState(context),
  ).alias('generate');
  leaf(
    sync,
    'verify',
    {
      about: 'Compare the bookkeeping in memory with that on disk; exit code 1 if they differ.',
      examples: { 'sync verify && echo equal': 'the exit code says it' },
      json:
        '{"ok","in_memory_actors":n,"db_actors":n,"value_mismatch_actors":[],' +
        '"only_in_memory_actors":[],"only_in_db_actors":[]}',
    },
    async (context) => (await loadSync()).runSyncVerify(context),
  ).alias('check-bookie-consistency');
  const actor = group(program, 'actor', {
    about: 'What this node knows of one actor.',
    examples: { 'actor version 5a1e0d6c3b2f4e8d9a7c6b5a4f3e2d1c 17': 'one version' },
  });
  leaf(
    actor,
    'version',
    {
      about:
        'Print the state of one version: current, cleared, quarantined, partial, needed, unknown.',
      examples: { 'actor version 5a1e0d6c3b2f4e8d9a7c6b5a4f3e2d1c 17': 'one version' },
      json: '{"actor_id","version","state","last_seq":n|null,"seqs":[{"start","end"}]}',
    },
    async (context, actorId: string, version: number) =>
      (await loadSync()).runActorVersion(context, actorId, version),
  )
    .argument('<actor-id>', '32 hex digits, with or without dashes')
    .argument('<version>', 'the number of the version', countingNumber);
}

const stepsJson =
  '{"steps":[{"kind","table","name","sql","destructive"}],"problems":[{"code","message","hint"}]}';

function defineSchema(program: Command, { group, leaf }: Definer): void {
  const schema = group(program, 'schema', {
    about: 'From the declared to the actual schema.',
    examples: { 'schema plan': 'what would happen', 'schema apply': 'do it' },
  });
  leaf(
    schema,
    'plan [paths...]',
    {
      about:
        'Show what apply would do; exit code 4 if it could not. Without paths: db.schema_paths.',
      examples: { 'schema plan': "the agent's own files", 'schema plan next.sql': 'a draft' },
      json: stepsJson,
    },
    async (context, paths: string[], flags: { allowDestructive?: boolean }) =>
      (await loadSchema()).runSchemaPlan(context, {
        paths,
        allowDestructive: flags.allowDestructive === true,
      }),
  ).option('--allow-destructive', 'plan with steps that lose data');
  leaf(
    schema,
    'apply [paths...]',
    {
      about: 'Apply the schema, all of it or nothing. Without paths: db.schema_paths.',
      examples: {
        'schema apply': "the agent's own files",
        'schema apply schema/ --allow-destructive': 'a directory, drops included',
      },
      json: stepsJson,
    },
    async (context, paths: string[], flags: { allowDestructive?: boolean }) =>
      (await loadSchema()).runSchemaApply(context, {
        paths,
        allowDestructive: flags.allowDestructive === true,
      }),
  ).option('--allow-destructive', 'accept steps that lose data');
  leaf(
    program,
    'reload',
    {
      about: 'Make the agent read db.schema_paths and its certificates again, and apply them.',
      examples: { reload: 'after a change of the schema files' },
      json: stepsJson,
    },
    async (context) => (await loadSchema()).runReload(context),
  );
}

function defineDatabase(program: Command, { leaf }: Definer): void {
  leaf(
    program,
    'backup <path>',
    {
      about: 'Write a node-neutral copy of the database, whether an agent runs on it or not.',
      examples: { 'backup /backups/monday.db': 'a new file; nothing is overwritten' },
      json: '{"path","bytes":n}',
    },
    async (context, path: string) => (await loadDatabase()).runBackup(context, path),
  );
  leaf(
    program,
    'restore <path>',
    {
      about: 'Replace the database by a backup. The agent must be stopped.',
      examples: {
        'restore /backups/monday.db -c node.toml': 'under a new actor id, which is always safe',
        'restore /backups/monday.db -c node.toml --self-actor-id': 'as the actor that it was',
      },
      json: '{"path","actor_id":id|null}',
    },
    async (context, path: string, flags: { selfActorId?: boolean; actorId?: string }) =>
      (await loadDatabase()).runRestore(context, path, flags),
  )
    .addOption(
      new Option('--self-actor-id', 'keep the actor id of the replaced database').conflicts(
        'actorId',
      ),
    )
    .option('--actor-id <id>', 'use this actor id (default: a new one)');
}

interface OutputFlags {
  readonly out: string;
  readonly force?: boolean;
}

type SignedFlags = OutputFlags & { readonly caCert: string; readonly caKey: string };

function defineTls(program: Command, define: Definer): void {
  const { group, leaf } = define;
  const json = '{"cert_file","key_file"}';
  const tls = group(program, 'tls', {
    about: 'The CA of a cluster, and the certificates of its nodes and clients.',
    examples: {
      'tls ca generate': 'first the CA: ca_cert.pem, ca_key.pem',
      'tls node generate 10.0.0.7': 'then a node: node_cert.pem, node_key.pem',
    },
  });
  defineTlsReload(tls, define);
  const examples = { 'tls ca generate --out tls': 'tls/ca_cert.pem and tls/ca_key.pem' };
  const ca = group(tls, 'ca', { about: 'The CA of a cluster.', examples });
  const caTexts = { about: 'Make a CA: ca_cert.pem and ca_key.pem.', examples, json };
  addOutputFlags(
    leaf(ca, 'generate', caTexts, async (context, flags: OutputFlags) =>
      (await loadTls()).runTlsCa(context, flags),
    ),
  );
  const nodeExamples = { 'tls node generate 10.0.0.7 --out node7': 'signed by ./ca_cert.pem' };
  const node = group(tls, 'node', { about: 'Certificates of nodes.', examples: nodeExamples });
  node.alias('server');
  const nodeTexts = {
    about: 'Make the certificate of a node that is reached at these addresses or names.',
    examples: nodeExamples,
    json,
  };
  addCaFlags(
    leaf(
      node,
      'generate <hosts...>',
      nodeTexts,
      async (context, hosts: string[], flags: SignedFlags & { readonly actorId?: string }) =>
        (await loadTls()).runTlsNode(context, hosts, flags),
    ),
  ).option('--actor-id <id>', 'make it good for this actor only');
  const clientExamples = { 'tls client generate': 'client_cert.pem and client_key.pem' };
  const client = group(tls, 'client', {
    about: 'Certificates that only dial.',
    examples: clientExamples,
  });
  const clientTexts = { about: 'Make a client certificate.', examples: clientExamples, json };
  addCaFlags(
    leaf(client, 'generate', clientTexts, async (context, flags: SignedFlags) =>
      (await loadTls()).runTlsClient(context, flags),
    ),
  );
}

function defineTlsReload(tls: Command, { leaf }: Definer): void {
  leaf(
    tls,
    'reload',
    {
      about: 'Make the agent use new certificates, of its listeners and of gossip.',
      examples: { 'tls reload': 'after the files were replaced' },
      json: '{"certificates":[{"cert_file","not_after_ms"}]}',
    },
    async (context) => (await import('./commands/access.ts')).runTlsReload(context),
  );
}

function addOutputFlags(command: Command): Command {
  return command
    .option('--out <directory>', 'where the files go', '.')
    .option('--force', 'overwrite files that exist');
}

function addCaFlags(command: Command): Command {
  return addOutputFlags(command)
    .option('--ca-cert <file>', 'certificate of the CA', 'ca_cert.pem')
    .option('--ca-key <file>', 'private key of the CA', 'ca_key.pem');
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

function defineConfig(program: Command, { group, leaf }: Definer): void {
  const examples = { 'config check -c node.toml': 'exit code 1, and why, when it is wrong' };
  const config = group(program, 'config', { about: 'The configuration.', examples });
  leaf(
    config,
    'check',
    {
      about: 'Check the configuration as agent would; print every value and where it is from.',
      examples,
      json: '{"file":path|null,"options":{key:{"value":text|null,"from"}},"warnings":[]}',
    },
    async (context) => (await import('./commands/config.ts')).runConfigCheck(context),
  );
  const log = group(program, 'log', {
    about: 'The log of a running agent.',
    examples: { 'log set debug': 'more of it, until log reset' },
  });
  leaf(
    log,
    'set',
    {
      about: 'Change the level of the log while the agent runs.',
      examples: { 'log set debug': 'more of it', 'log set warn': 'less of it' },
      json: '{"level"}',
    },
    async (context, level: (typeof logLevels)[number]) =>
      (await loadLog()).runLogSet(context, level),
  ).argument('<level>', logLevels.join(', '), wordOf(logLevels));
  leaf(
    log,
    'reset',
    {
      about: 'Go back to the level of the configuration.',
      examples: { 'log reset': 'as configured' },
      json: '{"level"}',
    },
    async (context) => (await loadLog()).runLogReset(context),
  );
}
