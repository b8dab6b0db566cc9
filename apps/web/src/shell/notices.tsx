// What the reader has to know about the connection: that there is none, or that another node answers now.

'use client';

import { PlugZap } from 'lucide-react';
import type { ReactNode } from 'react';
import { useConnection, useConnectionState } from '../connection/connection-provider.tsx';
import { Button } from '../ui/button.tsx';
import { hostOf } from './node-picker.tsx';

/** Rounds over all nodes without success after which it is said that none answers. */
const quietRounds = 1;

export function ConnectionNotices(): ReactNode {
  const connection = useConnection();
  const { kind, origin, failedOver, rounds } = useConnectionState();
  const nodes = Math.max(1, connection.nodes().length);
  return (
    <div role="status">
      {kind === 'connecting' && rounds >= quietRounds ? (
        <Notice tone="bad">
          {nodes === 1
            ? `The node ${hostOf(origin)} doesn’t answer. Trying again.`
            : `None of ${nodes} nodes answers. Trying all of them again.`}{' '}
          What you see is what was last known.
        </Notice>
      ) : null}
      {failedOver !== null && kind === 'open' ? (
        <Notice tone="info">
          {hostOf(failedOver)} went away; {hostOf(origin)} answers now, and feeds go on where they
          stopped.
          <Button look="quiet" onClick={connection.dismissNotice}>
            Understood
          </Button>
        </Notice>
      ) : null}
    </div>
  );
}

const tones = { bad: 'bg-bad-soft', info: 'bg-info-soft' } as const;

function Notice({
  tone,
  children,
}: {
  readonly tone: keyof typeof tones;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <p className={`flex flex-wrap items-center gap-2 px-4 py-2 text-sm md:px-6 ${tones[tone]}`}>
      <PlugZap aria-hidden="true" className="size-4 shrink-0" />
      {children}
    </p>
  );
}
