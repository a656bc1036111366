import type { NextConfig } from 'next';
import createNextIntlPlugin from 'next-intl/plugin';

const config: NextConfig = {
  // For the image only: `next start`, which the demo uses, does not serve a standalone build.
  ...(process.env.STANDALONE === '1' ? { output: 'standalone' as const } : {}),
  outputFileTracingRoot: import.meta.dirname,
  // Read by path when a proof file is written (lib/pdf.ts).
  outputFileTracingIncludes: {
    '/admin/merchants/[id]/vat-proof': ['./node_modules/dejavu-fonts-ttf/ttf/DejaVuSans{,-Bold}.ttf'],
  },
  turbopack: { root: import.meta.dirname },
  typedRoutes: true,
  poweredByHeader: false,
  // Of what a form sends no more is kept: ten megabytes else, for everybody who knocks.
  experimental: { proxyClientMaxBodySize: '1mb' },
  reactStrictMode: true,
  // `npm test` checks the types of the whole tree; a build need not do it again.
  typescript: { ignoreBuildErrors: true },
  // They start workers, load native code or read files relative to themselves: bundling breaks them.
  serverExternalPackages: ['graphile-worker', '@node-rs/argon2', 'pino', 'nodemailer', 'postgres', 'pdfkit'],
};

export default createNextIntlPlugin('./lib/i18n/request.ts')(config);
