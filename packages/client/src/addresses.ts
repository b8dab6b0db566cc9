// The addresses of the nodes, and which of them to ask: the one that worked last, until it fails.

import { ClientError } from './client-error.ts';

/** Addresses of one client at most. */
const urlsMax = 1_000;

export class Addresses {
  /** Without a slash at the end. */
  readonly urls: readonly string[];
  #index = 0;

  constructor(urls: readonly string[]) {
    if (urls.length === 0 || urls.length > urlsMax) {
      throw new ClientError('PATINA_BAD_VALUE', `1 to ${urlsMax} addresses are needed`, {
        hint: 'Give urls: an array of the addresses of nodes.',
      });
    }
    this.urls = urls.map(baseUrl);
  }

  /** Whom to ask first. */
  get index(): number {
    return this.#index;
  }

  url(index: number): string {
    return this.urls[index] ?? '';
  }

  worked(index: number): void {
    this.#index = index;
  }

  /** Moves on, unless another request has done so already. Returns whom to ask next. */
  failed(index: number): number {
    if (this.#index === index) this.#index = (index + 1) % this.urls.length;
    return (index + 1) % this.urls.length;
  }
}

function baseUrl(text: string): string {
  // A browser's own origin is the empty address.
  if (text === '') return '';
  if (!URL.canParse(text) || !/^https?:/.test(text)) {
    throw new ClientError('PATINA_BAD_VALUE', `${JSON.stringify(text)} is no address of a node`, {
      hint: 'Write it as http://host:port.',
    });
  }
  return text.replace(/\/+$/, '');
}
