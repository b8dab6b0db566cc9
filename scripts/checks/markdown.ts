// Checks that a document is true where that can be checked: its links lead to files and headings
// that exist, and the npm scripts it tells people to run are there.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import type { Problem } from './problem.ts';
import { lineAt } from './problem.ts';

/** npm's own commands that look like `npm <word>`; all other scripts need `npm run`. */
const scriptCommand = /\bnpm (?:run ([\w:-]+)|(start|test)\b)/g;

/** Checks one document. `file` is relative to the root, `text` its content. */
export function markdownProblems(rootDir: string, file: string, text: string): Problem[] {
  return [...linkProblems(rootDir, file, text), ...commandProblems(rootDir, file, text)];
}

function linkProblems(rootDir: string, file: string, text: string): Problem[] {
  const problems: Problem[] = [];
  const prose = blank(text, /^(```|~~~)[\s\S]*?^\1/gm);
  for (const match of blank(prose, /`[^`\n]*`/g).matchAll(/\[[^\]]*\]\(([^()\s]+)[^()]*\)/g)) {
    const link = decodeURI(match[1] ?? '');
    if (/^[a-z]+:/i.test(link)) continue;
    const message = linkProblem(rootDir, file, text, link);
    if (message !== undefined) problems.push({ file, line: lineAt(text, match.index), message });
  }
  return problems;
}

function linkProblem(
  rootDir: string,
  file: string,
  text: string,
  link: string,
): string | undefined {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? file : normalize(join(dirname(file), path));
  if (target.startsWith('../') || path.startsWith('/')) return `${link} leaves the repository.`;
  if (!existsSync(join(rootDir, target))) return `${link} leads to nothing: there is no ${target}.`;
  if (anchor === undefined || !target.endsWith('.md')) return undefined;
  const content = target === file ? text : readFileSync(join(rootDir, target), 'utf8');
  if (headingAnchors(content).has(anchor)) return undefined;
  return `${link} leads to no heading of ${target}.`;
}

/** The anchors that a document's headings get, as Git hosts and editors make them. */
function headingAnchors(text: string): Set<string> {
  const headings = blank(text, /^(```|~~~)[\s\S]*?^\1/gm).matchAll(/^#{1,6} +(.+?) *$/gm);
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of headings) {
    const kept = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '');
    const slug = kept.trim().replaceAll(/\s/g, '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

/** Replaces what matches by spaces, so that places in the text stay the same. */
function blank(text: string, pattern: RegExp): string {
  return text.replaceAll(pattern, (match) => match.replaceAll(/[^\n]/g, ' '));
}

function commandProblems(rootDir: string, file: string, text: string): Problem[] {
  const manifest: unknown = JSON.parse(readFileSync(join(rootDir, 'package.json'), 'utf8'));
  const scripts = scriptNames(manifest);
  const problems: Problem[] = [];
  for (const match of text.matchAll(scriptCommand)) {
    const name = match[1] ?? match[2] ?? '';
    if (scripts.has(name)) continue;
    const message = `\`${match[0]}\` is no script of package.json.`;
    problems.push({ file, line: lineAt(text, match.index), message });
  }
  return problems;
}

function scriptNames(manifest: unknown): Set<string> {
  if (typeof manifest !== 'object' || manifest === null || !('scripts' in manifest))
    return new Set();
  const { scripts } = manifest;
  return new Set(typeof scripts === 'object' && scripts !== null ? Object.keys(scripts) : []);
}
