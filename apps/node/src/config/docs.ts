// Writes docs/configuration.md from the table of options, so that the document cannot fall behind.

import { foreignKeys } from './corrosion-keys.ts';
import { configFileDefault, configFileEnv } from './load.ts';
import { showValue } from './option.ts';
import { type ListedOption, listedOptions } from './option-list.ts';
import { optionTable, sectionTexts } from './options.ts';

/** The whole text of docs/configuration.md. */
export function configurationMarkdown(): string {
  const sections = Object.entries(sectionTexts).map(([name, about]) => sectionText(name, about));
  return [intro(), ...sections, foreignText()].join('\n');
}

function intro(): string {
  return `# Configuration

<!-- Written by scripts/generate-config-docs.ts from apps/node/src/config/options.ts. -->

\`patina\` reads a TOML file: the one named by \`-c\` or \`--config\`, else by
\`${configFileEnv}\`, else \`${configFileDefault}\` if it is there. Every key can also be set by
an environment variable. A flag goes before the environment, the environment before the file, the
file before the default.

\`\`\`toml
[db]
path = "/var/lib/patina/node.db"
schema_paths = ["/etc/patina/schema"]

[api]
addr = "127.0.0.1:8080"

[gossip]
addr = "10.0.0.7:4001"
bootstrap = ["10.0.0.8", "10.0.0.9"]

[gossip.tls]
cert_file = "/etc/patina/node_cert.pem"
key_file = "/etc/patina/node_key.pem"
ca_file = "/etc/patina/ca_cert.pem"
\`\`\`

Whatever is not understood stops the start: an unknown key, a bad value, values that contradict each
other, an address that others can reach without the protection that goes with it. The message names
the key, where it is set, and the cure; the exit code is 1, and nothing has been touched.
\`patina config check\` says the same without starting anything, and shows where each value is from.

Relative paths count from the working directory. In an environment variable a list is a JSON array,
or items between commas. A length of time is a number in the unit that the key is documented with,
or text with a unit, such as \`"250ms"\`, \`"90s"\` or \`"48h"\`. \`PATINA_TOKEN\` is the token that
\`patina query\` and \`patina exec\` send, where it is not \`api.authz.bearer-token\`.
`;
}

function sectionText(name: string, about: string): string {
  const options = listedOptions.filter(({ place }) => place[0] === name);
  return [`## [${name}]`, '', about, '', ...options.map(optionText)].join('\n');
}

function optionText(listed: ListedOption): string {
  const { option, keys, key, env } = listed;
  const facts = [
    option.kind,
    `default: ${defaultText(listed)}`,
    `environment: \`${env}\``,
    ...(option.flag === undefined ? [] : [`flag: \`--${option.flag}\``]),
    ...(keys.length === 1 ? [] : [`also: ${keys.slice(1).map(code).join(', ')}`]),
  ];
  return `### \`${key}\`\n\n${wrap(option.doc.join(' '))}\n\n${wrap(`${facts.join('; ')}.`)}\n`;
}

function defaultText({ option }: ListedOption): string {
  if (option.shownDefault !== undefined) return option.shownDefault;
  if (option.defaultRaw !== undefined) {
    return code(showValue(option, option.parse(option.defaultRaw)));
  }
  return 'required' in option ? 'none, required' : 'none';
}

function foreignText(): string {
  const names = foreignKeys.map(({ key }) => code(key)).join(', ');
  const sections = Object.keys(optionTable).length;
  return `## Keys of Corrosion that are not here

A file of Corrosion works as long as it keeps to the ${sections} sections above. These keys
of it are refused with a message that says so:

${wrap(names)}
`;
}

function code(text: string): string {
  return `\`${text}\``;
}

const columnsMax = 100;

function wrap(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columnsMax) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
