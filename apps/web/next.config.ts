// The console is exported as static files, which every node serves at `/`.

import type { NextConfig } from 'next';

const config: NextConfig = {
  output: 'export',
  poweredByHeader: false,
  reactStrictMode: true,
  // The shapes of the API are shared as TypeScript; nothing is built for the browser but here.
  transpilePackages: ['@patina/api', '@patina/engine'],
  // `npm run typecheck` checks the types of all workspaces, this one too.
  typescript: { ignoreBuildErrors: true },
  turbopack: { root: new URL('../..', import.meta.url).pathname },
};

export default config;
