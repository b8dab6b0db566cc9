// Loads the editor when a page shows it.

'use client';

import dynamic from 'next/dynamic';
import { Skeleton } from '../ui/panel.tsx';
import type { SqlEditorProps } from './sql-editor.tsx';

export const LazySqlEditor = dynamic<SqlEditorProps>(() => import('./sql-editor.tsx'), {
  ssr: false,
  loading: () => (
    <div className="p-3">
      <Skeleton lines={4} />
    </div>
  ),
});
