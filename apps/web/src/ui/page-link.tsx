// Links between pages. While the node that served this page can't be reached they lead to the node that
// answers now, which serves the same pages.

'use client';

import Link from 'next/link';
import type { ComponentProps, ReactNode } from 'react';
import { useConnectionState } from '../connection/connection-provider.tsx';

interface PageLinkProps extends Pick<ComponentProps<'a'>, 'aria-current'> {
  /** A path of the console, with its query. */
  readonly href: string;
  readonly className?: string;
  readonly title?: string;
  readonly children: ReactNode;
}

export function PageLink({ href, ...rest }: PageLinkProps): ReactNode {
  const { kind, origin } = useConnectionState();
  const isElsewhere = kind === 'open' && origin !== location.origin;
  // Where a worker keeps the files of the console they are to be had without the node.
  if (isElsewhere && navigator.serviceWorker?.controller == null) {
    return <a href={`${origin}${href}`} {...rest} />;
  }
  return <Link href={href} prefetch={false} {...rest} />;
}
