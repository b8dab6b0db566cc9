// Functions whose value is the session's: user, database, settings. They become constants of the plan, which
// holds for as long as those values do. Values of the session that are no settings are asked for as '@user',
// '@session_user', '@database', '@pid' and '@started' (see PlanOptions.setting).

import type { Expr } from './expr.ts';
import { exprOf, quoteText } from './expr.ts';
import type { Translation } from './translation.ts';
import { typeIds } from './type-catalog.ts';

/** What version() and server_version say. */
export const serverVersion = '15.0';

/** The value of a session function without arguments; undefined when there is none of the name. */
export function sessionValue(t: Translation, name: string): Expr | undefined {
  const nameValue = (text: string): Expr => exprOf(quoteText(text), typeIds.name);
  switch (name) {
    case 'current_user':
    case 'user':
    case 'current_role':
      return nameValue(t.setting('@user') ?? 'patina');
    case 'session_user':
    case 'system_user':
      return nameValue(t.setting('@session_user') ?? t.setting('@user') ?? 'patina');
    case 'current_database':
    case 'current_catalog':
      return nameValue(t.setting('@database') ?? 'patina');
    case 'current_schema':
      return nameValue(searchPath(t)[0] ?? 'public');
    case 'version':
      return exprOf(
        quoteText(
          `PostgreSQL ${serverVersion} (Patina 0.1.0) on ${t.setting('@platform') ?? 'Node.js'}, SQLite`,
        ),
        typeIds.text,
      );
    case 'pg_backend_pid':
      return exprOf(String(Number(t.setting('@pid') ?? '0') | 0), typeIds.int4);
    case 'pg_postmaster_start_time':
    case 'pg_conf_load_time':
      return exprOf(quoteText(t.setting('@started') ?? '-infinity'), typeIds.timestamptz);
    case 'current_query':
      return exprOf(`''`, typeIds.text);
    default:
      return undefined;
  }
}

/** Schemas of search_path that exist here. */
export function searchPath(t: Translation): string[] {
  const path = t.setting('search_path') ?? '"$user", public';
  const names = path.split(',').map((part) => part.trim().replace(/^"(.*)"$/s, '$1'));
  return names.filter(
    (name) => name === 'public' || name === 'pg_catalog' || name === 'information_schema',
  );
}

/** current_schemas(true or false). */
export function currentSchemas(t: Translation, withImplicit: boolean): Expr {
  const path = searchPath(t);
  const all = withImplicit && !path.includes('pg_catalog') ? ['pg_catalog', ...path] : path;
  return exprOf(quoteText(JSON.stringify(all)), 1003);
}

/** current_setting(name, missing_ok). Throws 42704 for what is no setting. */
export function currentSetting(
  t: Translation,
  name: string,
  isMissingOk: boolean,
  location: number | undefined,
): Expr {
  const value = t.setting(name.toLowerCase());
  if (value !== undefined) return exprOf(quoteText(value), typeIds.text);
  if (isMissingOk) return { ...exprOf('NULL', typeIds.text), literal: null };
  throw t.error('42704', `unrecognized configuration parameter "${name}"`, location);
}
