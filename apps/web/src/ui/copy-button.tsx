// Copies a text, and says that it did.

'use client';

import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { IconButton } from './button.tsx';

/** For how long it says so, milliseconds. */
const saidMs = 1_500;

export function CopyButton({
  text,
  label = 'Copy',
}: {
  readonly text: string | (() => string);
  readonly label?: string;
}): ReactNode {
  const [said, setSaid] = useState<'copied' | 'failed'>();
  useEffect(() => {
    if (said === undefined) return;
    const timer = setTimeout(() => setSaid(undefined), saidMs);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () => {
    const value = typeof text === 'string' ? text : text();
    copyText(value).then(
      () => setSaid('copied'),
      () => setSaid('failed'),
    );
  };
  return (
    <>
      <IconButton label={label} onClick={copy}>
        {said === 'copied' ? (
          <Check aria-hidden="true" className="size-4 text-good" />
        ) : (
          <Copy aria-hidden="true" className="size-4" />
        )}
      </IconButton>
      <span role="status" className="sr-only">
        {said === 'copied' ? 'Copied.' : said === 'failed' ? 'The browser refused to copy.' : ''}
      </span>
    </>
  );
}

/** Rejects where the browser allows no access to the clipboard. */
export async function copyText(text: string): Promise<void> {
  // Absent on pages that came over plain HTTP from another machine.
  const { clipboard } = navigator as Partial<Navigator>;
  if (clipboard === undefined) throw new Error('the browser gives no access to the clipboard');
  await clipboard.writeText(text);
}
