// Who wrote the cells that are in view: asked for the keys in view only, and kept while the rows are shown.

import { useEffect, useRef, useState } from 'react';
import { useConnection } from '../../../connection/connection-provider.tsx';
import { type Fault, faultOf } from '../../../connection/faults.ts';
import type { Answers } from '../../../connection/shapes.ts';
import type { CellValue } from '../../../grid/grid-types.ts';

type Origins = Answers['data']['cells'];

/** Keys that one question takes. */
const keysMax = 200;

/** The view must rest for so long before it is asked about, milliseconds. */
const restMs = 150;

export interface CellWriter {
  readonly actorId: string;
  readonly address: string | null;
  readonly version: number;
  readonly atMs: number;
  /** Which of the writers on this page it is, from 0. */
  readonly rank: number;
}

export interface CellWriters {
  readonly writerOf: (row: number, column: string) => CellWriter | undefined;
  readonly writers: readonly { readonly actorId: string; readonly address: string | null }[];
  readonly fault: Fault | undefined;
  /** Rises when something new is known. */
  readonly version: number;
}

interface Known {
  readonly first: number;
  readonly told: Origins;
}

export function useOrigins(
  table: string,
  keys: readonly (readonly CellValue[])[],
  range: { readonly first: number; readonly end: number },
  isOn: boolean,
): CellWriters {
  const { api } = useConnection();
  const [known, setKnown] = useState<Known>();
  const [fault, setFault] = useState<Fault>();
  const version = useRef(0);
  const { first } = range;
  const end = Math.min(range.end, keys.length, first + keysMax);
  useEffect(() => {
    if (!isOn || end <= first) return;
    const controller = new AbortController();
    const timer = setTimeout(() => {
      const asked = keys.slice(first, end).map((key) => [...key]);
      api.data.cells.query({ table, keys: asked }, { signal: controller.signal }).then(
        (told) => {
          version.current++;
          setKnown({ first, told });
          setFault(undefined);
        },
        (error: unknown) => {
          if (!controller.signal.aborted) setFault(faultOf(error));
        },
      );
    }, restMs);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [api, table, first, end, isOn, keys]);

  return {
    fault,
    version: version.current,
    writers:
      known?.told.actors.map((each) => ({ actorId: each.actor_id, address: each.address })) ?? [],
    writerOf: (row, column) => {
      if (!isOn || known === undefined) return undefined;
      const origin = known.told.rows[row - known.first]?.cells[column];
      const actor = origin === undefined ? undefined : known.told.actors[origin.actor];
      if (origin === undefined || actor === undefined) return undefined;
      return {
        actorId: actor.actor_id,
        address: actor.address,
        version: origin.version,
        atMs: origin.at_ms,
        rank: origin.actor,
      };
    },
  };
}
