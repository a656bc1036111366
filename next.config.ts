import type { NextConfig } from 'next';
import createNextIntlPlugin from 'next-intl/plugin';

const config: NextConfig = {
  output: 'standalone',
  typedRoutes: true,
  poweredByHeader: false,
  reactStrictMode: true,
  // They start workers, load native code or read files relative to themselves: bundling breaks them.
  serverExternalPackages: ['graphile-worker', '@node-rs/argon2', 'pino', 'nodemailer', 'postgres'],
};

export default createNextIntlPlugin('./lib/i18n/request.ts')(config);
