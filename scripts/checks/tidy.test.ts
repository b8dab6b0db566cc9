// Each rule of the tidiness check, seen to pass good files and to catch bad ones. What is banned is
// put together from pieces here, because this file is checked too.

import { expect, onTestFinished, test } from 'vitest';
import { temporaryTree } from './testing/temporary-tree.ts';
import { checkTidy, fileLinesMax } from './tidy.ts';

/** The messages, each with its place, that the check has for these files. */
function problemsOf(files: Record<string, string>): string[] {
  const manifest = JSON.stringify({ name: 'root', scripts: { start: 'a', bench: 'b' } });
  const tree = temporaryTree({ 'package.json': manifest, ...files });
  onTestFinished(tree.remove);
  return checkTidy(tree.dir).problems.map(
    ({ file, line, message }) => `${file}:${line} ${message}`,
  );
}

const comment = '// The idea.\n';

const tidyFiles: [name: string, files: Record<string, string>][] = [
  ['a short file with a comment', { 'a.ts': `${comment}export const a: unknown = 1;\n` }],
  ['a program with a first line for the shell', { 'a.js': `#!/usr/bin/env node\n${comment}` }],
  ['a file of the greatest length', { 'a.ts': comment.repeat(fileLinesMax) }],
  ['the word any in a comment and a string', { 'a.ts': "// any\nexport const a = 'as any';\n" }],
  ['JSON, which has no comments', { 'a.json': '{}\n' }],
  ['generated folders', { 'node_modules/a.ts': 'x', 'apps/web/out/a.js': 'x', '.git/a.ts': 'x' }],
  [
    'this machine',
    { 'a.ts': `${comment}const a = 'http://127.0.0.1:8081/v1', b = 'http://[::1]/';\n` },
  ],
  ['hosts made for documentation', { 'a.md': 'https://db.example.com/ and https://a.test.\n' }],
  ['a host put together at run time', { 'a.ts': `${comment}const a = \`http://\${host}/\`;\n` }],
  ['the licence', { LICENSE: 'http://www.apache.org/licenses/\n' }],
];

test.each(tidyFiles)('%s is tidy', (_name, files) => {
  expect(problemsOf(files)).toEqual([]);
});

const untidyFiles: [name: string, file: string, text: string, message: string][] = [
  ['a file that is too long', 'a.ts', comment.repeat(fileLinesMax + 1), '1 801 lines'],
  ['a file without a comment', 'a.ts', 'export const a = 1;\n', '1 The file does not begin'],
  ['an empty first comment', 'a.ts', '//\nexport const a = 1;\n', '1 The file does not begin'],
  [
    'a program without a comment',
    'run',
    '#!/usr/bin/env bash\ntrue\n',
    '1 The file does not begin',
  ],
  ['SQL without a comment', 'a.sql', 'SELECT 1;\n', '1 The file does not begin'],
  ['the type any', 'a.ts', `${comment}export const a: any = 1;\n`, '2 The type `any`'],
  ['a cast to any', 'a.tsx', `${comment}export const a = 1 as any;\n`, '2 The type `any`'],
  ['a silenced error', 'a.ts', `${comment}// @ts-${'ignore'}\n`, '2 @ts-'],
  ['a silenced file', 'a.ts', `// @ts-${'nocheck'}\n`, '1 @ts-'],
  ['a test that runs alone', 'a.test.ts', `${comment}test${'.only'}('a', b);\n`, '2 test.'],
  ['a test left out', 'a.test.ts', `${comment}describe${'.skip'}('a', b);\n`, '2 describe.'],
  ['unfinished work', 'a.ts', `${comment}// ${'TO'}${'DO'}: finish\n`, '2 TO'],
  ['unfinished work in a document', 'a.md', `# A\n\n${'FIX'}${'ME'}\n`, '3 FIX'],
  ['a control character', 'a.ts', `${comment}const a = '\u0007';\n`, '2 The character U+0007'],
  ['a file of bytes', 'a.db', 'SQLite format 3\0\u0001', 'undefined The file is no text'],
  ['a carriage return', 'a.ts', '// The idea.\r\n', '1 The character U+000D'],
  ['text that turns around', 'a.ts', `${comment}const a = '\u202E';\n`, '2 The character U+202E'],
  ['a space of no width', 'a.md', 'a\u200Bb\n', '1 The character U+200B'],
  [
    'an address of a host',
    'a.ts',
    `${comment}const a = 'https://${'registry'}.org/';\n`,
    '2 The host',
  ],
  ['an address after a good one', 'a.md', `http://localhost http://${'10.0.0'}.1/\n`, '1 The host'],
];

test.each(untidyFiles)('%s is not tidy', (_name, file, text, message) => {
  const problems = problemsOf({ [file]: text });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(`${file}:${message}`);
});

test('links that lead to files and headings are good', () => {
  const files = {
    'README.md':
      '# One two\n\n[a](docs/a.md) [b](docs/a.md#the-idea-1) [c](#one-two) ![d](d.svg)\n',
    'docs/a.md': '# The idea\n\n## The `idea`!\n\n[back](../README.md#one-two) `[not](a-link)`\n',
    'd.svg': '<svg/>',
    'docs/b.md': '```\n[in](code)\n```\n[mail](mailto:a@example.com)\n',
  };
  expect(problemsOf(files)).toEqual([]);
});

test('links that lead nowhere are problems', () => {
  const files = {
    'docs/a.md': '# A\n\n[x](missing.md)\n[y](#b)\n[z](../../etc/hosts)\n[w](/etc/hosts)\n',
    'b.md': '[v](docs/a.md#nothing)\n',
  };
  expect(problemsOf(files)).toEqual([
    expect.stringMatching(/^b\.md:1 .*no heading of docs\/a\.md/),
    expect.stringMatching(/^docs\/a\.md:3 .*there is no docs\/missing\.md/),
    expect.stringMatching(/^docs\/a\.md:4 .*no heading/),
    expect.stringMatching(/^docs\/a\.md:5 .*leaves the repository/),
    expect.stringMatching(/^docs\/a\.md:6 .*leaves the repository/),
  ]);
});

test('a document may name only npm scripts that exist', () => {
  const text = '`npm start`, `npm run bench`, `npm install`\n`npm test`\n`npm run gone`\n';
  expect(problemsOf({ 'README.md': text })).toEqual([
    expect.stringMatching(/^README\.md:2 `npm test` is no script/),
    expect.stringMatching(/^README\.md:3 `npm run gone` is no script/),
  ]);
});
