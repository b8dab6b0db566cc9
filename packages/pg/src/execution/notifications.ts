// LISTEN and NOTIFY among the sessions of this node; and, on channels named `table:<name>`, the changes of a
// table, wherever in the cluster they were made.

import type { LiveQueries, WatchGroup, WatchHandle } from '@patina/engine/live/live-queries.ts';

/** A session that listens. */
export interface Listener {
  notify(processId: number, channel: string, payload: string): void;
}

export interface NotificationHubOptions {
  readonly live: Pick<LiveQueries, 'watch'>;
  /** A table could not be followed, or no longer. */
  readonly onWatchFailed?: (table: string, error: unknown) => void;
}

/** Channels of one session, beyond which LISTEN does nothing but say so. */
export const channelsPerSessionMax = 1_000;

/** Payloads have a limit, as in PostgreSQL: a key that is longer is left out of its notification. */
export const payloadBytesMax = 8_000;

/** After a watch ended, how long until it is tried again, milliseconds. */
const watchAgainMs = 1_000;

/** Who made a change is not a process of this node. */
const nobodysProcessId = 0;

const tablePrefix = 'table:';

interface Channel {
  readonly listeners: Set<Listener>;
  watch: WatchHandle | undefined;
  retry: NodeJS.Timeout | undefined;
}

export class NotificationHub {
  readonly #options: NotificationHubOptions;
  readonly #channels = new Map<string, Channel>();
  #isStopped = false;

  constructor(options: NotificationHubOptions) {
    this.#options = options;
  }

  listen(name: string, listener: Listener): void {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = { listeners: new Set(), watch: undefined, retry: undefined };
      this.#channels.set(name, channel);
      if (name.startsWith(tablePrefix)) void this.#watch(name, channel, undefined);
    }
    channel.listeners.add(listener);
  }

  unlisten(name: string | '*', listener: Listener): void {
    if (name === '*') {
      for (const known of [...this.#channels.keys()]) this.#leave(known, listener);
    } else this.#leave(name, listener);
  }

  /** Tells all sessions that listen, the one that asks included. */
  notify(processId: number, name: string, payload: string): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    for (const listener of [...channel.listeners]) listener.notify(processId, name, payload);
  }

  /** Channels that somebody listens on. */
  get channels(): number {
    return this.#channels.size;
  }

  stop(): void {
    this.#isStopped = true;
    for (const channel of this.#channels.values()) close(channel);
    this.#channels.clear();
  }

  #leave(name: string, listener: Listener): void {
    const channel = this.#channels.get(name);
    if (channel === undefined || !channel.listeners.delete(listener)) return;
    if (channel.listeners.size > 0) return;
    close(channel);
    this.#channels.delete(name);
  }

  async #watch(name: string, channel: Channel, from: string | undefined): Promise<void> {
    const table = name.slice(tablePrefix.length);
    let cursor = from;
    const again = (error: unknown): void => {
      this.#options.onWatchFailed?.(table, error);
      channel.watch = undefined;
      if (this.#isStopped || this.#channels.get(name) !== channel) return;
      channel.retry = setTimeout(() => void this.#watch(name, channel, cursor), watchAgainMs);
      channel.retry.unref();
    };
    const request = { table, client: 'postgresql notifications', ...(from && { from }) };
    try {
      const watch = await this.#options.live.watch(request, {
        onOpened: (opened) => {
          cursor = opened.cursor;
        },
        onGroup: (group) => {
          cursor = group.cursor;
          this.#changed(name, group);
        },
        onLagged: (at) => {
          cursor = at;
          again(undefined);
        },
        onEnded: again,
      });
      if (this.#channels.get(name) === channel) channel.watch = watch;
      else watch.close();
    } catch (error) {
      again(error);
    }
  }

  #changed(name: string, group: WatchGroup): void {
    for (const { type, key } of group.notices) {
      const payload = `{"type":"${type}","key":${key}}`;
      const fits = Buffer.byteLength(payload) < payloadBytesMax;
      this.notify(nobodysProcessId, name, fits ? payload : `{"type":"${type}"}`);
    }
  }
}

function close(channel: Channel): void {
  clearTimeout(channel.retry);
  channel.watch?.close();
}
