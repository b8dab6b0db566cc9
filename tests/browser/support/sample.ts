// What the clusters of these tests hold: a few services, and cells that try to break a page.

export const sampleSchema = `
CREATE TABLE services (
  id INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL DEFAULT '',
  region TEXT NOT NULL DEFAULT '',
  port INTEGER,
  load REAL,
  state TEXT NOT NULL DEFAULT 'up'
);
CREATE INDEX services_region ON services (region);
CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY, title TEXT, body TEXT, extra BLOB);
CREATE TABLE wide (id INTEGER NOT NULL PRIMARY KEY, ${columns(299)});
`;

const regions = ['fra', 'iad', 'syd', 'nrt'] as const;

/** Statements that fill the table of services. */
export function sampleServices(count = 40): [string, unknown[]][] {
  return Array.from({ length: count }, (_, index) => [
    'INSERT INTO services (id, name, region, port, load, state) VALUES (?, ?, ?, ?, ?, ?)',
    [
      index + 1,
      `service-${index + 1}`,
      regions[index % regions.length] ?? '',
      8_000 + index,
      (index * 37) % 100,
      index % 9 === 0 ? 'down' : 'up',
    ],
  ]);
}

/** Texts that are harmless only where they are shown as text. */
export const hostileTexts: readonly string[] = [
  '<img src=x onerror="document.title=\'owned\'">',
  '<script>document.title = "owned"</script>',
  '</td></tr></table><h1>out</h1>',
  '{{constructor.constructor("document.title=1")()}}',
  'javascript:alert(1)',
  '\u202Egnp.exe\u202C and \u2066isolated\u2069',
  'שלום עולם · مرحبا بالعالم',
  '👩\u200D👩\u200D👧\u200D👦 🏳️\u200D🌈 e\u0301\u0323\u0302',
  'a\u0000b\u0007c\u001b[31mred',
  'tab\there\nand a line\r\nand another',
  '',
  "O'Neil; DROP TABLE services; --",
];

function columns(count: number): string {
  return Array.from({ length: count }, (_, index) => `column_${index + 1} TEXT`).join(', ');
}
