// Lists come in pages: at most so many items, and a cursor where there are more.

import { PatinaError } from '@patina/engine/base/errors.ts';
import { z } from 'zod';

/** Items of one page at most, and where none are asked for. */
export const pageItemsMax = 1_000;
export const pageItemsDefault = 100;

const cursorCharsMax = 512;

/** The fields that ask for a page; put them beside others with `.extend`. */
export const pageInputSchema = z.object({
  limit: z.number().int().min(1).max(pageItemsMax).default(pageItemsDefault),
  cursor: z.string().max(cursorCharsMax).optional(),
});

/** A page of `item`; `next_cursor` is null at the end. */
export function pageSchema<T extends z.ZodType>(
  item: T,
): z.ZodObject<{ items: z.ZodArray<T>; next_cursor: z.ZodNullable<z.ZodString> }> {
  return z.object({
    items: z.array(item).max(pageItemsMax),
    next_cursor: z.string().max(cursorCharsMax).nullable(),
  });
}

export interface Page<T> {
  readonly items: T[];
  readonly next_cursor: string | null;
}

/** A page of a list that is at hand whole, in an order that stays; the cursor is a place in it. */
export function pageOf<T>(
  all: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Page<T> {
  const start = cursor === undefined ? 0 : placeOf(cursor);
  const items = all.slice(start, start + limit);
  const end = start + items.length;
  return { items, next_cursor: end < all.length ? String(end) : null };
}

/** The number that a cursor holds; throws PATINA_CURSOR_INVALID. */
export function placeOf(cursor: string): number {
  const place = Number(cursor);
  if (/^\d{1,16}$/.test(cursor) && Number.isSafeInteger(place)) return place;
  throw new PatinaError('PATINA_CURSOR_INVALID', 'the cursor is not one that this list gave', {
    hint: 'Begin again without a cursor.',
  });
}
