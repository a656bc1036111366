/** Runs once as the server starts; the edge bundle must not see what Node alone can do. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === 'nodejs') {
    const { startServer } = await import('@/lib/start-server');
    await startServer();
  }
}
