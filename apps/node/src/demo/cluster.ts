// The agents of the demo, kept running: whoever dies is started again after a pause, until the demo is
// stopped. Everything that happens is told in a sentence.

import { asPatinaError } from '@patina/engine/base/errors.ts';
import { AgentProcess, describeEnd } from './agent-process.ts';
import type { NodePlace } from './layout.ts';
import { NodeClient } from './node-client.ts';
import { duration } from './numbers.ts';
import type { WriteTarget } from './writer.ts';

/** How long a dead agent stays down, milliseconds: long enough to see what the others do meanwhile. */
const restartDelayMs = 3_000;

/** Starts in a row without success, after which an agent is given up. */
const failuresMax = 5;

export class ClusterNode implements WriteTarget {
  readonly place: NodePlace;
  readonly client: NodeClient;
  readonly #cwd: string;
  readonly #say: (line: string) => void;
  #agent: AgentProcess | undefined;
  #state: 'new' | 'starting' | 'up' | 'down' | 'given up' | 'stopped' = 'new';
  #restart: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(cwd: string, place: NodePlace, say: (line: string) => void) {
    this.#cwd = cwd;
    this.place = place;
    this.client = new NodeClient(place.api);
    this.#say = say;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  get pid(): number | undefined {
    return this.#agent?.pid;
  }

  /** Why the node does not answer, in a few words. */
  get stateText(): string {
    return (
      { new: 'not started', down: 'down, starts again soon', up: 'does not answer' }[
        String(this.#state)
      ] ?? this.#state
    );
  }

  /** Starts the agent for the first time; rejects when it does not come up. */
  async start(): Promise<void> {
    await this.#run('new');
  }

  /** Stops the agent in order, and keeps it down. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    clearTimeout(this.#restart);
    await this.#agent?.stop();
  }

  /** Ends the agent at once. What it has acknowledged is on disk. */
  kill(): void {
    this.#agent?.signal('SIGKILL');
  }

  async #run(log: 'new' | 'continue'): Promise<void> {
    this.#state = 'starting';
    const agent = new AgentProcess(this.#cwd, this.place, log);
    this.#agent = agent;
    void agent.ended.then((end) => this.#ended(agent, describeEnd(end)));
    await agent.ready(this.client);
    if (this.#state === 'starting') this.#state = 'up';
    this.#failures = 0;
  }

  #ended(agent: AgentProcess, how: string): void {
    if (this.#state !== 'up') return;
    this.#state = 'down';
    const { number } = this.place;
    this.#say(
      `node ${number} (pid ${agent.pid ?? '?'}) ${how}; it starts again in ${duration(restartDelayMs)}`,
    );
    this.#planRestart();
  }

  #planRestart(): void {
    this.#restart = setTimeout(() => void this.#startAgain(), restartDelayMs);
  }

  async #startAgain(): Promise<void> {
    const { number } = this.place;
    try {
      await this.#run('continue');
      if (this.isUp) this.#say(`node ${number} is back (pid ${this.pid ?? '?'})`);
    } catch (cause) {
      if (this.#state === 'stopped') return;
      const { message, hint = '' } = asPatinaError(cause);
      this.#agent?.signal('SIGKILL');
      this.#failures++;
      this.#state = this.#failures < failuresMax ? 'down' : 'given up';
      this.#say(`node ${number}: ${message} (${hint})`);
      if (this.#state === 'down') this.#planRestart();
    }
  }
}
