import NextAuth, { CredentialsSignin, type DefaultSession } from 'next-auth';
import Credentials from 'next-auth/providers/credentials';
import { z } from 'zod';
import { findByPassword, findPerson, type Role } from './auth-people';
import { clientAddress } from './client-address';
import { database } from './database';
import { env } from './env';
import { log } from './log';
import { clearSignInFailures, limitSignIn, noteSignInFailure, RateLimited } from './rate-limit';

declare module 'next-auth' {
  interface Session {
    user: {
      id: string;
      email: string;
      name: string;
      role: Role;
      locale: string | null;
    } & DefaultSession['user'];
  }
  interface User {
    sessionVersion?: number;
  }
}

/** Too many tries: told apart from a wrong password, and from nothing else. `code` bears the seconds to wait. */
export class TooManyTries extends CredentialsSignin {
  override code: string;
  constructor(seconds: number) {
    super();
    this.code = `rate_limited_${seconds}`;
  }
}

const input = z.object({ email: z.string().max(320), password: z.string().max(1000) });

function asTooMany(error: unknown): never {
  throw error instanceof RateLimited ? new TooManyTries(Number(error.details.retryAfter)) : error;
}

/**
 * Auth.js, with password and JWT: for signing in and out and for its routes under /api/auth. Pages and the API do not ask
 * it who is there: `getViewer` in lib/session reads the cookie and the person's row itself.
 * The settings are read per request, so that a build needs no environment.
 */
export const { handlers, signIn, signOut } = NextAuth(() => ({
  secret: env().AUTH_SECRET,
  trustHost: true,
  session: { strategy: 'jwt', maxAge: 30 * 86_400 },
  pages: { signIn: '/sign-in', error: '/sign-in' },
  providers: [
    Credentials({
      credentials: { email: {}, password: {} },
      async authorize(credentials, request) {
        const parsed = input.safeParse(credentials);
        if (!parsed.success) return null;
        const { email, password } = parsed.data;
        const db = database();
        await limitSignIn(db, { address: clientAddress(request.headers), email }).catch(asTooMany);
        const person = await findByPassword(db, email, password);
        await (person ? clearSignInFailures(db, email) : noteSignInFailure(db, email));
        return person && { id: person.userId, sessionVersion: person.version };
      },
    }),
  ],
  callbacks: {
    /** At sign-in keeps only who and which session version; afterwards ends the session when that no longer holds. */
    async jwt({ token, user }) {
      if (user) return { sub: user.id, version: user.sessionVersion };
      const person = await findPerson(database(), token.sub ?? '', Number(token.version));
      return person && { sub: token.sub, version: token.version, person };
    },
    session({ session, token }) {
      const person = token.person as Awaited<ReturnType<typeof findPerson>>;
      if (!person) return session;
      const { userId, email, name, role, locale } = person;
      return { expires: session.expires, user: { id: userId, email, name, role, locale } };
    },
  },
  logger: {
    error(error) {
      // A wrong password is no fault of ours.
      if (error instanceof CredentialsSignin) return;
      log.error({ err: error }, 'sign-in failed');
    },
    warn() {},
    debug() {},
  },
}));
