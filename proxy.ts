import { type NextRequest, NextResponse } from 'next/server';
import { ValidationFailed } from '@/lib/errors';
import { errorResponse } from '@/lib/http';

const development = process.env.NODE_ENV === 'development';

/** As next.config.ts has it for bodies that do not say how long they are. */
const MAX_FORM = 1024 * 1024;

/** Where signing in comes first. Only the cookie's presence is looked at: who it is, is checked by the page and the verb. */
const guarded = /^\/(store|merchant|admin|account)(\/|$)/;

const sessionCookies = ['__Secure-authjs.session-token', 'authjs.session-token'];

/**
 * Before every page: a nonce for its scripts, the security headers, the way to sign-in, and the path for pages that send
 * a visitor there themselves. A path that is no text is answered here, for the API too.
 */
export function proxy(request: NextRequest): NextResponse {
  const { pathname, search } = request.nextUrl;
  const isApi = pathname.startsWith('/api/');
  if (!isText(pathname)) return isApi ? malformedPath() : new NextResponse('Not found', { status: 404 });
  if (isApi) return NextResponse.next();
  if (Number(request.headers.get('content-length') ?? 0) > MAX_FORM)
    return new NextResponse('Too large', { status: 413, headers: { connection: 'close' } });
  if (guarded.test(pathname) && !sessionCookies.some((name) => request.cookies.has(name))) {
    const signIn = request.nextUrl.clone();
    signIn.pathname = '/sign-in';
    signIn.search = `?callbackUrl=${encodeURIComponent(pathname + search)}`;
    return NextResponse.redirect(signIn);
  }

  const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
  const policy = contentPolicy(nonce);
  const headers = new Headers(request.headers);
  headers.set('x-nonce', nonce);
  headers.set('x-tierline-path', pathname + search);
  headers.set('content-security-policy', policy);

  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', policy);
  for (const [name, value] of Object.entries(securityHeaders)) response.headers.set(name, value);
  return response;
}

/** Whether a path's escapes spell a text that a row can hold: of others Next and PostgreSQL make a fault. */
function isText(path: string): boolean {
  try {
    return !decodeURIComponent(path).includes('\0');
  } catch {
    return false;
  }
}

/** The refusal that the API itself would give, were it reached. */
function malformedPath(): NextResponse {
  const refusal = new ValidationFailed([{ path: 'path', rule: 'invalid', message: 'is not text in UTF-8' }]);
  const { status, headers, body } = errorResponse(refusal, `req_${crypto.randomUUID()}`);
  return new NextResponse(body, { status, headers });
}

const securityHeaders: Record<string, string> = {
  'referrer-policy': 'strict-origin-when-cross-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
  ...(process.env.APP_URL?.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {}),
};

/** Where a form may lead: Chrome applies `form-action` to the redirect after a post too, so Stripe's pages are in it. */
const formTargets = ["'self'", 'https://checkout.stripe.com', 'https://billing.stripe.com', ...localStripe()];

function localStripe(): string[] {
  try {
    return process.env.STRIPE_API_BASE ? [new URL(process.env.STRIPE_API_BASE).origin] : [];
  } catch {
    return [];
  }
}

function contentPolicy(nonce: string): string {
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ''}`,
    development ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self'${development ? ' ws:' : ''}`,
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    `form-action ${formTargets.join(' ')}`,
  ].join('; ');
}

export const config = {
  matcher: [
    '/((?!api/|_next/static|_next/image|icon.svg|favicon.ico|robots.txt).*)',
    // Only paths that escape something: every other call of the API goes by.
    '/api/v1/(.*%.*)',
  ],
};
