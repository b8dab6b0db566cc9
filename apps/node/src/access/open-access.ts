// The access of a node from its configuration: credentials, the audit log, the certificates of its
// listeners and the vet of tables, put together for the endpoints.

import type { AccessService } from '@patina/api/access/access-service.ts';
import type { ReaderPool } from '@patina/engine/storage/reader-pool.ts';
import type { Logger } from 'pino';
import { AuditLog } from '../audit/audit-log.ts';
import type { Config } from '../config/options.ts';
import type { Actor, HttpServerOptions } from '../http/server.ts';
import { logTlsEvent } from '../tls/tls-log.ts';
import { TlsProvider } from '../tls/tls-provider.ts';
import { AccessControl } from './access-control.ts';
import { AccessExchange } from './exchange.ts';
import { manageAccess } from './manage.ts';
import { createPgAccess } from './pg-access.ts';
import { createTableVet, type NodeTableVet } from './table-vet.ts';

/** What the endpoints of a node need of its access. */
export interface NodeAccess {
  readonly control: AccessControl;
  readonly audit: AuditLog;
  readonly vet: NodeTableVet;
  readonly exchange: AccessExchange;
  /** TLS of the API, and of the PostgreSQL endpoint; undefined where it is not configured. */
  readonly apiTls: TlsProvider | undefined;
  readonly pgTls: TlsProvider | undefined;
  readonly pgAccess: ReturnType<typeof createPgAccess>;
  readonly forHttp: Omit<HttpServerOptions, 'service' | 'addresses'>;
  /** Managing tokens and users, for one who acts. */
  manage(actor: Actor): AccessService;
  /** Reads the certificates again; rejects with PATINA_TLS_INVALID, keeping what cannot be replaced. */
  reload(): void;
  certificates(): { readonly cert_file: string; readonly not_after_ms: number }[];
  stop(): Promise<void>;
}

/** Where the tokens and users are kept. */
export function accessPath({ access, db }: Config): string {
  return access.path ?? `${db.path}-access.json`;
}

/** Where the audit log is. */
export function auditPath({ audit, db }: Config): string {
  return audit.path ?? `${db.path}-audit.log`;
}

/** Opens all of it; throws PATINA_CONFIG_INVALID or PATINA_TLS_INVALID. */
export function openAccess(
  config: Config,
  logger: Logger,
  readers: Pick<ReaderPool, 'all'>,
): NodeAccess {
  const log = logger.child({ component: 'access' });
  const wallMs = Date.now;
  const audit = new AuditLog({
    path: auditPath(config),
    bytesMax: config.audit.bytesMax,
    wallMs,
    onFault: (error) => log.error({ err: error }, 'the audit log cannot be written'),
  });
  const { bearerToken } = config.api.authz;
  const control = new AccessControl({
    path: accessPath(config),
    tokens: bearerToken === undefined ? [] : [bearerToken],
    isAlwaysRequired: config.access.required,
    failedLogInsPerMinute: config.limits.failedLogInsPerMinute,
    audit: audit.write,
    onFault: (error) => log.error({ err: error }, 'the file of tokens and users'),
  });
  const vet = createTableVet(readers);
  const exchange = new AccessExchange({ control, isShared: config.access.replicated });
  const { apiTls, pgTls } = openTls(config, logger);
  control.start();
  const manage = (actor: Actor): AccessService => manageAccess({ control, audit, wallMs }, actor);
  const providers = [...new Set([apiTls, pgTls])].filter((each) => each !== undefined);
  for (const provider of providers) provider.start();
  return {
    control,
    audit,
    vet,
    exchange,
    apiTls,
    pgTls,
    pgAccess: createPgAccess({ control, audit: audit.write, isReadOnly: config.pg.readonly }),
    forHttp: {
      access: control,
      manage,
      vet,
      audit: audit.write,
      allowedHosts: config.api.allowedHosts,
      allowedOrigins: config.api.allowedOrigins,
      requestsPerSecond: config.limits.requestsPerSecond,
      connectionsPerAddress: config.limits.connectionsPerAddress,
      ...(apiTls === undefined ? {} : { tls: apiTls }),
      onBadToken: badTokens(control),
    },
    manage,
    reload: () => {
      for (const provider of providers) provider.reload();
    },
    certificates: () =>
      providers.map(({ certFile, notAfterMs }) => ({
        cert_file: certFile,
        not_after_ms: notAfterMs,
      })),
    async stop() {
      for (const provider of providers) provider.stop();
      exchange.stop();
      control.stop();
      vet.close();
      await audit.flush();
    },
  };
}

/** Wrong tokens are written down, once a minute of each address: programs repeat themselves. */
function badTokens(control: AccessControl): (address: string) => void {
  const keptMs = 60_000;
  const addressesMax = 1_000;
  const lastMs = new Map<string, number>();
  return (address) => {
    const nowMs = performance.now();
    if (nowMs - (lastMs.get(address) ?? Number.NEGATIVE_INFINITY) < keptMs) return;
    if (lastMs.size >= addressesMax) lastMs.clear();
    lastMs.set(address, nowMs);
    control.failed('a token', address, 'http', 'wrong, revoked or expired');
  };
}

function openTls({ api, pg }: Config, logger: Logger): Pick<NodeAccess, 'apiTls' | 'pgTls'> {
  const log = logger.child({ component: 'tls' });
  const open = ({ certFile, keyFile }: Config['api']['tls']): TlsProvider | undefined =>
    certFile === undefined || keyFile === undefined
      ? undefined
      : new TlsProvider({
          files: { certFile, keyFile },
          wallMs: Date.now,
          onEvent: (event) => logTlsEvent(log, event),
        });
  const apiTls = open(api.tls);
  return { apiTls, pgTls: pg.tls.certFile === undefined ? apiTls : open(pg.tls) };
}
