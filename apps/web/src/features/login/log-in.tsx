// Asks who the reader is: with a token, or with user and password. The session is a cookie that scripts
// can't read; it is begun at every node that the browser knows, so that another one can take over.

'use client';

import { type FormEvent, type ReactNode, useState } from 'react';
import { useConnection, useConnectionState } from '../../connection/connection-provider.tsx';
import type { Fault } from '../../connection/faults.ts';
import { type Credentials, isFault, logIn } from '../../connection/session.ts';
import { Button } from '../../ui/button.tsx';
import { Segments, TextField } from '../../ui/fields.tsx';
import { FaultNotice } from '../../ui/panel.tsx';

type Way = 'token' | 'password';

export function LogIn(): ReactNode {
  const connection = useConnection();
  const { origin } = useConnectionState();
  const [way, setWay] = useState<Way>('token');
  const [fault, setFault] = useState<Fault>();
  const [isBusy, setIsBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const who = credentialsOf(new FormData(event.currentTarget), way);
    setIsBusy(true);
    setFault(undefined);
    const answer = await logIn(origin, who);
    setIsBusy(false);
    if (isFault(answer)) {
      setFault(answer);
      return;
    }
    connection.renew();
    // Elsewhere the same credentials may not hold: then that node asks when it is needed.
    const others = connection.nodes().filter((node) => node.origin !== origin && node.isAlive);
    await Promise.all(others.map((node) => logIn(node.origin, who)));
  };

  return (
    <div className="mx-auto mt-[12dvh] w-[min(24rem,92vw)] rounded-xl border border-line bg-surface p-6">
      <h1 className="text-xl font-semibold">Log in</h1>
      <p className="mt-1 mb-4 text-sm text-ink-3">This node asks who you are.</p>
      <Segments<Way>
        label="Log in with"
        value={way}
        choices={[
          { value: 'token', label: 'Token' },
          { value: 'password', label: 'User and password' },
        ]}
        onChoose={(chosen) => {
          setWay(chosen);
          setFault(undefined);
        }}
      />
      <form onSubmit={(event) => void submit(event)} className="mt-4 flex flex-col gap-3">
        {way === 'token' ? (
          <TextField
            key="token"
            label="Token"
            name="token"
            type="password"
            autoComplete="off"
            required
            autoFocus
          />
        ) : (
          <>
            <TextField label="User" name="user" autoComplete="username" required autoFocus />
            <TextField
              label="Password"
              name="password"
              type="password"
              autoComplete="current-password"
              required
            />
          </>
        )}
        {fault === undefined ? null : <FaultNotice fault={fault} />}
        <Button type="submit" look="primary" disabled={isBusy} className="mt-1">
          {isBusy ? 'Logging in …' : 'Log in'}
        </Button>
      </form>
    </div>
  );
}

function credentialsOf(form: FormData, way: Way): Credentials {
  const field = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const password = form.get('password');
  return way === 'token'
    ? { token: field('token') }
    : { user: field('user'), password: typeof password === 'string' ? password : '' };
}
