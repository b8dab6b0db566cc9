// Above the rows while they are edited: what is staged, and what can be done with it.

'use client';

import { Plus } from 'lucide-react';
import type { ReactNode } from 'react';
import { plural } from '../../../format/numbers.ts';
import { Button } from '../../../ui/button.tsx';

interface EditBarProps {
  readonly count: number;
  /** What was refused last, and why; empty where nothing was. */
  readonly notice: string;
  readonly onAdd: () => void;
  readonly onReview: () => void;
}

export function EditBar({ count, notice, onAdd, onReview }: EditBarProps): ReactNode {
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-t-lg bg-warn-soft px-3 py-2 text-sm">
      <p className="text-warn">
        Edit mode. Enter edits a cell, Delete a row. Nothing is written before you save it.
      </p>
      <p role="status" className="text-ink empty:hidden">
        {notice}
      </p>
      <div className="ml-auto flex flex-wrap items-center gap-2">
        <span className="figures text-ink-2">{plural(count, 'change')} staged</span>
        <Button onClick={onAdd}>
          <Plus aria-hidden="true" className="size-4" />
          Add a row
        </Button>
        <Button look="primary" disabled={count === 0} onClick={onReview}>
          Review and save
        </Button>
      </div>
    </div>
  );
}
