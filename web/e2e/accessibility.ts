// Looks for breaches of WCAG 2.2 AA with axe, and for pages wider than the screen.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, type Page } from '@playwright/test';

// Evaluated by the debugger, not added as a script: the page's Content-Security-Policy allows none.
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

export async function expectAccessible(page: Page): Promise<void> {
  await settle(page);
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const { axe: runner } = window as unknown as {
      axe: { run: (context: Document, options: unknown) => Promise<{ violations: Violation[] }> };
    };
    const values = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    return (await runner.run(document, { runOnly: { type: 'tag', values } })).violations;
  });
  const found = violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id} (${impact}): ${html.slice(0, 160)} ${failureSummary}`)
  );
  expect(found).toEqual([]);
}

/** Waits for what is fading in: half-drawn text has less contrast. Endless animations go on. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const ending = document
      .getAnimations()
      .filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime));
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });
}

/** Nothing is wider than the screen, nor than a part of it that scrolls downwards. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(over, 'pixels wider than the screen').toBeLessThanOrEqual(0);
  const wide = await page.evaluate(() =>
    Array.from(document.querySelectorAll('body *'))
      .filter((part) => part.scrollWidth > part.clientWidth && /auto|scroll/.test(getComputedStyle(part).overflowY))
      .filter((part) => part.querySelector('h1, h2, p, li, label') !== null)
      .map((part) => `${part.outerHTML.slice(0, 120)}: ${part.scrollWidth} in ${part.clientWidth}`)
  );
  expect(wide, 'parts that scroll sideways').toEqual([]);
}
