// All readers of changed rows: opens them, routes groups to them, and has a new process take them up.

import { asPatinaError, type PatinaError } from '../../base/errors.ts';
import { unexpectedAnswer } from '../live-errors.ts';
import type { WatchGroup, WatchHandle, WatchRequest, WatchSink } from '../live-queries.ts';
import type { LiveLink } from '../process/live-link.ts';
import type { WatchText } from '../process/live-protocol.ts';
import type { QueueLimits } from './subscriber.ts';
import { Watcher } from './watcher.ts';

export interface WatchDeskOptions {
  readonly link: LiveLink;
  readonly limits: QueueLimits;
  readonly newId: () => string;
  readonly onLagged: (watchId: string) => void;
  readonly onSinkFault: (error: unknown) => void;
}

export class WatchDesk {
  readonly #options: WatchDeskOptions;
  readonly #watchers = new Map<string, Watcher>();

  constructor(options: WatchDeskOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#watchers.size;
  }

  open(request: WatchRequest, sink: WatchSink, leave: () => void): Promise<WatchHandle> {
    const text: WatchText = {
      watchId: this.#options.newId(),
      table: request.table,
      from: request.from === undefined ? undefined : String(request.from),
      filter: request.filter,
      images: request.images === true,
    };
    return new Promise((resolve, reject) => {
      this.#options.link.ask({ kind: 'watch', watch: text }, (answer) => {
        if (answer.kind !== 'watching') {
          reject(answer.kind === 'refused' ? answer.error : unexpectedAnswer(answer.kind));
          return;
        }
        const { opened, backlog } = answer;
        const watcher = new Watcher({
          request: text,
          opened,
          sink,
          limits: this.#options.limits,
          host: {
            onLeft: (left, why) => {
              leave();
              this.#left(left, why);
            },
            onSinkFault: this.#options.onSinkFault,
          },
        });
        this.#watchers.set(watcher.id, watcher);
        try {
          sink.onOpened(opened);
        } catch (error) {
          watcher.close();
          reject(asPatinaError(error));
          return;
        }
        watcher.onBacklog(backlog);
        watcher.start();
        resolve({ close: () => watcher.close() });
      });
    });
  }

  heard(watchId: string, group: WatchGroup): void {
    this.#watchers.get(watchId)?.onGroup(group);
  }

  /** Has a new process go on where the old one ended. */
  reattach(): void {
    for (const watcher of [...this.#watchers.values()]) {
      this.#options.link.ask({ kind: 'watch', watch: watcher.request }, (answer) => {
        if (answer.kind === 'refused') watcher.end(answer.error);
        // What happened meanwhile cannot be told any more: whoever asks again is told so.
        else if (answer.kind !== 'watching' || answer.opened.start === 'restarted') watcher.lag();
        else for (const group of answer.backlog) watcher.onGroup(group);
      });
    }
  }

  end(watchId: string, error: PatinaError): void {
    this.#watchers.get(watchId)?.end(error);
  }

  endAll(error: PatinaError): void {
    for (const watcher of [...this.#watchers.values()]) watcher.end(error);
  }

  #left(watcher: Watcher, why: 'closed' | 'lagged' | 'ended'): void {
    this.#watchers.delete(watcher.id);
    this.#options.link.post({ kind: 'unwatch', watchId: watcher.id });
    if (why === 'lagged') this.#options.onLagged(watcher.id);
  }
}
