// The first and only page: an overview of the cluster from the node that serves it.

import type { ReactNode } from 'react';
import { Overview } from '../components/overview.tsx';

export default function Page(): ReactNode {
  return <Overview />;
}
