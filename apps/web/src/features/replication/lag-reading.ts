// Who lacks what from whom. Each node tells what it lacks of the versions that it has heard of; during a
// partition that is nothing, for it hears of nothing new. So every node is held to the highest version
// that any node has told of: a version counts as lacking where its observer knows of it, or where it was
// known elsewhere already at the reading before (nodes are not asked at the very same moment).

export interface LagFigures {
  readonly actor_id: string;
  readonly head: number;
  readonly versions: number;
  readonly ms: number;
  readonly gap_versions: number;
  readonly gaps: number;
  readonly partials: number;
}

export type ObserverAnswer = { readonly actor_id: string; readonly address: string } & (
  | { readonly ok: true; readonly answer: readonly LagFigures[] }
  | { readonly ok: false; readonly error: { readonly error: string; readonly code: string } }
);

export type LagCell =
  /** The actor itself: it has all that it wrote. */
  | { readonly kind: 'own'; readonly head: number }
  | {
      readonly kind: 'seen';
      /** Up to the highest version that any node knows of. */
      readonly head: number;
      /** The highest one that the observer has heard of, and how many of these it has at least. */
      readonly ownHead: number;
      readonly seen: number;
      readonly versions: number;
      /** Age of the oldest one that is lacking; null where the observer has not heard of it. */
      readonly ms: number | null;
      readonly gaps: number;
      readonly partials: number;
      /** The actor does not answer, so that it may have written more. */
      readonly isAtLeast: boolean;
    }
  /** The observer has never heard of the actor; of so many versions at least. */
  | { readonly kind: 'never'; readonly head: number }
  /** The actor has written nothing yet, and says so. */
  | { readonly kind: 'unwritten' }
  /** The observer does not answer; it lacked so many at most, null where it never told. */
  | { readonly kind: 'silent'; readonly versionsMax: number | null };

export interface Observer {
  readonly actorId: string;
  readonly address: string;
  /** Why it does not answer; null where it does. */
  readonly trouble: string | null;
}

export interface Actor {
  readonly actorId: string;
  /** null: it is no member any more. */
  readonly address: string | null;
  readonly isSilent: boolean;
  readonly head: number;
}

export interface LagMatrix {
  readonly observers: readonly Observer[];
  readonly actors: readonly Actor[];
  /** By observer, then by actor. */
  readonly cells: readonly (readonly LagCell[])[];
  /** Former members of which nothing is missing: they are left out. */
  readonly formerActors: number;
}

/** What is kept from one reading to the next. */
export interface LagMemory {
  readonly heads: ReadonlyMap<string, number>;
  /** By observer, the highest version that it had of each actor with all before it told of. */
  readonly seen: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export const noMemory: LagMemory = { heads: new Map(), seen: new Map() };

type Rows = ReadonlyMap<string, ReadonlyMap<string, LagFigures>>;

/** The matrix of a reading, held against what was known before. */
export function readLag(
  memory: LagMemory,
  answers: readonly ObserverAnswer[],
): { readonly memory: LagMemory; readonly matrix: LagMatrix } {
  const rows = rowsOf(answers);
  const heads = headsOf(memory, rows);
  const seen = seenOf(memory, rows);
  const observers = answers.map(observerOf).toSorted(byAddress);
  const all = actorsOf(observers, heads);
  const cells = observers.map((observer) =>
    all.map((actor) => cellOf(observer, actor, { rows, heads, seen, before: memory.heads })),
  );
  const isShown = all.map(
    ({ address }, at) => address !== null || cells.some((row) => isLacking(row[at])),
  );
  return {
    memory: { heads, seen },
    matrix: {
      observers,
      actors: all.filter((_, at) => isShown[at]),
      cells: cells.map((row) => row.filter((_, at) => isShown[at])),
      formerActors: isShown.filter((shown) => !shown).length,
    },
  };
}

/** Whether something is known to be missing. */
export function isLacking(cell: LagCell | undefined): boolean {
  if (cell?.kind === 'seen') return cell.versions > 0;
  return cell?.kind === 'never' && cell.head > 0;
}

function rowsOf(answers: readonly ObserverAnswer[]): Rows {
  return new Map(
    answers.flatMap((each) =>
      each.ok
        ? [[each.actor_id, new Map(each.answer.map((figures) => [figures.actor_id, figures]))]]
        : [],
    ),
  );
}

function headsOf(memory: LagMemory, rows: Rows): Map<string, number> {
  const heads = new Map(memory.heads);
  for (const row of rows.values()) {
    for (const { actor_id: actorId, head } of row.values()) {
      heads.set(actorId, Math.max(head, heads.get(actorId) ?? 0));
    }
  }
  return heads;
}

function seenOf(memory: LagMemory, rows: Rows): Map<string, ReadonlyMap<string, number>> {
  const seen = new Map(memory.seen);
  for (const [observer, row] of rows) {
    seen.set(
      observer,
      new Map([...row.values()].map((each) => [each.actor_id, each.head - each.versions])),
    );
  }
  return seen;
}

function observerOf(answer: ObserverAnswer): Observer {
  return {
    actorId: answer.actor_id,
    address: answer.address,
    trouble: answer.ok ? null : answer.error.error,
  };
}

function byAddress(a: Observer, b: Observer): number {
  return a.address.localeCompare(b.address, 'en', { numeric: true });
}

/** Members in the order of the rows, then those that were members once. */
function actorsOf(observers: readonly Observer[], heads: ReadonlyMap<string, number>): Actor[] {
  const members = new Set(observers.map(({ actorId }) => actorId));
  const former = [...heads.keys()].filter((actorId) => !members.has(actorId)).toSorted();
  return [
    ...observers.map(({ actorId, address, trouble }) => ({
      actorId,
      address,
      isSilent: trouble !== null,
      head: heads.get(actorId) ?? 0,
    })),
    ...former.map((actorId) => ({
      actorId,
      address: null,
      isSilent: false,
      head: heads.get(actorId) ?? 0,
    })),
  ];
}

interface Known {
  readonly rows: Rows;
  readonly heads: ReadonlyMap<string, number>;
  readonly seen: LagMemory['seen'];
  readonly before: ReadonlyMap<string, number>;
}

function cellOf(observer: Observer, actor: Actor, known: Known): LagCell {
  const { actorId, head, isSilent } = actor;
  if (observer.trouble !== null) {
    const seen = known.seen.get(observer.actorId);
    const isOwn = observer.actorId === actorId;
    const versionsMax = seen === undefined || isOwn ? null : head - (seen.get(actorId) ?? 0);
    return { kind: 'silent', versionsMax };
  }
  const figures = known.rows.get(observer.actorId)?.get(actorId);
  if (observer.actorId === actorId) return { kind: 'own', head };
  if (figures === undefined) {
    return head === 0 && !isSilent ? { kind: 'unwritten' } : { kind: 'never', head };
  }
  const seen = figures.head - figures.versions;
  const versions = Math.max(figures.versions, (known.before.get(actorId) ?? 0) - seen, 0);
  return {
    kind: 'seen',
    head,
    ownHead: figures.head,
    seen,
    versions,
    ms: versions === 0 ? 0 : figures.versions > 0 ? figures.ms : null,
    gaps: figures.gaps,
    partials: figures.partials,
    isAtLeast: isSilent,
  };
}
