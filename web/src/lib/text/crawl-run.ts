// What a crawl is doing, and what can be done with it.
import type { CrawlRun, CrawlRunPage, Website, WebsitePage } from '$lib/api/types';

export type RunState = CrawlRun['state'];
export type Outcome = CrawlRunPage['outcome'];
export type PageState = WebsitePage['state'];
export type RunAction = 'start' | 'stop' | 'pause' | 'resume';

export const PAGE_STATES: readonly PageState[] = [
  'current',
  'failed',
  'blocked',
  'noindex',
  'empty',
  'duplicate',
  'gone'
];

/** Under this quality people should look at what was taken of a page. */
const UNCERTAIN = 0.4;

/** Whether it is uncertain that the text that was taken is the page's main text. */
export function isUncertain({ quality, document_id }: Pick<WebsitePage, 'quality' | 'document_id'>): boolean {
  return document_id !== null && quality !== null && quality < UNCERTAIN;
}

/** What changed first, then what went wrong, then the rest. */
export const OUTCOMES: readonly Outcome[] = [
  'added',
  'changed',
  'removed',
  'failed',
  'blocked',
  'gone',
  'noindex',
  'empty',
  'duplicate',
  'redirect',
  'skipped',
  'sitemap',
  'unchanged'
];

/** The counts that are shown of a run, and the outcome whose list each opens. */
export const COUNTS: readonly { count: 'added' | 'changed' | 'unchanged' | 'removed' | 'failed'; outcome: Outcome }[] =
  [
    { count: 'added', outcome: 'added' },
    { count: 'changed', outcome: 'changed' },
    { count: 'unchanged', outcome: 'unchanged' },
    { count: 'removed', outcome: 'removed' },
    { count: 'failed', outcome: 'failed' }
  ];

const ACTIONS: Record<RunState, readonly RunAction[]> = {
  queued: ['stop'],
  running: ['pause', 'stop'],
  stopping: [],
  paused: ['resume', 'stop'],
  succeeded: ['start'],
  partial: ['start'],
  failed: ['start'],
  stopped: ['start']
};

/** What can be done now; a website that has not been crawled can be. */
export function actionsOf(run: CrawlRun | null): readonly RunAction[] {
  return run ? ACTIONS[run.state] : ['start'];
}

/** Whether it has not ended. */
export function isUnderway(run: Pick<CrawlRun, 'state'> | null): boolean {
  return run !== null && ['queued', 'running', 'stopping', 'paused'].includes(run.state);
}

/** Whether its schedule starts crawls. */
export function isPlanned({ schedule, paused }: Pick<Website, 'schedule' | 'paused'>): boolean {
  return (schedule.every ?? 'never') !== 'never' && !paused;
}

/** How far it has got of what it has found, 0–100. It ends at 100 only when it has ended: more may be found. */
export function percentOf({ state, found, fetched, failed }: CrawlRun): number {
  if (!isUnderway({ state })) return 100;
  return found === 0 ? 0 : Math.min(99, Math.floor(((fetched + failed) / found) * 100));
}

/** The newer of two reports; events may come later than an answer that was asked for after them. */
export function newerRun(known: CrawlRun | null, next: CrawlRun): CrawlRun {
  if (!known) return next;
  const same = known.id === next.id;
  const [one, other] = same ? [known.updated_at, next.updated_at] : [known.created_at, next.created_at];
  return Date.parse(other) >= Date.parse(one) ? next : known;
}

/** What the list of pages can be narrowed to: a state, or pages whose text people should look at. */
export type PageChoice = PageState | 'uncertain' | '';

export function pageChoiceFrom(text: string | null): PageChoice {
  return text === 'uncertain' ? text : (PAGE_STATES.find((state) => state === text) ?? '');
}

export function outcomeFrom(text: string | null): Outcome | '' {
  return OUTCOMES.find((outcome) => outcome === text) ?? '';
}
