// Beneath a grid: where the reader is, how much is selected, and what can be done with it.

import type { ReactNode } from 'react';
import { formatCount, plural } from '../format/numbers.ts';
import { fieldClasses } from '../ui/fields.tsx';
import { type CopyForm, copyForms } from './copy-as.ts';
import type { GridPlace } from './grid-types.ts';

interface GridFootProps {
  readonly active: GridPlace;
  readonly cells: number;
  readonly rowCount: number;
  readonly column: string;
  readonly said: string;
  readonly onShow: () => void;
  readonly onCopy: (form: CopyForm) => void;
  readonly onEdit?: () => void;
  readonly onDelete?: () => void;
}

const names: Readonly<Record<CopyForm, string>> = {
  text: 'Text for tables',
  csv: 'CSV',
  json: 'JSON',
  markdown: 'Markdown',
  insert: 'INSERT statements',
};

export function GridFoot(props: GridFootProps): ReactNode {
  const { active, cells, rowCount, column, said, onShow, onCopy, onEdit, onDelete } = props;
  if (rowCount === 0) return null;
  return (
    <div className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1 border-x border-b border-line bg-sunken px-2 py-1 text-xs text-ink-2">
      <span className="figures min-w-0 truncate">
        {cells > 1
          ? `${plural(cells, 'cell')} selected`
          : `Row ${formatCount(active.row + 1)} of ${formatCount(rowCount)}, ${column}`}
      </span>
      <span role="status" className="truncate">
        {said}
      </span>
      <span className="ml-auto flex items-center gap-2">
        {onDelete === undefined ? null : <FootButton onClick={onDelete}>Delete rows</FootButton>}
        {onEdit === undefined ? null : <FootButton onClick={onEdit}>Edit cell</FootButton>}
        <FootButton onClick={onShow}>Show cell</FootButton>
        <select
          aria-label="Copy the selection as"
          value=""
          className={`${fieldClasses} h-6 px-1 text-xs`}
          onChange={({ target }) => {
            const form = copyForms.find((each) => each === target.value);
            if (form !== undefined) onCopy(form);
          }}
        >
          <option value="">Copy as …</option>
          {copyForms.map((form) => (
            <option key={form} value={form}>
              {names[form]}
            </option>
          ))}
        </select>
      </span>
    </div>
  );
}

function FootButton({
  onClick,
  children,
}: {
  readonly onClick: () => void;
  readonly children: string;
}): ReactNode {
  return (
    <button
      type="button"
      onClick={onClick}
      className="h-6 rounded px-1.5 hover:bg-hover hover:text-ink"
    >
      {children}
    </button>
  );
}
