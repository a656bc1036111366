import type { App } from '../app';
import type { Subscription } from '../types';

export function cancelScheduleOf(app: App, sub: Subscription): void {
  void app;
  void sub;
}
