// Asks a PostgreSQL 15 what the examples' expressions give, and writes answers.jsonl: a line for each family. Run by hand:
//   PGHOST=… node packages/engine/src/functions/testing/record-answers.ts

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { examples } from './examples.ts';

/** Texts and NULL as they are; errors as `! SQLSTATE words`. */
const attempt = `
  CREATE FUNCTION pg_temp.attempt(e text) RETURNS text LANGUAGE plpgsql AS $f$
  DECLARE r text;
  BEGIN
    e := regexp_replace(e, 'date_part_\\(''(\\w+)'', ', 'extract(\\1 from ', 'g');
    EXECUTE 'SELECT (' || e || ')::text' INTO r;
    RETURN r;
  EXCEPTION WHEN OTHERS THEN RETURN '! ' || SQLSTATE || ' ' || SQLERRM;
  END $f$;`;

const lines = Object.entries(examples).map(([family, list]) => {
  const expressions = [...new Set(list.map(([, expression]) => expression))];
  const quoted = JSON.stringify(expressions).replaceAll("'", "''");
  const script = `SET timezone = 'Europe/Berlin'; ${attempt}
    SELECT json_object_agg(e, pg_temp.attempt(e)) FROM json_array_elements_text('${quoted}') e;`;
  const output = execFileSync('psql', ['-XAtq'], { input: script, maxBuffer: 64 * 1024 * 1024 });
  return JSON.stringify({ family, answers: JSON.parse(output.toString()) as unknown });
});
writeFileSync(new URL('./answers.jsonl', import.meta.url), `${lines.join('\n')}\n`);
