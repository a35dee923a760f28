// What a check of a page says: whether it would be taken, and what to look at.
import type { CheckResult, CrawlMode } from '$lib/api/types';

export type CheckWarning =
  'noindex' | 'expires' | 'javascript' | 'notRendered' | 'canonical' | 'weak' | 'short' | 'noLinks';

/** Below this it is a guess which part of the page is the main text. */
const SURE = 0.5;
/** Fewer characters are a heading, not a text. */
const SHORT = 200;

/** Whether its text would be taken. */
export function isTaken(result: CheckResult): boolean {
  return result.failure_code === null && result.robots_allowed && !result.noindex && result.characters > 0;
}

export function warningsOf(result: CheckResult, mode: CrawlMode): CheckWarning[] {
  const warnings: CheckWarning[] = [];
  const readable = result.failure_code === null && result.robots_allowed;
  if (!readable) return warnings;
  if (result.noindex) warnings.push('noindex');
  else if (result.unavailable_after !== null) warnings.push('expires');
  if (result.rendering_failure_code !== null) warnings.push('notRendered');
  else if (result.needs_javascript) warnings.push('javascript');
  if (result.canonical !== null && result.canonical !== result.final_url) warnings.push('canonical');
  if (!result.needs_javascript && result.characters > 0) {
    if (result.quality !== null && result.quality < SURE) warnings.push('weak');
    if (result.characters < SHORT) warnings.push('short');
  }
  if (mode === 'links' && result.links_within === 0) warnings.push('noLinks');
  return warnings;
}
