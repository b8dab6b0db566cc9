// Windows over the page: the browser's own dialog, which keeps the focus inside, closes by Escape and gives
// the focus back.

'use client';

import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { IconButton } from './button.tsx';
import { classes } from './classes.ts';

interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** In the middle, at the right edge over the whole height, or near the top. */
  readonly place?: 'middle' | 'right' | 'top';
  /** The title is only for those who don't see the window. */
  readonly isTitleHidden?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}

const places = {
  middle: 'm-auto max-h-[88dvh] w-[min(36rem,94vw)] rounded-xl',
  right: 'my-0 mr-0 ml-auto h-dvh max-h-none w-[min(34rem,100vw)]',
  top: 'mx-auto mt-[10dvh] mb-auto max-h-[76dvh] w-[min(38rem,94vw)] rounded-xl',
} as const;

export function Dialog(props: DialogProps): ReactNode {
  const { title, isOpen, onClose, place = 'middle', isTitleHidden = false, className } = props;
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog === null || !isOpen) return;
    const before = document.activeElement;
    dialog.showModal();
    // The browser goes to the first button; a form begins at its field.
    dialog.querySelector<HTMLElement>('[data-focus="first"]')?.focus();
    return () => {
      if (dialog.open) dialog.close();
      // A window that is taken off the page as a whole doesn't give the focus back by itself.
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [isOpen]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it; the click is one on the backdrop.
    <dialog
      ref={ref}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}
      className={classes(
        'border border-line bg-raised p-0 text-ink shadow-raised',
        places[place],
        className,
      )}
    >
      {isOpen ? (
        <div className="flex h-full max-h-[inherit] flex-col">
          <header
            className={
              isTitleHidden
                ? 'sr-only'
                : 'flex items-center justify-between border-b border-line py-2 pr-2 pl-4'
            }
          >
            <h2 id={id} className="text-base font-semibold">
              {title}
            </h2>
            {isTitleHidden ? null : (
              <IconButton label="Close" onClick={onClose}>
                <X aria-hidden="true" className="size-4" />
              </IconButton>
            )}
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto">{props.children}</div>
        </div>
      ) : null}
    </dialog>
  );
}
