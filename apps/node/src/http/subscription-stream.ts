// One subscription as a stream of events: what the evaluation tells, in the words of the API.

import type { PatinaError } from '@patina/engine/base/errors.ts';
import type {
  ChangeGroup,
  LiveChange,
  LiveOpened,
  LiveSink,
} from '@patina/engine/live/live-queries.ts';
import type { FastifyReply } from 'fastify';
import { originsJson, type StreamBody } from './live-route.ts';

export class SubscriptionStream implements LiveSink {
  readonly #reply: FastifyReply;
  readonly #body: StreamBody;
  readonly #skipRows: boolean;
  readonly #progress: { changeId: number | undefined };
  #id = '';
  /** What the head is to say, until it is sent. */
  #head: LiveOpened | undefined;
  /** Columns, rows and the end of the snapshot are told. */
  #tellsRows = false;

  /** `progress` is kept at the last change id that the reader was told of. */
  constructor(
    reply: FastifyReply,
    body: StreamBody,
    skipRows: boolean,
    progress: { changeId: number | undefined },
  ) {
    this.#reply = reply;
    this.#body = body;
    this.#skipRows = skipRows;
    this.#progress = progress;
  }

  onOpened(opened: LiveOpened): void {
    const { id, start, changeId } = opened;
    this.#id = id;
    this.#tellsRows = start === 'restarted' || (start === 'snapshot' && !this.#skipRows);
    if (start === 'restarted') this.#progress.changeId = undefined;
    this.#progress.changeId = changeId ?? this.#progress.changeId;
    this.#head = opened;
    // Without rows nothing else tells from when on changes are: the head waits until they are.
    if (start !== 'snapshot' || this.#tellsRows) this.#begin();
  }

  #begin(): void {
    const opened = this.#head;
    if (opened === undefined || this.#body.stream.isOver) return;
    this.#head = undefined;
    const { id, hash, columns, isOrdered: ordered, start, reason } = opened;
    const { stream, format, details } = this.#body;
    this.#reply.hijack();
    stream.start({ 'corro-query-id': id, 'corro-query-hash': hash });
    let events = '';
    if (details) {
      const head = { id, hash, ordered, start, reason, change_id: this.#progress.changeId };
      events += format.event('opened', JSON.stringify(head));
    }
    if (start === 'restarted') events += format.event('restarted', JSON.stringify({ reason }));
    if (this.#tellsRows) events += format.event('columns', JSON.stringify(columns));
    void stream.write(events);
  }

  onRows(lines: Uint8Array): Promise<void> | undefined {
    if (!this.#tellsRows) return undefined;
    return this.#body.stream.write(this.#body.format.rows(lines));
  }

  onSnapshotEnd({ changeId, timeMs }: { changeId: number; timeMs: number }): void {
    this.#progress.changeId = changeId;
    this.#begin();
    if (!this.#tellsRows) return;
    const json = `{"time":${timeMs / 1000},"change_id":${changeId}}`;
    void this.#body.stream.write(this.#body.format.event('eoq', json, this.#cursor(changeId)));
  }

  onGroup(group: ChangeGroup): Promise<void> | undefined {
    const { stream, format, details } = this.#body;
    let events = '';
    for (const change of group.changes)
      events += format.event('change', changeJson(change, details));
    const last = group.changes.at(-1);
    if (last === undefined) return undefined;
    const { changeId } = last;
    this.#progress.changeId = changeId;
    if (details) {
      const cursor = this.#cursor(changeId);
      const origins = originsJson(group.origins);
      const json = `{"change_id":${changeId},"cursor":"${cursor}","origins":${origins}}`;
      events += format.event('commit', json, cursor);
    }
    return stream.write(events);
  }

  onLagged(cursor: string, changeId: number): void {
    this.#begin();
    const json = JSON.stringify({ change_id: changeId, cursor });
    this.#body.stream.end(this.#body.format.event('lagged', json));
  }

  onEnded(error: PatinaError | undefined): void {
    this.#begin();
    if (error === undefined) this.#body.stream.end('');
    else this.#body.stream.fail(error);
  }

  #cursor(changeId: number): string {
    return `${this.#id}:${changeId}`;
  }
}

function changeJson(change: LiveChange, details: boolean): string {
  const { type, rowId, cells, changeId, position } = change;
  const place = details && position !== undefined ? `,${position}` : '';
  return `["${type}",${rowId},${cells},${changeId}${place}]`;
}
