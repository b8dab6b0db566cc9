// How examples are made: a call of ours beside the expression of PostgreSQL that it stands for.

/** A call as SQLite has it, and the expression for PostgreSQL. */
export type Example = readonly [call: string, expression: string];

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Every pair of values through both templates, in which $1 and $2 stand for them. */
export function crossed(
  values: readonly string[],
  others: readonly string[],
  templates: readonly (readonly [string, string])[],
): Example[] {
  return templates.flatMap(([call, expression]) =>
    values.flatMap((a) =>
      others.map((b): Example => {
        const put = (template: string): string =>
          template.replaceAll(/\$([12])/g, (_, index) => quoted(index === '1' ? a : b));
        return [put(call), put(expression)];
      }),
    ),
  );
}

export function each(
  values: readonly string[],
  templates: readonly (readonly [string, string])[],
): Example[] {
  return crossed(values, [''], templates);
}
