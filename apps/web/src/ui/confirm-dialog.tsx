// Asks before something is done that can't be taken back: a word has to be typed, so that nobody does it
// by a slip. It says what came of it.

'use client';

import { type FormEvent, type ReactNode, useState } from 'react';
import { type Fault, faultOf } from '../connection/faults.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { TextField } from './fields.tsx';
import { FaultNotice } from './panel.tsx';

interface ConfirmDialogProps {
  readonly title: string;
  /** What it does, and what that means. */
  readonly about: ReactNode;
  /** What must be typed. */
  readonly word: string;
  readonly button: string;
  readonly onClose: () => void;
  /** Does it; answers with a sentence about what came of it. */
  readonly onConfirm: () => Promise<string>;
  /** Further fields. */
  readonly children?: ReactNode;
}

type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'doing' }
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'failed'; readonly fault: Fault };

/** Put it on the page while it is open. */
export function ConfirmDialog(props: ConfirmDialogProps): ReactNode {
  const { title, about, word, button, onClose, onConfirm, children } = props;
  const [typed, setTyped] = useState('');
  const [state, setState] = useState<State>({ kind: 'asking' });
  const isConfirmed = typed.trim() === word;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isConfirmed || state.kind === 'doing') return;
    setState({ kind: 'doing' });
    onConfirm().then(
      (text) => setState({ kind: 'done', text }),
      (error: unknown) => setState({ kind: 'failed', fault: faultOf(error) }),
    );
  };
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-4 p-4">
        <div className="text-sm text-ink-2">{about}</div>
        {state.kind === 'done' ? null : (
          <>
            {children}
            <TextField
              label={`Type “${word}” to confirm`}
              value={typed}
              autoComplete="off"
              spellCheck={false}
              onChange={({ target }) => setTyped(target.value)}
            />
          </>
        )}
        {state.kind === 'failed' ? <FaultNotice fault={state.fault} /> : null}
        <p role="status" className="text-sm text-ink empty:hidden">
          {state.kind === 'done' ? state.text : ''}
        </p>
        <div className="flex justify-end gap-2">
          {state.kind === 'done' ? (
            <Button look="primary" onClick={onClose}>
              Close
            </Button>
          ) : (
            <>
              <Button onClick={onClose}>Cancel</Button>
              <Button type="submit" look="danger" disabled={!isConfirmed || state.kind === 'doing'}>
                {state.kind === 'doing' ? 'Working' : button}
              </Button>
            </>
          )}
        </div>
      </form>
    </Dialog>
  );
}
