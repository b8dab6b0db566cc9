// Writes docs/command-line.md from the help of the commands, so that the document cannot fall
// behind.

import type { Command } from 'commander';
import { buildProgram } from './program.ts';

const columns = 100;

/** The whole text of docs/command-line.md. */
export function commandLineMarkdown(): string {
  const program = buildProgram(() => Promise.resolve());
  const commands = leavesOf(program, []).map(({ command, path }) => {
    command.configureHelp({ showGlobalOptions: false });
    return `## patina ${path.join(' ')}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`;
  });
  program.configureHelp({ showGlobalOptions: false, visibleCommands: () => [] });
  const intro = `# The command line

<!-- Written by scripts/generate-cli-docs.ts from apps/node/src/cli/program.ts. -->

\`query\`, \`exec\`, \`subscribe\`, \`updates\` and \`subs\` talk to the HTTP API of a node, all other
commands to the admin socket of the agent on the same machine; both are found by the configuration that the agent has
([configuration](configuration.md)). Every command prints tables and sentences for people, and JSON
for programs with \`--json\`. An error is one line, with a second one that says what to do; with
\`--json\` it is \`{"error":{"code","message","hint"}}\` on standard error.

\`\`\`text
${helpOf(program)}
\`\`\`
`;
  return [intro, ...commands].join('\n');
}

interface Leaf {
  readonly command: Command;
  readonly path: readonly string[];
}

function leavesOf(command: Command, path: readonly string[]): Leaf[] {
  if (command.commands.length === 0) return [{ command, path }];
  return command.commands.flatMap((child) => leavesOf(child, [...path, child.name()]));
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
    getOutHelpWidth: () => columns,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}
