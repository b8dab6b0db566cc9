// The connection to the live process over its whole life: started with the first question, started anew
// when it ended by itself, with what was asked and not answered asked again.

import { PatinaError } from '../../base/errors.ts';
import type { Cancel, Timers } from '../../ports.ts';
import { fatalQuestion, stopping, tooManyQuestions } from '../live-errors.ts';
import type { LiveExit, LiveProcess, LiveProcessHandlers } from './live-child.ts';
import type { FromLive, LiveAnswer, LiveQuestion, ToLive } from './live-protocol.ts';

/** What the process says beyond answers and its own state. */
export type LiveNews = Exclude<FromLive, { kind: 'ready' | 'start-failed' | 'working' | 'answer' }>;

export interface LiveLinkOptions {
  readonly startProcess: (handlers: LiveProcessHandlers) => LiveProcess;
  readonly timers: Timers;
  /** In the order of the pipe, like answers. */
  readonly onNews: (news: LiveNews) => void;
  /** A process runs that knows nothing of us yet: what must be asked before it begins to evaluate. */
  readonly onStarted: () => void;
  /**
   * The process is gone, and with it all snapshots; another one will be started. `fatalId` is the query
   * that ended it, which the next one is told to forget.
   */
  readonly onLost: (exit: LiveExit, fatalId: string | undefined) => void;
  /** It ended so often that no other is started until somebody asks something. */
  readonly onGivenUp: (error: PatinaError) => void;
  readonly restartMsMax?: number;
}

/** Takes the answer, or why there is none. Called in the order of the pipe, never within `ask`. */
export type Settle = (answer: LiveAnswer) => void;

/** Waits before a process is started anew: doubled each time, up to the limit. */
const restartMsMin = 50;
const restartMsMaxDefault = 5_000;

/** A process that works for this long makes the wait short again, milliseconds. */
const calmMs = 10_000;

/** Processes in a row that ended before they had evaluated anything, until it is given up. */
const barrenStartsMax = 6;

/**
 * Crashes in a row amid the same query, each before a whole pass was through, until the query counts as
 * their cause: a process may also be killed from outside, at any moment.
 */
const crashesAmidMax = 3;

/** How often a question is put to another process before it counts as what ends them. */
const attemptsMax = 4;

/** Questions that may wait for an answer. */
const questionsMax = 100_000;

interface Question {
  readonly question: LiveQuestion;
  readonly settle: Settle;
  attempts: number;
}

type State = 'off' | 'starting' | 'running' | 'waiting' | 'closed';

export class LiveLink {
  readonly #options: LiveLinkOptions;
  readonly #questions = new Map<number, Question>();
  #nextRequest = 1;
  #state: State = 'off';
  #process: LiveProcess | undefined;
  #cancelRestart: Cancel = () => {};
  #restartMs = restartMsMin;
  #barrenStarts = 0;
  /** What to forget first, and what was being evaluated when the last processes crashed. */
  #fatalId: string | undefined;
  #suspectId: string | undefined;
  #suspectCrashes = 0;
  #cancelCalm: Cancel = () => {};
  readonly #whenOff: (() => void)[] = [];
  restarts = 0;

  constructor(options: LiveLinkOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#state !== 'off' && this.#state !== 'closed';
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Questions that wait for their answers. */
  get waiting(): number {
    return this.#questions.size;
  }

  /** Starts the process if there is none. */
  start(): void {
    if (this.#state !== 'off') return;
    this.#state = 'starting';
    const process = this.#options.startProcess({
      onMessage: (message) => {
        if (this.#process === process) this.#receive(message);
      },
      onExit: (exit) => {
        if (this.#process === process) this.#exited(exit);
      },
    });
    this.#process = process;
  }

  ask(question: LiveQuestion, settle: Settle): void {
    if (this.#state === 'closed') {
      queueMicrotask(() => settle({ kind: 'refused', error: stopping() }));
      return;
    }
    if (this.#questions.size >= questionsMax) {
      queueMicrotask(() => settle({ kind: 'refused', error: tooManyQuestions() }));
      return;
    }
    const request = this.#nextRequest++;
    const asked: Question = { question, settle, attempts: 0 };
    this.#questions.set(request, asked);
    if (this.#state === 'running') this.#put(request, asked);
    else this.start();
  }

  /** Sends what needs no answer; without a process it is void. */
  post(message: ToLive): void {
    if (this.#state === 'running') this.#process?.send(message);
  }

  /** Ends an idle process; the next question starts another. */
  async turnOff(): Promise<void> {
    await this.#end('off');
  }

  /** Ends the process for good; what waits is refused. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    await this.#end('closed');
    this.#refuseAll(stopping());
  }

  #end(state: 'off' | 'closed'): Promise<void> {
    this.#cancelRestart();
    const process = this.#process;
    this.#state = state === 'closed' || process === undefined ? state : 'waiting';
    if (process === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenOff.push(resolve);
      process.close();
    });
  }

  #put(request: number, asked: Question): void {
    asked.attempts++;
    this.#process?.send({ kind: 'question', request, question: asked.question });
  }

  #receive(message: FromLive): void {
    switch (message.kind) {
      case 'ready':
        this.#began();
        break;
      case 'working':
        this.#barrenStarts = 0;
        // The first pass of a process runs every query whole: none of them ends it.
        this.#suspectId = undefined;
        this.#cancelCalm = this.#options.timers.after(calmMs, () => {
          this.#restartMs = restartMsMin;
        });
        break;
      case 'start-failed':
        // The database cannot be opened, say: whoever waits is told why.
        this.#refuseAll(message.error);
        break;
      case 'answer':
        this.#answered(message.request, message.answer);
        break;
      default:
        this.#options.onNews(message);
    }
  }

  #began(): void {
    if (this.#state !== 'starting') return;
    const waiting = [...this.#questions];
    this.#state = 'running';
    const fatalId = this.#fatalId;
    this.#fatalId = undefined;
    // Before anything else: evaluating it again would only end this process, too.
    if (fatalId !== undefined) this.ask({ kind: 'drop', id: fatalId }, () => undefined);
    this.#options.onStarted();
    for (const [request, asked] of waiting) {
      if (asked.attempts < attemptsMax) this.#put(request, asked);
      else this.#answered(request, { kind: 'refused', error: fatalQuestion() });
    }
    this.#process?.send({ kind: 'begin' });
  }

  #answered(request: number, answer: LiveAnswer): void {
    const asked = this.#questions.get(request);
    this.#questions.delete(request);
    asked?.settle(answer);
  }

  #exited(exit: LiveExit): void {
    this.#process = undefined;
    this.#cancelCalm();
    for (const resolve of this.#whenOff.splice(0)) resolve();
    if (this.#state === 'closed' || exit.kind === 'told') {
      if (this.#state !== 'closed') this.#state = 'off';
      // Somebody asked while it was closing.
      if (this.#state === 'off' && this.#questions.size > 0) this.start();
      return;
    }
    this.restarts++;
    this.#barrenStarts++;
    this.#fatalId = this.#fatalIdOf(exit) ?? this.#fatalId;
    this.#state = 'waiting';
    this.#options.onLost(exit, this.#fatalId);
    if (this.#barrenStarts >= barrenStartsMax) {
      this.#giveUp(exit);
      return;
    }
    this.#cancelRestart = this.#options.timers.after(this.#restartMs, () => {
      this.#state = 'off';
      this.start();
    });
    const restartMsMax = this.#options.restartMsMax ?? restartMsMaxDefault;
    this.#restartMs = Math.min(restartMsMax, this.#restartMs * 2);
  }

  /** The query that ended the process: once is enough when it got stuck, a crash may be by chance. */
  #fatalIdOf(exit: LiveExit): string | undefined {
    if (exit.kind === 'told' || exit.queryId === '') return undefined;
    this.#suspectCrashes = exit.queryId === this.#suspectId ? this.#suspectCrashes + 1 : 1;
    this.#suspectId = exit.queryId;
    const isFatal = exit.kind === 'stuck' || this.#suspectCrashes >= crashesAmidMax;
    return isFatal ? exit.queryId : undefined;
  }

  #giveUp(exit: LiveExit): void {
    const cause = exit.kind === 'crashed' ? exit.error : undefined;
    const error = new PatinaError(
      'PATINA_SUBSCRIPTION_FAILED',
      'the process that evaluates live queries ends again and again',
      { hint: cause?.message ?? 'The log of the node says why.', cause },
    );
    this.#state = 'off';
    this.#barrenStarts = 0;
    this.#refuseAll(error);
    this.#options.onGivenUp(error);
  }

  #refuseAll(error: PatinaError): void {
    const waiting = [...this.#questions.values()];
    this.#questions.clear();
    for (const { settle } of waiting) settle({ kind: 'refused', error });
  }
}
