// Which node answers, and the way to another one.

'use client';

import type { ReactNode } from 'react';
import { useConnection, useConnectionState } from '../connection/connection-provider.tsx';
import type { KnownNode } from '../connection/known-nodes.ts';
import { SelectField } from '../ui/fields.tsx';

export function NodePicker(): ReactNode {
  const connection = useConnection();
  const { origin } = useConnectionState();
  const nodes = connection.nodes();
  const known = nodes.some((node) => node.origin === origin)
    ? nodes
    : [{ origin, address: hostOf(origin), actorId: null, isAlive: true }, ...nodes];
  return (
    <SelectField
      label="Node that answers"
      isLabelHidden
      value={origin}
      choices={known.map((node) => ({ value: node.origin, label: nameOf(node) }))}
      onChoose={connection.choose}
      className="max-w-36 font-mono text-xs md:max-w-56"
    />
  );
}

function nameOf({ origin, isAlive }: KnownNode): string {
  return `${hostOf(origin)}${isAlive ? '' : ' (down)'}`;
}

export function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : origin;
}
