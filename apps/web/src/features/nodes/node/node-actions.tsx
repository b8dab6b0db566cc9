// What an administrator can do at a node. Each action is done by the node that answers, so on the page of
// another node the way to it comes first.

'use client';

import { type ReactNode, useState } from 'react';
import { useConnection } from '../../../connection/connection-provider.tsx';
import type { Api } from '../../../connection/node-connection.ts';
import type { Inputs } from '../../../connection/shapes.ts';
import { useSelf } from '../../../connection/use-self.ts';
import { formatBytes, formatCount, plural } from '../../../format/numbers.ts';
import { formatDuration } from '../../../format/times.ts';
import { ActAtNode } from '../../../ui/act-at-node.tsx';
import { Button } from '../../../ui/button.tsx';
import { ConfirmDialog } from '../../../ui/confirm-dialog.tsx';
import { SelectField, TextField } from '../../../ui/fields.tsx';
import { Panel } from '../../../ui/panel.tsx';

type LogLevel = Inputs['nodes']['setLogLevel']['level'];

const levels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

const actions = ['checkpoint', 'backup', 'log-level', 'rejoin', 'leave'] as const;
type Action = (typeof actions)[number];

interface ActionText {
  readonly button: string;
  readonly about: string;
  readonly word: string;
}

const texts: Readonly<Record<Action, ActionText>> = {
  checkpoint: {
    button: 'Checkpoint',
    about: 'Brings the write-ahead log into the database file. Writes may wait a moment.',
    word: 'checkpoint',
  },
  backup: {
    button: 'Back up',
    about: 'Writes a copy of the database to a path on the machine of the node.',
    word: 'backup',
  },
  'log-level': {
    button: 'Set log level',
    about: 'The node writes its log from this level on until it restarts.',
    word: 'log',
  },
  rejoin: {
    button: 'Rejoin',
    about: 'The node announces itself anew, with a new incarnation, to all that it knows of.',
    word: 'rejoin',
  },
  leave: {
    button: 'Leave the cluster',
    about:
      'The node says goodbye to the others. It goes on serving what it has, but nothing reaches it and nothing leaves it until it rejoins.',
    word: 'leave',
  },
};

interface NodeActionsProps {
  readonly actorId: string;
  readonly address: string;
  /** Which of them are offered here. */
  readonly only?: readonly Action[];
}

export function NodeActions({ actorId, address, only = actions }: NodeActionsProps): ReactNode {
  const self = useSelf();
  const [open, setOpen] = useState<Action>();
  if (!self.may('admin')) return null;
  return (
    <Panel title="Actions" about="For administrators">
      <ActAtNode actorId={actorId} purpose="to act there">
        <div className="flex flex-wrap gap-2">
          {only.map((action) => (
            <Button
              key={action}
              look={action === 'leave' ? 'danger' : 'plain'}
              onClick={() => setOpen(action)}
            >
              {texts[action].button}
            </Button>
          ))}
        </div>
      </ActAtNode>
      {open === undefined ? null : (
        <ActionDialog action={open} address={address} onClose={() => setOpen(undefined)} />
      )}
    </Panel>
  );
}

interface ActionDialogProps {
  readonly action: Action;
  readonly address: string;
  readonly onClose: () => void;
}

function ActionDialog({ action, address, onClose }: ActionDialogProps): ReactNode {
  const { api } = useConnection();
  const [level, setLevel] = useState<LogLevel>('info');
  const [path, setPath] = useState('');
  const { about, button, word } = texts[action];
  return (
    <ConfirmDialog
      title={`${button}: ${address}`}
      about={about}
      word={word}
      button={button}
      onClose={onClose}
      onConfirm={() => act(api, action, { level, path })}
    >
      {action === 'log-level' ? (
        <SelectField
          label="Level"
          value={level}
          choices={levels.map((value) => ({ value, label: value }))}
          onChoose={setLevel}
        />
      ) : null}
      {action === 'backup' ? (
        <TextField
          label="Path on the machine of the node; nothing may be there yet"
          value={path}
          required
          spellCheck={false}
          placeholder="/var/backups/patina.db"
          onChange={({ target }) => setPath(target.value)}
          className="font-mono"
        />
      ) : null}
    </ConfirmDialog>
  );
}

interface ActionInput {
  readonly level: LogLevel;
  readonly path: string;
}

/** Does it; answers with a sentence about what came of it. */
async function act(api: Api, action: Action, { level, path }: ActionInput): Promise<string> {
  switch (action) {
    case 'checkpoint': {
      const {
        busy,
        wal_frames: all,
        checkpointed_frames: done,
      } = await api.nodes.checkpoint.mutate();
      const moved = `${formatCount(done)} of ${plural(all, 'frame')} are in the database file.`;
      return busy ? `${moved} Readers kept the log from being emptied.` : moved;
    }
    case 'backup': {
      const { path: written, bytes, time_ms: ms } = await api.nodes.backup.mutate({ path });
      return `${formatBytes(bytes)} written to ${written} in ${formatDuration(ms)}.`;
    }
    case 'log-level': {
      const { level: now } = await api.nodes.setLogLevel.mutate({ level });
      return `The log is written from level ${now} on.`;
    }
    case 'rejoin': {
      const { incarnation } = await api.cluster.rejoin.mutate();
      return `It announced itself with incarnation ${formatCount(incarnation)}.`;
    }
    case 'leave':
      await api.cluster.leave.mutate();
      return 'It said goodbye. Rejoin brings it back.';
  }
}
