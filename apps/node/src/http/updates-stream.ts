// The updates of one table as a stream of events: which rows changed, and their values where asked
// for.

import type { PatinaError } from '@patina/engine/base/errors.ts';
import type { WatchGroup, WatchOpened, WatchSink } from '@patina/engine/live/live-queries.ts';
import type { FastifyReply } from 'fastify';
import { originsJson, type StreamBody } from './live-route.ts';

export class UpdatesStream implements WatchSink {
  readonly #reply: FastifyReply;
  readonly #body: StreamBody;
  readonly #progress: { cursor: string | undefined };

  /** `progress` is kept at the last cursor that the reader was told of. */
  constructor(reply: FastifyReply, body: StreamBody, progress: { cursor: string | undefined }) {
    this.#reply = reply;
    this.#body = body;
    this.#progress = progress;
  }

  onOpened({ id, key, columns, start, reason, cursor }: WatchOpened): void {
    if (this.#body.stream.isOver) return;
    this.#progress.cursor = cursor;
    const { stream, format, details } = this.#body;
    this.#reply.hijack();
    stream.start({ 'corro-query-id': id });
    let events = '';
    if (details) {
      const head = JSON.stringify({ id, key, columns, start, reason, cursor });
      events += format.event('opened', head);
    }
    if (start === 'restarted') events += format.event('restarted', JSON.stringify({ reason }));
    void stream.write(events);
  }

  onGroup(group: WatchGroup): Promise<void> | undefined {
    const { stream, format, details } = this.#body;
    let events = '';
    for (const { type, key, row } of group.notices) {
      const image = row === undefined ? '' : `,${row}`;
      events += format.event('notify', `["${type}",${key}${image}]`);
    }
    const { cursor } = group;
    this.#progress.cursor = cursor;
    if (details) {
      const json = `{"cursor":${JSON.stringify(cursor)},"origins":${originsJson(group.origins)}}`;
      events += format.event('commit', json, cursor);
    }
    return stream.write(events);
  }

  onLagged(cursor: string): void {
    this.#body.stream.end(this.#body.format.event('lagged', JSON.stringify({ cursor })));
  }

  onEnded(error: PatinaError | undefined): void {
    if (error === undefined) this.#body.stream.end('');
    else this.#body.stream.fail(error);
  }
}
