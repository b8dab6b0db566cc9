// All rows of a query as a file: the browser sends a plain form and writes the answer to the disk as it comes,
// so that it may be of any size.

import { type Bindings, paramsText } from './parameter-values.ts';
import type { ExportFormat } from './toolbar.tsx';

/** Whoever saves a file looks at how it comes, and can stop it: it may take longer than a query, seconds. */
const exportSecondsMax = 600;

export function submitExport(
  origin: string,
  statement: Bindings,
  format: ExportFormat,
  fileName: string,
): void {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = `${origin}/v1/export?timeout=${exportSecondsMax}`;
  // A file is saved without showing anything; a refusal must not take the place of this page.
  form.target = '_blank';
  form.rel = 'noopener';
  form.hidden = true;
  const fields = {
    sql: statement.query,
    params: paramsText(statement),
    format,
    file_name: fileName,
  };
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    // An area keeps the lines of its text as they are.
    const field = document.createElement('textarea');
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}
