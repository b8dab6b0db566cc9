// A node: membership, broadcast and sync around one database. It owns no socket, file, clock or thread;
// production and the simulator give it theirs through the ports, and run exactly this.

import type { ActorId } from './base/actor-id.ts';
import { PatinaError } from './base/errors.ts';
import type { Hlc } from './base/hlc.ts';
import type { Rng } from './base/rng.ts';
import { Broadcast } from './broadcast/broadcast.ts';
import type { BroadcastLimits } from './broadcast/events.ts';
import { Applier, type ApplierCounters } from './drivers/applier.ts';
import { BroadcastDriver } from './drivers/broadcast-driver.ts';
import { LagTracker } from './drivers/lag-tracker.ts';
import { MembershipDriver } from './drivers/membership-driver.ts';
import { switchStream } from './drivers/stream-switch.ts';
import { SyncDriver } from './drivers/sync-driver.ts';
import { notHere, VersionWaiters } from './drivers/version-waiters.ts';
import type { MembershipConfig } from './membership/config.ts';
import type { Member, MembershipNotification } from './membership/events.ts';
import { Membership } from './membership/membership.ts';
import type {
  ActorState,
  Cancel,
  Clock,
  LagRow,
  LocalIdentity,
  LocalOutcome,
  LocalTransaction,
  LocalVersion,
  MergeOutcome,
  MessageStream,
  NeedSlice,
  PeerAddress,
  Storage,
  SyncNeed,
  Timers,
  Transport,
} from './ports.ts';
import { Bookkeeping, type BookkeepingView } from './sync/bookkeeping.ts';
import { type SchedulerLimits, SyncScheduler } from './sync/scheduler.ts';
import type { SessionOutcome } from './sync/session-types.ts';

export interface NodeOptions {
  readonly clusterId: number;
  /** Where others can dial us. */
  readonly advertisedAddress: PeerAddress;
  readonly membership: MembershipConfig;
  readonly broadcast?: Partial<BroadcastLimits>;
  readonly scheduler?: Partial<SchedulerLimits>;
  /**
   * A node with peers first asks one of them what it knows of us, so that versions are not used twice
   * after a restore. When none answers within this time, it writes as a new actor: a node that is cut
   * off keeps writing. Milliseconds.
   */
  readonly identityConfirmMs: number;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly timers: Timers;
  readonly transport: Transport;
  readonly storage: Storage;
  readonly newActorId: () => ActorId;
  /** 32 random hex digits. */
  readonly sessionId: string;
  readonly resolveSeeds: () => Promise<readonly PeerAddress[]>;
  readonly onEvent: (event: NodeEvent) => void;
  /** Takes streams that bring a question (asking/ask-wire.ts); without it they are malformed. */
  readonly onQuestion?: (stream: MessageStream, first: Uint8Array) => void;
}

/** What a node has to tell its operator. */
export type NodeEvent =
  | MembershipNotification
  | {
      readonly kind: 'identity-changed';
      readonly from: ActorId;
      readonly to: ActorId;
      readonly why: string;
    }
  | { readonly kind: 'merged'; readonly outcome: MergeOutcome }
  | { readonly kind: 'local-version'; readonly version: LocalVersion }
  | {
      readonly kind: 'sync-finished';
      readonly role: 'client' | 'server';
      readonly address: PeerAddress;
      readonly outcome: SessionOutcome;
    }
  | { readonly kind: 'storage-error'; readonly error: PatinaError };

/** How often members and lag are written where SQL can see them, milliseconds. */
const persistPeriodMs = 5_000;

/** After a change of members, milliseconds: changes that come together are written together. */
const persistSoonMs = 300;

/** How often quarantined versions whose time has come are looked for. */
const retryPeriodMs = 1_000;

/** Of a large local version so much is broadcast, in pieces of this size. */
const largeBroadcastBytesMax = 4 * 1024 * 1024;
const largeSliceBytes = 256 * 1024;

/** How long a leaving node waits for its goodbye to be sent. */
const leaveMsMax = 2_000;

export class PatinaNode {
  readonly #options: NodeOptions;
  readonly #mirror = new Bookkeeping();
  readonly #lag: LagTracker;
  readonly #applier: Applier;
  readonly #waiters: VersionWaiters;
  readonly #broadcastMachine: Broadcast;
  readonly #sync: SyncDriver;
  readonly #broadcast: BroadcastDriver;
  #membership: MembershipDriver | undefined;
  #actorId: ActorId;
  #lastHlc: Hlc = 0;
  #clockRefusal: PatinaError | undefined;
  #renewing: Promise<void> | undefined;
  #confirmIdentity: () => void = () => {};
  #identityConfirmed: Promise<void> = Promise.resolve();
  readonly #cancels = new Set<Cancel>();
  #persisted = '';
  #isPersistPlanned = false;
  #state: 'new' | 'running' | 'stopping' | 'stopped' = 'new';

  private constructor(options: NodeOptions, actorId: ActorId) {
    const { clock, timers, transport, storage, rng } = options;
    this.#options = options;
    this.#actorId = actorId;
    this.#lag = new LagTracker(this.#mirror);
    this.#waiters = new VersionWaiters(this.#mirror, timers);
    this.#applier = new Applier({
      storage,
      mirror: this.#mirror,
      onMerged: (outcome) => this.#merged(outcome),
      onError: (error) => options.onEvent({ kind: 'storage-error', error }),
    });
    this.#broadcastMachine = new Broadcast(rng, options.broadcast);
    this.#broadcast = new BroadcastDriver({
      machine: this.#broadcastMachine,
      transport,
      clock,
      timers,
      isKnown: (header) => this.#applier.isKnown(header),
      onChunks: (chunks) => {
        for (const { header } of chunks) this.#lag.heard(header.actorId, header.version);
        this.#applier.offer(chunks);
      },
    });
    this.#sync = new SyncDriver({
      scheduler: new SyncScheduler(rng, options.scheduler),
      transport,
      storage,
      clock,
      timers,
      book: this.#mirror,
      clusterId: options.clusterId,
      selfActorId: () => this.#actorId,
      hlc: () => this.#lastHlc,
      queued: this.#applier.waiting,
      deliver: (chunks, empty, done) => this.#applier.deliver(chunks, empty, done),
      onPeerState: (states) => this.#heardStates(states),
      onFinished: (role, address, outcome) => this.#sessionFinished(role, address, outcome),
    });
  }

  /** Starts everything; rejects, having stopped what was started, when the transport cannot. */
  static async start(options: NodeOptions): Promise<PatinaNode> {
    const { actorId, states, lastHlc } = await options.storage.identity();
    const node = new PatinaNode(options, actorId);
    node.#mirror.load(states);
    node.#lastHlc = lastHlc;
    await node.#start();
    return node;
  }

  get actorId(): ActorId {
    return this.#actorId;
  }

  /** Where others dial us. */
  get address(): PeerAddress {
    return this.#options.advertisedAddress;
  }

  /** Bookkeeping of all actors, our own included. */
  get book(): BookkeepingView {
    return this.#mirror;
  }

  get membership(): Membership {
    return this.#driver().machine;
  }

  get broadcast(): Broadcast {
    return this.#broadcastMachine;
  }

  get applied(): Readonly<ApplierCounters> {
    return this.#applier.counters;
  }

  /** Chunks that wait to be merged. */
  get queued(): number {
    return this.#applier.queued;
  }

  /** Sync sessions under way, of both sides. */
  get syncSessions(): number {
    return this.#sync.sessions;
  }

  /** The 99th percentile of the time from commit at the origin to visible here, ms. */
  get lagP99Ms(): number | undefined {
    return this.#lag.p99Ms;
  }

  /** All remembered members but ourselves. */
  members(): readonly Member[] {
    return this.#driver().machine.members();
  }

  lag(): LagRow[] {
    return this.#lag.rows(this.#actorId, this.#options.clock.wallMs());
  }

  /**
   * Runs a transaction. Rejects with PATINA_CLOCK_DRIFT while our clock runs ahead of the others',
   * PATINA_SHUTTING_DOWN when stopping, PATINA_OVERLOADED when too many wait.
   */
  async transact(transaction: LocalTransaction): Promise<LocalOutcome> {
    if (this.#state !== 'running') throw stopping();
    if (this.#clockRefusal !== undefined) throw this.#clockRefusal;
    await this.#identityConfirmed;
    if (this.#renewing !== undefined) await this.#renewing;
    return this.#options.storage.transact(transaction);
  }

  /** Resolves when the version is visible here; rejects with PATINA_WAIT_TIMEOUT after `waitMs`. */
  async waitFor(actorId: ActorId, version: number, waitMs: number): Promise<void> {
    const { clock, storage } = this.#options;
    const untilMs = clock.monotonicMs() + waitMs;
    await this.#waiters.wait(actorId, version, waitMs);
    for (;;) {
      // What is in quarantine is known, and cannot be seen yet.
      const first = await storage.firstQuarantined(actorId);
      if (first === undefined || first > version) return;
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) throw notHere(actorId, version);
      await this.#waiters.pause(Math.min(retryPeriodMs, leftMs));
    }
  }

  /** Resolves once everything that has been received so far was dealt with. */
  passApplier(): Promise<void> {
    return new Promise((resolve) => this.#applier.deliver([], [], resolve));
  }

  /** Begins sync sessions with peers now, whether anything is known to be lacking or not; returns how many. */
  requestSync(): number {
    return this.#sync.request();
  }

  /** Announces ourselves anew, after a leave or when others misjudge us. */
  rejoin(): void {
    this.#driver().rejoin();
  }

  /** Says goodbye, and goes on serving: for a node that is taken out of a cluster for a while. */
  async leave(): Promise<void> {
    const { timers } = this.#options;
    const left = this.#driver().leave();
    let cancel: Cancel = () => {};
    const timeout = new Promise<void>((resolve) => {
      cancel = timers.after(leaveMsMax, resolve);
    });
    await Promise.race([left, timeout]);
    cancel();
  }

  /** Leaves the cluster and stops everything but the storage, which belongs to the caller. */
  async stop(options: { readonly graceful: boolean } = { graceful: true }): Promise<void> {
    if (this.#state === 'stopping' || this.#state === 'stopped') return;
    this.#state = 'stopping';
    this.#confirmIdentity();
    if (options.graceful) await this.leave();
    for (const cancel of this.#cancels) cancel();
    this.#sync.stop();
    this.#broadcast.stop();
    this.#membership?.stop();
    this.#waiters.stop();
    this.#applier.stop();
    await this.#options.transport.stop();
    this.#state = 'stopped';
  }

  async #start(): Promise<void> {
    const { storage, transport, resolveSeeds } = this.#options;
    storage.onLocalVersion((version) => this.#made(version));
    await transport.start(this.#localIdentity(), {
      onDatagram: (from, bytes) => this.#membership?.datagram(from, bytes),
      onMessage: (from, bytes) => this.#broadcast.receive(from.address, bytes),
      onStream: (stream) => this.#accept(stream),
    });
    const known = await storage.loadMembers();
    const seeds = await resolveSeeds();
    const others = seeds.filter((address) => address !== this.address);
    if (others.length > 0 || known.length > 0) this.#awaitConfirmation();
    this.#membership = new MembershipDriver({
      machine: new Membership({
        self: this.#localIdentity(),
        config: this.#options.membership,
        rng: this.#options.rng,
      }),
      transport,
      clock: this.#options.clock,
      timers: this.#options.timers,
      resolveSeeds,
      notify: (notification) => this.#notified(notification),
    });
    this.#state = 'running';
    this.#membership.start(others, known);
    this.#repeat(persistPeriodMs, () => this.#persist());
    this.#repeat(retryPeriodMs, () => this.#retry());
  }

  #accept(stream: MessageStream): void {
    const { onQuestion, timers } = this.#options;
    const sync = (taken: MessageStream): void => this.#sync.serve(taken);
    if (onQuestion === undefined) sync(stream);
    else switchStream(stream, timers, { sync, question: onQuestion });
  }

  #localIdentity(): LocalIdentity {
    const { clusterId, sessionId, advertisedAddress: address } = this.#options;
    return { clusterId, sessionId, actorId: this.#actorId, address };
  }

  #driver(): MembershipDriver {
    if (this.#membership === undefined) {
      throw new PatinaError('PATINA_NOT_READY', 'the node is starting');
    }
    return this.#membership;
  }

  #awaitConfirmation(): void {
    const { timers, identityConfirmMs } = this.#options;
    this.#identityConfirmed = new Promise((resolve) => {
      const cancel = timers.after(identityConfirmMs, () => void this.#unconfirmed().then(resolve));
      this.#confirmIdentity = () => {
        cancel();
        resolve();
      };
    });
  }

  /**
   * Nobody could be asked what is known of us. Writing goes on, but not under an id whose later versions
   * others may have: a database that has made none yet cannot use any twice.
   */
  #unconfirmed(): Promise<void> {
    if (this.#mirror.head(this.#actorId) === 0) return Promise.resolve();
    return this.#renew('no peer could say in time which versions of ours it knows');
  }

  /** A version was made here: by a client, or by another program on the same file. */
  #made(version: LocalVersion): void {
    const { actorId, version: number, hlc, chunks } = version;
    this.#mirror.recordVersions(actorId, number, number);
    this.#lastHlc = Math.max(this.#lastHlc, hlc);
    if (this.#state === 'running' || this.#state === 'stopping') {
      if (chunks !== undefined) this.#broadcast.local(chunks);
      else void this.#spreadLarge(version);
      this.#sync.activity();
    }
    this.#waiters.check();
    this.#options.onEvent({ kind: 'local-version', version });
  }

  /** Broadcasts the first part of a large version; sync, which paces itself, brings the rest. */
  async #spreadLarge({ actorId, version, lastSeq }: LocalVersion): Promise<void> {
    let bytes = 0;
    let need: SyncNeed | undefined = {
      kind: 'partial',
      actorId,
      version,
      seqs: [[0, lastSeq]],
    };
    try {
      while (need !== undefined && bytes < largeBroadcastBytesMax && this.#state === 'running') {
        const slice: NeedSlice = await this.#options.storage.read(need, largeSliceBytes);
        this.#broadcast.local(slice.chunks);
        bytes += slice.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
        need = slice.rest;
      }
    } catch (cause) {
      const error = new PatinaError('PATINA_INTERNAL', 'a large version is left to sync', {
        cause,
      });
      this.#options.onEvent({ kind: 'storage-error', error });
    }
  }

  #merged(outcome: MergeOutcome): void {
    this.#lag.applied(outcome.applied, this.#options.clock.wallMs());
    for (const { hlc } of outcome.applied) this.#lastHlc = Math.max(this.#lastHlc, hlc);
    this.#waiters.check();
    this.#sync.activity();
    if (outcome.ownVersionUnknown !== undefined) {
      void this.#renew(`a peer has our version ${outcome.ownVersionUnknown}, which we do not`);
    }
    this.#options.onEvent({ kind: 'merged', outcome });
  }

  #heardStates(states: readonly ActorState[]): void {
    this.#lag.heardStates(states);
    const ours = states.find(({ actorId }) => actorId === this.#actorId);
    const head = this.#mirror.head(this.#actorId);
    if (ours !== undefined && ours.head > head) {
      void this.#renew(`a peer knows our versions up to ${ours.head}, we only up to ${head}`);
    }
  }

  #sessionFinished(role: 'client' | 'server', address: PeerAddress, outcome: SessionOutcome): void {
    // Whoever has told us its state, or agreed with ours, has also told what it knows of us.
    const isTold = outcome.result === 'complete' || outcome.result === 'agreed';
    if (role === 'client' && isTold) {
      if (this.#renewing === undefined) this.#confirmIdentity();
      else void this.#renewing.then(() => this.#confirmIdentity());
    }
    this.#options.onEvent({ kind: 'sync-finished', role, address, outcome });
  }

  #notified(notification: MembershipNotification): void {
    switch (notification.kind) {
      case 'member-up':
      case 'member-suspect':
      case 'member-down':
      case 'member-left':
      case 'member-removed':
        this.#membersChanged();
        this.#persistSoon();
        break;
      case 'member-ring':
        this.#membersChanged();
        break;
      case 'identity-conflict':
        if (notification.yield) void this.#renew('another live node uses our actor id');
        break;
      case 'clock-drift':
        this.#clockRefusal = notification.refused
          ? clockAhead(notification.offsetMs ?? 0)
          : undefined;
        break;
      case 'rejoined':
      case 'left':
        break;
    }
    this.#options.onEvent(notification);
  }

  #membersChanged(): void {
    const living = this.#membership?.living() ?? [];
    this.#broadcast.members(living);
    this.#sync.members(living);
  }

  /** Takes a new actor id; writes wait meanwhile. */
  #renew(why: string): Promise<void> {
    if (this.#renewing !== undefined || this.#state !== 'running') return Promise.resolve();
    this.#renewing = this.#takeNewActorId(why).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #takeNewActorId(why: string): Promise<void> {
    const { storage, transport, newActorId, onEvent } = this.#options;
    const from = this.#actorId;
    try {
      const { actorId, states } = await storage.becomeActor(newActorId());
      this.#actorId = actorId;
      this.#mirror.load(states);
      transport.identify(this.#localIdentity());
      this.#driver().rename(actorId);
      this.#sync.activity();
      onEvent({ kind: 'identity-changed', from, to: actorId, why });
    } catch (cause) {
      const error = new PatinaError('PATINA_ACTOR_CONFLICT', `no new actor id: ${why}`, { cause });
      onEvent({ kind: 'storage-error', error });
    }
  }

  /** Who is there is kept soon after it changed: a node that crashes young must find the others again. */
  #persistSoon(): void {
    if (this.#isPersistPlanned || this.#state !== 'running') return;
    this.#isPersistPlanned = true;
    const cancel = this.#options.timers.after(persistSoonMs, () => {
      this.#cancels.delete(cancel);
      this.#isPersistPlanned = false;
      this.#persist().catch((cause: unknown) => this.#taskFailed(cause));
    });
    this.#cancels.add(cancel);
  }

  async #persist(): Promise<void> {
    const { storage } = this.#options;
    // Rings move with round trips, without a notification.
    this.#membersChanged();
    const members = this.members().map((member) => {
      const { actorId, address, incarnation, rttMs, state, ring } = member;
      return { actorId, address, incarnation, rttMs, state, ring };
    });
    const rows = this.lag();
    // Round trips change all the time: they alone are no reason to write.
    const shown = JSON.stringify([members.map((member) => ({ ...member, rttMs: 0 })), rows]);
    if (shown === this.#persisted) return;
    await storage.saveMembers(members);
    await storage.saveLag(rows);
    this.#persisted = shown;
  }

  async #retry(): Promise<void> {
    const outcome = await this.#options.storage.retryQuarantined();
    if (outcome.applied.length > 0) this.#merged(outcome);
  }

  #taskFailed(cause: unknown): void {
    const error = new PatinaError('PATINA_INTERNAL', 'a periodic task failed', { cause });
    this.#options.onEvent({ kind: 'storage-error', error });
  }

  /** Runs a task again and again, each time after the one before has ended. */
  #repeat(periodMs: number, task: () => Promise<void>): void {
    let cancel: Cancel = () => {};
    const stop = (): void => cancel();
    const plan = (): void => {
      if (this.#state !== 'running') return;
      cancel = this.#options.timers.after(periodMs, () => {
        task()
          .catch((cause: unknown) => this.#taskFailed(cause))
          .finally(plan);
      });
    };
    this.#cancels.add(stop);
    plan();
  }
}

function stopping(): PatinaError {
  return new PatinaError('PATINA_SHUTTING_DOWN', 'the node is stopping', {
    hint: 'Ask another node.',
  });
}

function clockAhead(offsetMs: number): PatinaError {
  return new PatinaError(
    'PATINA_CLOCK_DRIFT',
    `the clock of this node runs ${Math.round(offsetMs)} ms ahead of its peers'`,
    { hint: 'Set the clock (NTP); writes are taken again when it is right.' },
  );
}
