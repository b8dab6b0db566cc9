// Conversations as text: comments begin with #, what the client says with >, what the server says with <.
// What the client says in one part is sent in one piece, and what the server says is the answer to all of it.

import { type ClientMessage, clientLine, parseClientLine } from './client-messages.ts';

export interface ConversationPart {
  readonly comments: readonly string[];
  readonly client: readonly ClientMessage[];
  readonly server: readonly string[];
}

export function parseConversation(text: string): ConversationPart[] {
  const parts: { comments: string[]; client: ClientMessage[]; server: string[] }[] = [];
  for (const block of text.split(/\n{2,}/)) {
    const part = {
      comments: [] as string[],
      client: [] as ClientMessage[],
      server: [] as string[],
    };
    for (const line of block.split('\n').filter(Boolean)) {
      if (line.startsWith('#')) part.comments.push(line);
      else if (line.startsWith('> ')) part.client.push(parseClientLine(line.slice(2)));
      else if (line.startsWith('< ')) part.server.push(line.slice(2));
      else throw new Error(`no line of a conversation: ${line}`);
    }
    parts.push(part);
  }
  return parts;
}

export function writeConversation(parts: readonly ConversationPart[]): string {
  const blocks = parts.map(({ comments, client, server }) =>
    [
      ...comments,
      ...client.map((message) => `> ${clientLine(message)}`),
      ...server.map((line) => `< ${line}`),
    ].join('\n'),
  );
  return `${blocks.join('\n\n')}\n`;
}
