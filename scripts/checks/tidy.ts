// Checks that every written file is tidy: short, explained, finished, free of hidden characters and
// of addresses of hosts, and that links in the documents lead somewhere.

import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { markdownProblems } from './markdown.ts';
import { readModule } from './module-facts.ts';
import type { Problem } from './problem.ts';
import { lineAt } from './problem.ts';
import { isCode, listFiles } from './source-tree.ts';

/** Longer files hold more than one idea. */
export const fileLinesMax = 800;

/** Written by npm, which puts the addresses of funding pages into it. */
const unchecked = new Set(['package-lock.json']);
const binaryExtensions = new Set(['.gif', '.ico', '.jpg', '.png', '.woff2']);
const commentedExtensions = new Set(['.css', '.sh', '.sql', '.toml', '.yaml', '.yml']);

/**
 * Hosts that may be named: this machine, names without a dot, which no public host has, names
 * reserved for documentation, and where licences and formats are defined.
 */
const allowedHosts = [
  /^[a-z0-9-]+$/,
  /^(127\.0\.0\.\d+|0\.0\.0\.0|\[::1?\])$/,
  /(^|\.)(example\.(com|net|org)|example|test|invalid)$/,
  /^www\.(apache|w3)\.org$/,
];

// The words are put together here, so that this file may say what it looks for.
const unfinished = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`, 'g');
const narrowedTest = /\b(?:describe|it|suite|test)\.(?:fails|only|skip|todo)\b/g;
const silenced = new RegExp(`@ts-(?:${'ig' + 'nore'}|${'no' + 'check'})`, 'g');

/** Checks every written file under `rootDir`. */
export function checkTidy(rootDir: string): { files: number; problems: Problem[] } {
  const files = listFiles(rootDir).filter((file) => {
    return !unchecked.has(file) && !binaryExtensions.has(extname(file));
  });
  const problems = files.flatMap((file) => fileProblems(rootDir, file));
  return { files: files.length, problems };
}

function fileProblems(rootDir: string, file: string): Problem[] {
  const text = readFileSync(join(rootDir, file), 'utf8');
  if (text.includes('\0')) {
    return [{ file, line: undefined, message: 'The file is no text: what is it doing here?' }];
  }
  const found = [
    ...hiddenCharacters(text),
    ...hosts(text),
    ...matches(text, unfinished, (word) => `${word} marks unfinished work: do it or leave it out.`),
    ...(isCode(file) ? codeFaults(file, text) : []),
    ...(needsComment(file, text) ? missingComment(text) : []),
    ...length(text),
  ];
  const problems = found.map(({ at, message }) => ({ file, line: lineAt(text, at), message }));
  return file.endsWith('.md') ? [...problems, ...markdownProblems(rootDir, file, text)] : problems;
}

interface Fault {
  readonly at: number;
  readonly message: string;
}

function matches(text: string, pattern: RegExp, say: (match: string) => string): Fault[] {
  return [...text.matchAll(pattern)].map((match) => ({ at: match.index, message: say(match[0]) }));
}

/** Control characters, marks that reverse the order of text, and spaces that can't be seen. */
function hiddenCharacters(text: string): Fault[] {
  return matches(text, /[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => {
    if (char === '\n') return '';
    const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return `The character U+${code} can't be seen: write it as an escape.`;
  }).filter(({ message }) => message !== '');
}

function hosts(text: string): Fault[] {
  const faults: Fault[] = [];
  for (const match of text.matchAll(/\bhttps?:\/\/(\[[^\]\s]*\]|[^\s/:?#"'`<>(),;\\]+)/g)) {
    const host = match[1]?.replace(/\.$/, '') ?? '';
    // A host that code puts together at run time is not an address.
    if (/[${}*]/.test(host) || allowedHosts.some((allowed) => allowed.test(host))) continue;
    faults.push({ at: match.index, message: `The host ${host} is not one that files may name.` });
  }
  return faults;
}

function codeFaults(file: string, text: string): Fault[] {
  const banned = readModule(file, text).anyTypes.map((at) => {
    return { at, message: 'The type `any` switches checking off: say what it is, or `unknown`.' };
  });
  return [
    ...banned,
    ...matches(text, silenced, (found) => `${found} hides errors: mend them.`),
    ...matches(text, narrowedTest, (found) => `${found} leaves tests out: all of them run.`),
  ];
}

function needsComment(file: string, text: string): boolean {
  return isCode(file) || commentedExtensions.has(extname(file)) || text.startsWith('#!');
}

function missingComment(text: string): Fault[] {
  const body = text.replace(/^#![^\n]*\n/, '');
  if (/^\s*(\/\/|\/\*|#|--) ?\S/.test(body)) return [];
  return [{ at: 0, message: 'The file does not begin with a comment that says its idea.' }];
}

function length(text: string): Fault[] {
  const lines = text.split('\n').length - 1;
  if (lines <= fileLinesMax) return [];
  return [
    { at: 0, message: `${lines} lines are more than ${fileLinesMax}: it has several ideas.` },
  ];
}
