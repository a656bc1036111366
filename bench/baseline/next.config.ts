import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** What the app is compared with: never part of the product, built from this folder by `npm run bench`. */
const config = {
  outputFileTracingRoot: root,
  turbopack: { root },
  poweredByHeader: false,
  reactStrictMode: true,
  typescript: { ignoreBuildErrors: true },
  serverExternalPackages: ['@node-rs/argon2', 'pino', 'postgres'],
};

export default config;
